package sal

import (
	"strconv"
	"strings"
)

// choicesFrom reads an Enumeration element: names, separated by commas, that
// are numbered from 1 on unless one says "name=7" or "name=0x7" (spec
// sal-kafka, section 15.3). What cannot be read gives none: the element
// explains a field, it does not make one.
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

// choiceNumber reads a number, which is decimal also with zeros in front.
func choiceNumber(s string) (int64, error) {
	if digits, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		return strconv.ParseInt(digits, 16, 64)
	}
	return strconv.ParseInt(s, 10, 64)
}
