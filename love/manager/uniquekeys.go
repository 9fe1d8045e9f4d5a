package manager

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// uniqueKeys refuses JSON in which an object has a key twice: of the two, one
// reader takes the first and another the last, and a check could be passed
// with one while the other is executed.
func uniqueKeys(value json.RawMessage) error {
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.UseNumber()
	var open []map[string]bool // nil: a list
	key := false               // whether a text is a key
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
			key = len(open) > 0 && open[len(open)-1] != nil
			continue
		case string:
			if key {
				keys := open[len(open)-1]
				if keys[t] {
					return fmt.Errorf("the key %q occurs twice", t)
				}
				keys[t], key = true, false
				continue
			}
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}
