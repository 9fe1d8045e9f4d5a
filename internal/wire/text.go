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

// plain returns the scanned value v, without needless escapes if it is a text:
// names are compared and passed on in this form.
func plain(v []byte) []byte {
	if !IsText(v) || bytes.IndexByte(v, '\\') < 0 {
		return v
	}
	return AppendText(nil, string(Text(v)))
}
