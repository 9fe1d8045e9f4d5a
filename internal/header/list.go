// Package header reads HTTP headers that are lists: a list may be written in one
// line with commas, in several lines, or both (RFC 9110, section 5.3).
package header

import (
	"iter"
	"net/http"
	"strconv"
	"strings"
)

// List returns the elements of a header in their order, without the space around
// them. Empty elements are left out. A comma in a quoted string separates nothing.
func List(h http.Header, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range h.Values(name) {
			for line != "" {
				var element string
				element, line = cut(line)
				if element = strings.TrimSpace(element); element != "" && !yield(element) {
					return
				}
			}
		}
	}
}

// cut returns the first element of a line, and what follows its comma.
func cut(line string) (element, rest string) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++ // the next character is meant literally
		case c == ',' && !quoted:
			return line[:i], line[i+1:]
		}
	}
	return line, ""
}

// Has reports whether a token is in the list, in any case.
func Has(h http.Header, name, token string) bool {
	for element := range List(h, name) {
		if strings.EqualFold(element, token) {
			return true
		}
	}
	return false
}

// Accepts reports whether a header such as Accept names a value with a quality above
// 0, and whether it names it at all.
func Accepts(h http.Header, name, value string) (accepted, named bool) {
	for element := range List(h, name) {
		given, parameters, _ := strings.Cut(element, ";")
		if strings.EqualFold(strings.TrimSpace(given), value) {
			return !isZero(parameters), true
		}
	}
	return false, false
}

// isZero reports whether there is a quality among the parameters, and that is 0.
func isZero(parameters string) bool {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(name), "q") {
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return err == nil && q == 0
		}
	}
	return false
}
