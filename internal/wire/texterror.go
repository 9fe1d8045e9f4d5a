package wire

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// A TextError reports a text that has no characters to pass on: bytes that are
// not UTF-8, or the escape of half a surrogate pair. Most JSON readers replace
// both with U+FFFD without notice.
type TextError struct {
	// Key is the member that the text is the value of, or is in the list of; the
	// name itself if that is wrong. It is empty for a text outside of objects.
	Key string
	// Surrogate is the escape without its other half, as written: `\ud800`. It is
	// empty if the text is not UTF-8.
	Surrogate string
}

func (e *TextError) Error() string {
	text := "the text"
	if e.Key != "" {
		text = fmt.Sprintf("the text of %q", e.Key)
	}
	if e.Surrogate == "" {
		return text + " is not UTF-8"
	}
	return fmt.Sprintf("%s has %s, which is half of a surrogate pair, without the other half: send whole characters", text, e.Surrogate)
}

// CheckTexts returns a [*TextError] for the first text in the scanned value v that
// is not made of whole characters, names of members included.
func CheckTexts(v []byte) error {
	if utf8.Valid(v) && loneSurrogate(v) == nil {
		return nil
	}
	return checkTexts(v, "")
}

// checkTexts finds the text that is wrong, in the value of the member key.
func checkTexts(v []byte, key string) error {
	switch v = bytes.TrimLeft(v, " \t\r\n"); v[0] {
	case '"':
		return checkText(v, key)
	case '[':
		for e := range Elements(v) {
			if err := checkTexts(e, key); err != nil {
				return err
			}
		}
	case '{':
		_, err := scanMembers(v, 0, func(raw, name []byte, at int) (int, error) {
			text := string(Text(name))
			if err := checkText(name, text); err != nil {
				return at, err
			}
			end, err := skip(raw, at, 1)
			if err == nil {
				err = checkTexts(raw[at:end], text)
			}
			return end, err
		})
		return err
	}
	return nil
}

func checkText(q []byte, key string) error {
	if !utf8.Valid(q) {
		return &TextError{Key: key}
	}
	if lone := loneSurrogate(q); lone != nil {
		return &TextError{Key: key, Surrogate: string(lone)}
	}
	return nil
}

// loneSurrogate returns the first escape in the scanned value v that is half of a
// surrogate pair without the other half, nil if there is none.
func loneSurrogate(v []byte) []byte {
	for {
		i := bytes.IndexByte(v, '\\')
		if i < 0 {
			return nil
		}
		if v[i+1] != 'u' {
			v = v[i+2:]
			continue
		}
		escape := v[i : i+6]
		v = v[i+6:]
		r := hex4(escape[2:])
		if r < 0xd800 || 0xe000 <= r {
			continue
		}
		if !isLowSurrogate(v) || r >= 0xdc00 {
			return escape
		}
		v = v[6:]
	}
}

// isLowSurrogate reports whether v begins with the escape of the second half of
// a surrogate pair.
func isLowSurrogate(v []byte) bool {
	if len(v) < 6 || v[0] != '\\' || v[1] != 'u' {
		return false
	}
	r := hex4(v[2:])
	return 0xdc00 <= r && r < 0xe000
}
