package sal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// jsonNode is a JSON value whose members keep their order: in a schema that is
// part of the text.
type jsonNode struct {
	open    json.Delim // '{', '[', or 0 for a scalar
	keys    []string   // of an object
	values  []*jsonNode
	scalar  any // string, json.Number, bool or nil
	present bool
}

// maxJSONDepth bounds what a file from outside can make nest.
const maxJSONDepth = 32

func parseJSON(text []byte) (*jsonNode, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	n, err := nextNode(d, maxJSONDepth)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the JSON value")
	}
	return n, nil
}

func nextNode(d *json.Decoder, depth int) (*jsonNode, error) {
	if depth == 0 {
		return nil, fmt.Errorf("nested more than %d deep", maxJSONDepth)
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	open, ok := token.(json.Delim)
	if !ok {
		return &jsonNode{scalar: token, present: true}, nil
	}
	n := &jsonNode{open: open, present: true}
	for d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			n.keys = append(n.keys, key.(string))
		}
		v, err := nextNode(d, depth-1)
		if err != nil {
			return nil, err
		}
		n.values = append(n.values, v)
	}
	_, err = d.Token() // the closing bracket
	return n, err
}

// member finds a member of an object; one that is not there is not present.
func (n *jsonNode) member(key string) *jsonNode {
	if i := slices.Index(n.keys, key); i >= 0 {
		return n.values[i]
	}
	return &jsonNode{}
}

// text is the value if it is a string.
func (n *jsonNode) text() (string, bool) {
	s, ok := n.scalar.(string)
	return s, ok
}

// set replaces a member, or adds it at the end.
func (n *jsonNode) set(key string, v *jsonNode) {
	if i := slices.Index(n.keys, key); i >= 0 {
		n.values[i] = v
		return
	}
	n.keys, n.values = append(n.keys, key), append(n.values, v)
}
