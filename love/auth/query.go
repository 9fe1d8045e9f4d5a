package auth

import (
	"strconv"
	"strings"
)

// queryValue returns the first value of a parameter that is not empty, decoded as
// the Python manager does (urllib.parse.parse_qs): "+" is a space, a "%" that two
// hexadecimal digits do not follow stays as it is, and only "&" separates. Package
// net/url drops a parameter with such a "%" or with a ";", which some producers put
// into their URLs unescaped.
func queryValue(query, name string) string {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if value != "" && unescape(key) == name {
			return unescape(value)
		}
	}
	return ""
}

func unescape(text string) string {
	if !strings.ContainsAny(text, "+%") {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch c {
		case '+':
			c = ' '
		case '%':
			if n, err := strconv.ParseUint(text[i+1:min(i+3, len(text))], 16, 8); err == nil && i+2 < len(text) {
				c = byte(n)
				i += 2
			}
		}
		b.WriteByte(c)
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}
