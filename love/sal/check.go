package sal

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Check reports whether values fit the topic, more strictly than writing does:
// beyond names and types, a list must not be longer than the definition says, and a
// number with an enumeration of its own must be in it. Errors are
// [*UnknownFieldError] and [*FieldError].
func (t *Topic) Check(values Values) error {
	if err := checkOwn(t, values); err != nil {
		return err
	}
	s, err := NewSample(t, values)
	if err != nil {
		return err
	}
	for _, f := range t.Own() {
		given := values[f.Name]
		if given == nil {
			continue
		}
		if f.IsArray() {
			if n := reflect.ValueOf(given).Len(); n > f.Count {
				return &FieldError{Topic: t, Field: f, Reason: fmt.Sprintf("takes a list of %d, not of %d", f.Count, n)}
			}
			continue
		}
		if f.Choices != nil && !slices.ContainsFunc(f.Choices, func(c Choice) bool { return c.Number == s.Int(f.Name) }) {
			return &FieldError{Topic: t, Field: f, Reason: fmt.Sprintf("takes %s, not %s", listed(f.Choices), describe(given))}
		}
	}
	return nil
}

// listed returns an enumeration in readable form: "1 (Blue), 2 (Red)".
func listed(choices []Choice) string {
	texts := make([]string, len(choices))
	for i, c := range choices {
		texts[i] = fmt.Sprintf("%d (%s)", c.Number, c.Name)
	}
	return strings.Join(texts, ", ")
}
