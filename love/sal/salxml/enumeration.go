package salxml

import (
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/love/sal"
)

// enumerationFrom parses an enumeration of a whole component. The common prefix of
// its names, up to the first underscore, is the name of the enumeration.
func enumerationFrom(text string) sal.Enumeration {
	members := choicesFrom(text)
	if len(members) == 0 {
		return sal.Enumeration{}
	}
	name, _, _ := strings.Cut(members[0].Name, "_")
	for i, m := range members {
		members[i].Name = strings.TrimPrefix(m.Name, name+"_")
	}
	return sal.Enumeration{Name: name, Members: members}
}

// choicesFrom parses an Enumeration element: names, separated by commas, that are
// numbered from 1 on unless one says "name=7" or "name=0x7"
// (docs/protocol/sal-kafka.md#enumeration-elements). It returns nil for an element
// that it cannot parse, which is not an error because the element only explains a
// field.
func choicesFrom(text string) []sal.Choice {
	var choices []sal.Choice
	next := int64(1)
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		name, number, given := strings.Cut(item, "=")
		if given {
			n, err := parseNumber(strings.TrimSpace(number))
			if err != nil {
				return nil
			}
			next = n
		}
		choices = append(choices, sal.Choice{Name: strings.TrimSpace(name), Number: next})
		next++
	}
	return choices
}

// parseNumber parses a decimal or, with the prefix 0x, hexadecimal number. A
// leading zero does not make it octal.
func parseNumber(s string) (int64, error) {
	if digits, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		return strconv.ParseInt(digits, 16, 64)
	}
	return strconv.ParseInt(s, 10, 64)
}
