package sal

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Check reports whether values are right for a command, more strictly than the bus
// is: beyond names and types, none may be nil, a list must be as long as in
// the definition, a boolean is not taken for a number, and a number with an
// enumeration of its own must be in it. Errors are [*UnknownFieldError] and
// [*FieldError].
func (t *Topic) Check(values Values) error {
	s, err := newCommand(t, values)
	if err != nil {
		return err
	}
	for _, f := range t.Own() {
		if given := values[f.Name]; given != nil && !f.hasChoice(s) {
			return &FieldError{Topic: t, Field: f, Reason: fmt.Sprintf("takes %s, not %s", listed(f.Choices), describe(given))}
		}
	}
	return nil
}

// newCommand returns the sample of a command with the values given. A null, such as
// a browser makes of a number that it could not read, is not taken for zero; nor
// are zeros invented for the rest of a list, or a boolean taken for 0 or 1, because
// the component would fail or act on another command than was given.
func newCommand(t *Topic, values Values) (*Sample, error) {
	if err := checkOwn(t, values); err != nil {
		return nil, err
	}
	s, err := NewSample(t, values)
	if err != nil {
		return nil, err
	}
	for _, f := range t.Fields {
		given, ok := values[f.Name]
		switch {
		case !ok:
		case given == nil:
			_, reason := cellOf(f, nil)
			return nil, &FieldError{Topic: t, Field: f, Reason: reason + "; leave the field out for its default, " + f.zero()}
		case f.IsArray() && s.length(f) != f.Count:
			return nil, &FieldError{Topic: t, Field: f, Reason: fmt.Sprintf("takes a list of %d, not of %d", f.Count, s.length(f))}
		}
		if reason := booleanForNumber(f, given); reason != "" {
			return nil, &FieldError{Topic: t, Field: f, Reason: reason}
		}
	}
	return s, nil
}

// booleanForNumber returns a reason if a value that fits a numeric field is, or has as
// an element, a boolean; otherwise an empty string.
func booleanForNumber(f Field, given any) string {
	if f.Type == Boolean || f.Type == String {
		return ""
	}
	v := reflect.ValueOf(given)
	if !f.IsArray() {
		if v.Kind() != reflect.Bool {
			return ""
		}
		return notANumber(f.Type, given)
	}
	if k := v.Kind(); k != reflect.Slice && k != reflect.Array {
		return "" // Null
	}
	for i := range v.Len() {
		if e := v.Index(i).Interface(); reflect.ValueOf(e).Kind() == reflect.Bool {
			return fmt.Sprintf("element %d %s", i, notANumber(f.Type, e))
		}
	}
	return ""
}

// zero returns in words what a command has in the field if none is given.
func (f Field) zero() string {
	switch {
	case f.IsArray():
		return "a list of zeros"
	case f.Type == String:
		return "an empty text"
	case f.Type == Boolean:
		return "false"
	}
	return "0"
}

// hasChoice reports whether the sample's value of the field is in the field's
// enumeration, if there is one.
func (f Field) hasChoice(s *Sample) bool {
	if f.Choices == nil || f.IsArray() {
		return true
	}
	return slices.ContainsFunc(f.Choices, func(c Choice) bool { return c.Number == s.Int(f.Name) })
}

// listed returns an enumeration in readable form: "1 (Blue), 2 (Red)".
func listed(choices []Choice) string {
	texts := make([]string, len(choices))
	for i, c := range choices {
		texts[i] = fmt.Sprintf("%d (%s)", c.Number, c.Name)
	}
	return strings.Join(texts, ", ")
}
