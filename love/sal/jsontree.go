package sal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// jsonNode is a JSON value whose members keep their order, which matters in the
// text of a schema.
type jsonNode struct {
	open    byte     // '{', '[', or 0 for a scalar
	keys    []string // keys of an object
	values  []*jsonNode
	string  string // value of a string
	literal string // text of a number, true, false or null
	present bool
}

// maxJSONDepth bounds the nesting in a file from outside.
const maxJSONDepth = 32

func parseJSON(text []byte) (*jsonNode, error) {
	if !json.Valid(text) {
		return nil, json.Unmarshal(text, new(any)) // says what is wrong
	}
	p := jsonParser{rest: text}
	n := p.value(maxJSONDepth)
	return n, p.err
}

// jsonParser reads text that is known to be valid JSON.
type jsonParser struct {
	rest []byte
	err  error
}

// space skips white space, commas and colons.
func (p *jsonParser) space() { p.rest = bytes.TrimLeft(p.rest, " \t\r\n,:") }

func (p *jsonParser) value(depth int) *jsonNode {
	n := &jsonNode{present: true}
	if depth == 0 {
		p.err = fmt.Errorf("nested more than %d deep", maxJSONDepth)
	}
	if p.err != nil {
		return n
	}
	p.space()
	switch c := p.rest[0]; c {
	case '{', '[':
		n.open = c
		p.rest = p.rest[1:]
		for p.more() {
			if c == '{' {
				n.keys = append(n.keys, p.text())
			}
			n.values = append(n.values, p.value(depth-1))
		}
	case '"':
		n.string = p.text()
	default:
		end := bytes.IndexAny(p.rest, " \t\r\n,]}")
		if end < 0 {
			end = len(p.rest)
		}
		n.literal, p.rest = string(p.rest[:end]), p.rest[end:]
	}
	return n
}

// more reports whether another member or element follows; if not, it skips the
// end of the object or list.
func (p *jsonParser) more() bool {
	if p.space(); p.err != nil {
		return false
	}
	if p.rest[0] == '}' || p.rest[0] == ']' {
		p.rest = p.rest[1:]
		return false
	}
	return true
}

// text reads the string that comes next.
func (p *jsonParser) text() string {
	end := 1
	for p.rest[end] != '"' {
		if p.rest[end] == '\\' {
			end++
		}
		end++
	}
	quoted := p.rest[:end+1]
	p.rest = p.rest[end+1:]
	if !bytes.ContainsRune(quoted, '\\') {
		return string(quoted[1:end])
	}
	var s string
	p.err = json.Unmarshal(quoted, &s)
	return s
}

// member returns a member of an object, or a node that is not present.
func (n *jsonNode) member(key string) *jsonNode {
	if i := slices.Index(n.keys, key); i >= 0 {
		return n.values[i]
	}
	return &jsonNode{}
}

// text returns the value of a string and reports whether the node is one.
func (n *jsonNode) text() (string, bool) {
	return n.string, n.present && n.open == 0 && n.literal == ""
}

// set replaces a member, or adds it at the end.
func (n *jsonNode) set(key string, v *jsonNode) {
	if i := slices.Index(n.keys, key); i >= 0 {
		n.values[i] = v
		return
	}
	n.keys, n.values = append(n.keys, key), append(n.values, v)
}
