package manager

import (
	"bytes"
	"fmt"

	"github.com/rubin-love/love-go/internal/wire"
)

// strictJSON refuses what is not JSON, and JSON in which an object has a key
// twice: of the two, one reader takes the first and another the last, and a
// check could be passed with one while the other is executed.
func strictJSON(text []byte) error {
	if err := wire.Valid(text); err != nil {
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
			end, err := wire.Skip(text, i)
			if err != nil {
				return err
			}
			if isKey(text[end:]) && !w.key(wire.Text(text[i:end])) {
				return fmt.Errorf("the key %q occurs twice", wire.Text(text[i:end]))
			}
			i = end - 1
		case 'N', 'I': // all that the scanner of the messages takes beyond JSON
			return fmt.Errorf("not JSON at byte %d: NaN and Infinity are no numbers of JSON", i)
		}
	}
	return nil
}

// isKey tells whether a text is a key by what follows it.
func isKey(rest []byte) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return len(rest) > 0 && rest[0] == ':'
}

// walk is where in a JSON text a reader is.
type walk struct {
	keys [][]byte // of all objects that are open, those of the innermost last
	open []openObject
}

type openObject struct {
	first int                 // where its keys begin
	seen  map[string]struct{} // the same keys, of an object with many
}

// manyKeys is from how many on a map is faster than comparing.
const manyKeys = 16

// key notes a key of the innermost object; false if it has it already.
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
