package scriptconfig

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const (
	// maxNodes is how many values a text may stand for, aliases resolved.
	maxNodes = 100_000
	// maxDepth is how deep they may be nested.
	maxDepth = 100
)

// A YAMLError says where and why a text cannot be read.
type YAMLError struct {
	Context *string `json:"context"` // what was being read
	Problem string  `json:"problem"`
	Note    *string `json:"note"` // always null
	Mark    Mark    `json:"problem_mark"`
}

// Mark is a place in a text, counted in characters from 0.
type Mark struct {
	Name    string `json:"name"`
	Index   int    `json:"index"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Pointer int    `json:"pointer"` // the same as Index
	Buffer  string `json:"buffer"`  // the text, and a NUL
}

func (e *YAMLError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Mark.Line+1, e.Mark.Column+1, e.Problem)
}

// load reads a text as the values that JSON has: map[string]any, []any, string, bool,
// json.Number and nil. An empty text is nil. The error is a [*YAMLError].
func load(text string) (any, error) {
	document, err := compose(text)
	if err != nil || document == nil {
		return nil, err
	}
	b := builder{text: text}
	return b.value(document, 0)
}

// compose returns the tree of the only document of a text, nil if there is none.
func compose(text string) (*yaml.Node, error) {
	var documents [2]yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	for i := range documents {
		switch err := decoder.Decode(&documents[i]); {
		case errors.Is(err, io.EOF):
			if i == 0 || len(documents[0].Content) == 0 {
				return nil, nil
			}
			return documents[0].Content[0], nil
		case err != nil:
			return nil, syntaxError(text, err)
		}
	}
	second := documents[1]
	return nil, newError(text, "expected a single document in the stream", "but found another document", second.Line, second.Column)
}

// syntaxError returns the place and the reason of an error of the YAML parser.
func syntaxError(text string, err error) *YAMLError {
	known, ok := errors.AsType[*yaml.LoadError](err)
	if !ok {
		return newError(text, "", err.Error(), 0, 0)
	}
	return newError(text, known.ContextMsg, known.Message, known.Mark.Line, known.Mark.Column)
}

// newError returns an error at a place, which the parser counts from 1. It may lie behind
// the end of the text; 0 means that the parser does not know it.
func newError(text, context, problem string, line, column int) *YAMLError {
	e := &YAMLError{Problem: problem, Mark: Mark{Name: "<unicode string>", Buffer: text + "\x00"}}
	if context != "" {
		e.Context = &context
	}
	rest := text
	for e.Mark.Line < line-1 {
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			column = utf8.RuneCountInString(rest) + 1
			break
		}
		e.Mark.Line++
		e.Mark.Index += utf8.RuneCountInString(rest[:end+1])
		rest = rest[end+1:]
	}
	here, _, _ := strings.Cut(rest, "\n")
	e.Mark.Column = min(max(column-1, 0), utf8.RuneCountInString(here))
	e.Mark.Index += e.Mark.Column
	e.Mark.Pointer = e.Mark.Index
	return e
}

// builder makes values of the nodes of a text.
type builder struct {
	text  string
	nodes int
}

func (b *builder) fail(n *yaml.Node, format string, args ...any) *YAMLError {
	return newError(b.text, "", fmt.Sprintf(format, args...), n.Line, n.Column)
}

func (b *builder) value(n *yaml.Node, depth int) (any, error) {
	b.nodes++
	switch {
	case b.nodes > maxNodes:
		return nil, b.fail(n, "with its aliases the text stands for more than %d values", maxNodes)
	case depth > maxDepth:
		return nil, b.fail(n, "values are nested more than %d deep", maxDepth)
	}
	switch n.Kind {
	case yaml.AliasNode:
		return b.value(n.Alias, depth+1)
	case yaml.MappingNode:
		if tagOf(n, "!!map") != "!!map" {
			return nil, b.unknownTag(n)
		}
		return b.mapping(n, depth)
	case yaml.SequenceNode:
		if tagOf(n, "!!seq") != "!!seq" {
			return nil, b.unknownTag(n)
		}
		list := make([]any, 0, len(n.Content))
		for _, element := range n.Content {
			v, err := b.value(element, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	}
	return b.scalar(n)
}

// tagOf returns the tag that a text gives a node, or the one that it has without.
func tagOf(n *yaml.Node, without string) string {
	if n.Style&yaml.TaggedStyle == 0 {
		return without
	}
	return n.ShortTag()
}

func (b *builder) unknownTag(n *yaml.Node) *YAMLError {
	return b.fail(n, "could not determine a constructor for the tag '%s'", n.Tag)
}

// mapping makes an object. Of a key that occurs twice the last value counts; those that
// are merged in (<<) count less than its own.
func (b *builder) mapping(n *yaml.Node, depth int) (any, error) {
	own, merged := make(map[string]any, len(n.Content)/2), map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if isMerge(key) {
			if err := b.merge(merged, value, depth); err != nil {
				return nil, err
			}
			continue
		}
		name, err := b.key(key)
		if err != nil {
			return nil, err
		}
		if own[name], err = b.value(value, depth+1); err != nil {
			return nil, err
		}
	}
	for name, value := range merged {
		if _, has := own[name]; !has {
			own[name] = value
		}
	}
	return own, nil
}

func isMerge(key *yaml.Node) bool {
	return key.Kind == yaml.ScalarNode && key.Value == "<<" && key.Style&^yaml.TaggedStyle == 0
}

// key returns the name that a key has in JSON.
func (b *builder) key(n *yaml.Node) (string, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case n.Kind != yaml.ScalarNode:
		return "", b.fail(n, "the key of a mapping has to be a text")
	case n.Value == "" && n.Style == 0:
		return "", b.fail(n, "expected a key, but found ':'")
	}
	return n.Value, nil
}

// merge adds the members of a mapping, or of a list of mappings, of which the first one
// with a key counts.
func (b *builder) merge(into map[string]any, n *yaml.Node, depth int) error {
	v, err := b.value(n, depth+1)
	if err != nil {
		return err
	}
	all, isList := v.([]any)
	if !isList {
		all = []any{v}
	}
	for _, one := range all {
		members, ok := one.(map[string]any)
		if !ok {
			return b.fail(n, "expected a mapping or list of mappings for merging")
		}
		for name, value := range members {
			if _, has := into[name]; !has {
				into[name] = value
			}
		}
	}
	return nil
}
