package sal

import (
	"strconv"
	"strings"
)

// choicesFrom parses an Enumeration element: names, separated by commas, that are
// numbered from 1 on unless one says "name=7" or "name=0x7" (spec sal-kafka,
// section 15.3). It returns nil for an element that it cannot parse, which is no
// error because the element only explains a field.
func choicesFrom(text string) []Choice {
	var choices []Choice
	next := int64(1)
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		name, number, given := strings.Cut(item, "=")
		if given {
			n, err := choiceNumber(strings.TrimSpace(number))
			if err != nil {
				return nil
			}
			next = n
		}
		choices = append(choices, Choice{Name: strings.TrimSpace(name), Number: next})
		next++
	}
	return choices
}

// choiceNumber parses a decimal or, with the prefix 0x, hexadecimal number. A
// leading zero does not make it octal.
func choiceNumber(s string) (int64, error) {
	if digits, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		return strconv.ParseInt(digits, 16, 64)
	}
	return strconv.ParseInt(s, 10, 64)
}
