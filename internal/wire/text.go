package wire

import (
	"bytes"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendText appends s as a JSON string, escaping only what must be escaped.
// Bytes that are not UTF-8 become the replacement character.
func AppendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	plain := 0 // s[plain:i] needs no change
	for i := 0; i < len(s); {
		c, size := rune(s[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(s[i:])
		}
		if c >= ' ' && c != '"' && c != '\\' && (c != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		dst = appendEscaped(append(dst, s[plain:i]...), c)
		i += size
		plain = i
	}
	return append(append(dst, s[plain:]...), '"')
}

// appendEscaped appends a character that a JSON string cannot hold as it is, or the
// replacement character.
func appendEscaped(dst []byte, c rune) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', byte(c))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	case utf8.RuneError:
		return utf8.AppendRune(dst, c)
	}
	return append(append(dst, `\u00`...), hexDigits[c>>4], hexDigits[c&15])
}

// AppendKey appends the key of a member to an object that is being written,
// after a comma unless it is the first one.
func AppendKey(dst []byte, key string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(AppendText(dst, key), ':')
}

// Text returns the content of the JSON string q, with its escapes resolved.
// Without an escape the result shares q's memory. q must have been scanned.
func Text(q []byte) []byte {
	q = q[1 : len(q)-1]
	esc := bytes.IndexByte(q, '\\')
	if esc < 0 {
		return q
	}
	out := append(make([]byte, 0, len(q)), q[:esc]...)
	for i := esc; i < len(q); i++ {
		if q[i] != '\\' {
			out = append(out, q[i])
			continue
		}
		i++
		switch q[i] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(q[i+1:])
			i += 4
			if 0xd800 <= r && r < 0xdc00 && i+6 < len(q) && q[i+1] == '\\' && q[i+2] == 'u' {
				if low := hex4(q[i+3:]); 0xdc00 <= low && low < 0xe000 {
					r = (r-0xd800)<<10 + (low - 0xdc00) + 0x10000
					i += 6
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, q[i])
		}
	}
	return out
}

func hex4(b []byte) (r rune) {
	for _, c := range b[:4] {
		switch {
		case c <= '9':
			c -= '0'
		case c <= 'F':
			c -= 'A' - 10
		default:
			c -= 'a' - 10
		}
		r = r<<4 | rune(c)
	}
	return r
}

// normalize returns the scanned value v, without needless escapes if it is a
// JSON string: names are compared and passed on in this form. One with half a
// surrogate pair stays as it is.
func normalize(v []byte) []byte {
	if !IsText(v) || bytes.IndexByte(v, '\\') < 0 || loneSurrogate(v) != nil {
		return v
	}
	return AppendText(nil, string(Text(v)))
}

// IsText reports whether the scanned value v is a JSON string.
func IsText(v []byte) bool { return len(v) > 0 && v[0] == '"' }

// IsNumber reports whether the scanned value v is a number, the tokens NaN,
// Infinity and -Infinity excluded.
func IsNumber(v []byte) bool {
	return len(v) > 0 && (v[0] == '-' && len(v) > 1 && v[1] != 'I' || '0' <= v[0] && v[0] <= '9')
}
