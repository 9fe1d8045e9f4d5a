// Package configfile reads the settings of a program from a YAML file that has one flat
// mapping: names of flags, each with a value or a list of values.
package configfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// MaxSize is the largest file in bytes that is read.
const MaxSize = 1 << 20

// Kind is what a value is in YAML.
type Kind int

const (
	Text Kind = iota
	Bool      // true or false
	Number
	List
)

func (k Kind) String() string {
	return [...]string{"text", "true or false", "a number", "a list"}[k]
}

// Setting is one line of a file.
type Setting struct {
	Name string
	Line int // from 1
	Kind Kind
	// Values has the value as it was written, or those of a list.
	Values []string
}

// Error says what is wrong with a file, and where.
type Error struct {
	Line    int // from 1; 0 if it is not known
	Problem string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Problem)
}

func fail(line int, format string, args ...any) *Error {
	return &Error{Line: line, Problem: fmt.Sprintf(format, args...)}
}

// Parse reads the settings of a file, in their order. A file without any is empty. The
// error is an [*Error]: about the syntax, a name that occurs twice, a value that is
// missing, nested or refers to another one.
func Parse(text []byte) ([]Setting, error) {
	if len(text) > MaxSize {
		return nil, fail(0, "has more than %d bytes", MaxSize)
	}
	root, err := document(text)
	if err != nil || root == nil {
		return nil, err
	}
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fail(root.Line, "the file must have lines NAME: VALUE")
	}
	lines := map[string]int{}
	var all []Setting
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if key.Kind != yaml.ScalarNode || key.Value == "" || key.Value == "<<" {
			return nil, fail(key.Line, "the name of a setting is missing: write NAME: VALUE")
		}
		if first, twice := lines[key.Value]; twice {
			return nil, fail(key.Line, "%q is given a second time, after line %d: remove one", key.Value, first)
		}
		lines[key.Value] = key.Line
		s, err := setting(key, value)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// document returns the only document of a file, or nil if there is none.
func document(text []byte) (*yaml.Node, error) {
	var documents [2]yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for i := range documents {
		switch err := decoder.Decode(&documents[i]); {
		case errors.Is(err, io.EOF):
			if i == 0 || len(documents[0].Content) == 0 {
				return nil, nil
			}
			return documents[0].Content[0], nil
		case err != nil:
			return nil, syntaxError(err)
		}
	}
	return nil, fail(documents[1].Line, "a second document begins here: remove the line ---")
}

// syntaxError returns the place and the reason of an error of the YAML parser.
func syntaxError(err error) *Error {
	known, ok := errors.AsType[*yaml.LoadError](err)
	switch {
	case !ok:
		return fail(0, "%s", err)
	case strings.Contains(known.Message, "mapping values are not allowed"):
		return fail(known.Mark.Line, "a value that ends with a colon, or has one before a space, must be in quotation marks")
	}
	return fail(known.Mark.Line, "%s", known.Message)
}

func setting(key, value *yaml.Node) (Setting, error) {
	s := Setting{Name: key.Value, Line: key.Line}
	elements := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		s.Kind, elements = List, value.Content
	}
	s.Values = make([]string, 0, len(elements))
	for _, e := range elements {
		kind, err := scalar(s.Name, e)
		if err != nil {
			return s, err
		}
		if s.Kind != List {
			s.Kind = kind
		}
		s.Values = append(s.Values, e.Value)
	}
	return s, nil
}

// scalar returns the kind of a single value.
func scalar(name string, n *yaml.Node) (Kind, error) {
	switch {
	case n.Kind == yaml.AliasNode:
		return 0, fail(n.Line, "%s: *%s refers to another value: write the value itself", name, n.Value)
	case n.Kind != yaml.ScalarNode:
		return 0, fail(n.Line, "%s: settings are not nested: give one value, or a list of values", name)
	case n.Style&yaml.TaggedStyle != 0:
		return 0, fail(n.Line, "%s: write the value without the tag %s", name, n.Tag)
	case strings.ContainsRune(n.Value, 0):
		return 0, fail(n.Line, "%s: the value has a NUL", name)
	}
	switch n.ShortTag() {
	case "!!null":
		return 0, fail(n.Line, "%s has no value: give one, or remove the line", name)
	case "!!bool":
		return Bool, nil
	case "!!int", "!!float":
		return Number, nil
	}
	return Text, nil
}
