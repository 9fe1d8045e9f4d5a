package wire

import "bytes"

const hexDigits = "0123456789abcdef"

// AppendText appends s as a quoted JSON text, escaping only what has to be.
// Bytes that are not UTF-8 become the replacement character.
func AppendText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r < ' ':
			dst = append(dst, `\u00`...)
			dst = append(dst, hexDigits[r>>4], hexDigits[r&15])
		default:
			dst = append(dst, string(r)...)
		}
	}
	return append(dst, '"')
}

// AppendKey appends the key of a member to an object that is being written,
// after a comma unless it is the first one.
func AppendKey(dst []byte, key string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(AppendText(dst, key), ':')
}

// plain returns the scanned value v, without needless escapes if it is a text:
// names are compared and passed on in this form.
func plain(v []byte) []byte {
	if !IsText(v) || bytes.IndexByte(v, '\\') < 0 {
		return v
	}
	return AppendText(nil, string(Text(v)))
}
