package wire

import (
	"bytes"
	"fmt"
)

// Strict returns an error for what is not JSON in UTF-8, a [*TextError] for texts
// that readers would change, and an error for JSON in which an object has a key
// twice: one reader takes the first, another the last, so a command could pass the
// check with one value and be executed with the other.
func Strict(text []byte) error {
	if err := Valid(text); err != nil {
		return err
	}
	if err := CheckTexts(text); err != nil {
		return err
	}
	w := walk{keys: make([][]byte, 0, manyKeys), open: make([]openObject, 0, 4)} // enough for a command
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{':
			w.open = append(w.open, openObject{first: len(w.keys)})
		case '}':
			last := len(w.open) - 1
			w.keys, w.open = w.keys[:w.open[last].first], w.open[:last]
		case '"':
			end, err := Skip(text, i)
			if err != nil {
				return err
			}
			if isKey(text[end:]) && !w.key(Text(text[i:end])) {
				return fmt.Errorf("the key %q occurs twice", Text(text[i:end]))
			}
			i = end - 1
		case 'N', 'I': // NaN and Infinity, all that Valid accepts beyond JSON
			return fmt.Errorf("not JSON at byte %d: JSON has no NaN and no Infinity", i)
		}
	}
	return nil
}

// isKey reports whether a text is a key, given what follows it.
func isKey(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// walk is the state of a reader in a JSON text.
type walk struct {
	keys [][]byte // of all open objects, those of the innermost last
	open []openObject
}

type openObject struct {
	first int                 // where its keys begin in walk.keys
	seen  map[string]struct{} // the same keys, if there are many
}

// manyKeys is the number of keys from which a map is faster than comparing.
const manyKeys = 16

// key adds a key to the innermost object; false if it is there already.
func (w *walk) key(name []byte) bool {
	o := &w.open[len(w.open)-1]
	own := w.keys[o.first:]
	w.keys = append(w.keys, name)
	if len(own) < manyKeys {
		for _, k := range own {
			if bytes.Equal(k, name) {
				return false
			}
		}
		return true
	}
	if o.seen == nil {
		o.seen = make(map[string]struct{}, 2*manyKeys)
		for _, k := range own {
			o.seen[string(k)] = struct{}{}
		}
	}
	before := len(o.seen)
	o.seen[string(name)] = struct{}{}
	return len(o.seen) > before
}
