package httpapi

import "strings"

// Excerpt returns the beginning of a body on one line, for an error text.
func Excerpt(body []byte) string {
	const enough = 120
	s := strings.Join(strings.Fields(strings.ToValidUTF8(string(body[:min(len(body), enough)]), "")), " ")
	switch {
	case s == "":
		return "an empty body"
	case len(body) > enough:
		return s + "…"
	}
	return s
}
