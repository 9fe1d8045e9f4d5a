package scriptconfig

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// maxRepr is the longest form of a value in an error, in bytes.
const maxRepr = 200

// repr returns a value as Python shows it, the language of the scripts.
func repr(v any) string {
	var b strings.Builder
	write(&b, v)
	return shorten(b.String())
}

// text is repr, but without quotes around a text.
func text(v any) string {
	if s, ok := v.(string); ok {
		return shorten(s)
	}
	return repr(v)
}

func write(b *strings.Builder, v any) {
	if b.Len() > maxRepr {
		return
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case json.Number:
		b.WriteString(v.String())
	case string:
		b.WriteString(quote(v))
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, element)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quote(name) + ": ")
			write(b, v[name])
		}
		b.WriteByte('}')
	}
}

func quote(s string) string {
	s = shorten(s)
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `\'`) + "'"
}

func quoted(names []string) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = quote(n)
	}
	return strings.Join(all, ", ")
}

func shorten(s string) string {
	if len(s) <= maxRepr {
		return s
	}
	return strings.ToValidUTF8(s[:maxRepr], "") + "…"
}

// kindOf names the kind of a value.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "empty"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "a text"
	}
	return "a list"
}
