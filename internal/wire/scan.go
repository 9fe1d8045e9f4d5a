package wire

import (
	"bytes"
	"fmt"
)

// MaxDepth is how deep values may nest. Telemetry nests five levels; the bound
// keeps a hostile message from exhausting the stack.
const MaxDepth = 512

// ErrDepth is returned for a value nested deeper than [MaxDepth].
var ErrDepth = fmt.Errorf("nested deeper than %d levels", MaxDepth)

// A SyntaxError is where the input stops being JSON. Offset counts bytes from 0.
type SyntaxError struct {
	Offset int
	Expect string // what would have been valid there
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON at byte %d: expected %s", e.Offset, e.Expect)
}

func syntax(at int, expect string) error { return &SyntaxError{Offset: at, Expect: expect} }

// space returns the index of the first byte at or after i that is not white space.
func space(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// Valid returns nil if b is exactly one value, with or without white space around it.
func Valid(b []byte) error {
	end, err := Skip(b, space(b, 0))
	if err != nil {
		return err
	}
	if end = space(b, end); end != len(b) {
		return syntax(end, "the end")
	}
	return nil
}

// Skip returns the index after the value that starts at b[i].
func Skip(b []byte, i int) (int, error) { return skip(b, i, 0) }

func skip(b []byte, i, depth int) (int, error) {
	if i >= len(b) {
		return i, syntax(i, "a value")
	}
	switch c := b[i]; {
	case c == '"':
		return skipString(b, i)
	case c == '{':
		return skipObject(b, i, depth)
	case c == '[':
		return skipList(b, i, depth)
	case c == '-' || '0' <= c && c <= '9':
		return skipNumber(b, i)
	default:
		return skipWord(b, i)
	}
}

func skipWord(b []byte, i int) (int, error) {
	for _, w := range [...]string{"true", "false", "null", "NaN", "Infinity"} {
		if len(b)-i >= len(w) && string(b[i:i+len(w)]) == w {
			return i + len(w), nil
		}
	}
	return i, syntax(i, "a value")
}

func skipObject(b []byte, i, depth int) (int, error) {
	if depth >= MaxDepth {
		return i, ErrDepth
	}
	i = space(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1, nil
	}
	for {
		_, at, err := member(b, i)
		if err != nil {
			return i, err
		}
		if i, err = skip(b, at, depth+1); err != nil {
			return i, err
		}
		if i = space(b, i); i < len(b) && b[i] == ',' {
			i = space(b, i+1)
			continue
		}
		if i < len(b) && b[i] == '}' {
			return i + 1, nil
		}
		return i, syntax(i, "',' or '}'")
	}
}

// member scans `"name" :` and returns the quoted name and where the value starts.
func member(b []byte, i int) (name []byte, at int, err error) {
	if i >= len(b) || b[i] != '"' {
		return nil, i, syntax(i, "a member name")
	}
	end, err := skipString(b, i)
	if err != nil {
		return nil, end, err
	}
	name = b[i:end]
	if i = space(b, end); i >= len(b) || b[i] != ':' {
		return nil, i, syntax(i, "':'")
	}
	return name, space(b, i+1), nil
}

// scanMembers calls f for each member of the object at raw[i], with the quoted
// name and the index of the value. f returns the index after the value.
func scanMembers(raw []byte, i int, f func(raw, name []byte, at int) (int, error)) (int, error) {
	i = space(raw, i+1)
	if i < len(raw) && raw[i] == '}' {
		return i + 1, nil
	}
	for {
		name, at, err := member(raw, i)
		if err != nil {
			return at, err
		}
		if i, err = f(raw, name, at); err != nil {
			return i, err
		}
		if i = space(raw, i); i < len(raw) && raw[i] == ',' {
			i = space(raw, i+1)
			continue
		}
		if i < len(raw) && raw[i] == '}' {
			return i + 1, nil
		}
		return i, syntax(i, "',' or '}'")
	}
}

func skipList(b []byte, i, depth int) (int, error) {
	if depth >= MaxDepth {
		return i, ErrDepth
	}
	i = space(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1, nil
	}
	for {
		var err error
		if i, err = skip(b, i, depth+1); err != nil {
			return i, err
		}
		if i = space(b, i); i < len(b) && b[i] == ',' {
			i = space(b, i+1)
			continue
		}
		if i < len(b) && b[i] == ']' {
			return i + 1, nil
		}
		return i, syntax(i, "',' or ']'")
	}
}

// skipString returns the index after the string that starts at b[i].
func skipString(b []byte, i int) (int, error) {
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1, nil
		case c == '\\':
			i++
			if i >= len(b) {
				return i, syntax(i, "an escape")
			}
			switch b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if len(b)-i < 5 || !isHex(b[i+1:i+5]) {
					return i, syntax(i, "four hexadecimal digits")
				}
				i += 4
			default:
				return i, syntax(i, "an escape")
			}
		case c < ' ':
			return i, syntax(i, "no control character in a text")
		}
	}
	return i, syntax(i, "the end of a text")
}

func isHex(b []byte) bool {
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return false
		}
	}
	return true
}

func digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

func skipNumber(b []byte, i int) (int, error) {
	if b[i] == '-' {
		if i++; bytes.HasPrefix(b[i:], []byte("Infinity")) {
			return i + len("Infinity"), nil
		}
	}
	from := i
	if i = digits(b, i); i == from {
		return i, syntax(i, "a digit")
	}
	if b[from] == '0' && i > from+1 {
		return from, syntax(from+1, "no leading zero in a number")
	}
	if i < len(b) && b[i] == '.' {
		from = i + 1
		if i = digits(b, from); i == from {
			return i, syntax(i, "a digit")
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from = i
		if i = digits(b, from); i == from {
			return i, syntax(i, "a digit")
		}
	}
	return i, nil
}
