package history

import (
	"bytes"
	"iter"
	"strconv"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// fieldFinder finds a field in recorded values. It is quick for values that are alike, and
// allocates nothing.
type fieldFinder struct {
	exact []byte        // the quoted name
	lists []listElement // that the name may stand for
}

// listElement is an element of a list.
type listElement struct {
	list  []byte // the quoted name
	index int
}

func newFieldFinder(name string) *fieldFinder {
	f := &fieldFinder{exact: love.AppendText(nil, name)}
	for i := len(name) - 1; i > 0 && '0' <= name[i] && name[i] <= '9'; i-- {
		if n, err := strconv.Atoi(name[i:]); err == nil && (n == 0 || name[i] != '0') && (n > 0 || i == len(name)-1) {
			f.lists = append(f.lists, listElement{love.AppendText(nil, name[:i]), n})
		}
	}
	return f
}

// find returns the plain value of the field in an object of fields; ok is false if the
// object does not have it.
func (f *fieldFinder) find(object []byte) (value []byte, ok bool) {
	if v := member(object, f.exact); v != nil {
		return plain(v), true
	}
	for _, e := range f.lists {
		n := 0
		for v := range wire.Elements(plain(member(object, e.list))) {
			if n == e.index {
				return v, true
			}
			n++
		}
	}
	return nil, false
}

var quotedValue = []byte(`"value"`)

// plain returns the value of a field that may come with its data type and units.
func plain(v []byte) []byte {
	if len(v) > 0 && v[0] == '{' {
		if inner := member(v, quotedValue); inner != nil {
			return inner
		}
	}
	return v
}

// member returns the raw value of a member of an object, given its quoted name; nil if
// there is none.
func member(object, name []byte) []byte {
	if len(object) == 0 || object[0] != '{' {
		return nil
	}
	for i := space(object, 1); i < len(object) && object[i] == '"'; {
		end, err := wire.Skip(object, i)
		if err != nil {
			return nil
		}
		key := object[i:end]
		if i = space(object, end); i >= len(object) || object[i] != ':' {
			return nil
		}
		i = space(object, i+1)
		if end, err = wire.Skip(object, i); err != nil {
			return nil
		}
		if sameName(key, name) {
			return object[i:end]
		}
		if i = space(object, end); i >= len(object) || object[i] != ',' {
			return nil
		}
		i = space(object, i+1)
	}
	return nil
}

func sameName(key, name []byte) bool {
	if bytes.IndexByte(key, '\\') < 0 {
		return bytes.Equal(key, name)
	}
	return string(wire.Text(key)) == string(wire.Text(name))
}

func space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// Objects yields the objects of fields in the value of a stream: the value itself, or
// the elements of a list of them, as events have it, in their order.
func Objects(value []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if len(value) > 0 && value[0] == '[' {
			for v := range wire.Elements(value) {
				if len(v) > 0 && v[0] == '{' && !yield(v) {
					return
				}
			}
			return
		}
		if len(value) > 0 && value[0] == '{' {
			yield(value)
		}
	}
}

// PlainFields returns an object of fields without their data types and units: with
// {"value": 1.5, "dataType": "Float", "units": "deg"} replaced by 1.5.
func PlainFields(object []byte) love.RawValue {
	out := love.RawValue{'{'}
	for name, v := range wire.Members(object) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(love.AppendText(out, name), ':')
		out = append(out, plain(v)...)
	}
	return append(out, '}')
}

// FieldOf returns the value of a field in an object of fields, without data type and
// units; ok is false if the object does not have it. The name may be that of an element
// of a list, "temperature3".
func FieldOf(object love.RawValue, name string) (value love.RawValue, ok bool) {
	return newFieldFinder(name).find(object)
}
