package wire

import "iter"

// Members yields the members of the object v in order, names with their
// escapes resolved, values raw. It yields nothing if v is not an object, and
// stops where v stops being JSON.
func Members(v []byte) iter.Seq2[string, []byte] {
	return func(yield func(name string, value []byte) bool) {
		if len(v) == 0 || v[0] != '{' {
			return
		}
		stop := &SyntaxError{}
		_, _ = scanMembers(v, 0, func(raw, name []byte, at int) (int, error) {
			end, err := skip(raw, at, 1)
			if err == nil && !yield(string(Text(name)), raw[at:end]) {
				err = stop
			}
			return end, err
		})
	}
}

// Elements yields the raw elements of the list v in order. It yields nothing
// if v is not a list, and stops where v stops being JSON.
func Elements(v []byte) iter.Seq[[]byte] {
	return func(yield func(value []byte) bool) {
		if len(v) == 0 || v[0] != '[' {
			return
		}
		for i := space(v, 1); i < len(v) && v[i] != ']'; {
			end, err := skip(v, i, 1)
			if err != nil || !yield(v[i:end]) {
				return
			}
			if i = space(v, end); i >= len(v) || v[i] != ',' {
				return
			}
			i = space(v, i+1)
		}
	}
}
