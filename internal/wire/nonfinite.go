package wire

import "bytes"

// AppendStrict appends the scanned text v to dst with null in place of each
// bare NaN, Infinity and -Infinity, as strict JSON demands. Strings that contain
// those words stay as they are.
func AppendStrict(dst, v []byte) []byte {
	from := 0
	for i := 0; i < len(v); {
		switch v[i] {
		case '"':
			// v was scanned, so the closing quote exists.
			end, err := skipString(v, i)
			if err != nil {
				return append(dst, v[from:]...)
			}
			i = end
		case 'N':
			dst = append(append(dst, v[from:i]...), "null"...)
			i += len("NaN")
			from = i
		case 'I':
			start := i
			if i > from && v[i-1] == '-' {
				start--
			}
			dst = append(append(dst, v[from:start]...), "null"...)
			i += len("Infinity")
			from = i
		default:
			i++
		}
	}
	return append(dst, v[from:]...)
}

// MayHoldNonFinite reports whether AppendStrict could change v. It is also
// true if one of the words occurs only within a string.
func MayHoldNonFinite(v []byte) bool {
	return bytes.Contains(v, []byte("NaN")) || bytes.Contains(v, []byte("Infinity"))
}
