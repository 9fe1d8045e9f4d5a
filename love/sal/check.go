package sal

import (
	"fmt"
	"slices"
	"strings"
)

// Check reports whether values are right for a command, more strictly than the bus
// is: beyond names and types, none may be nil, a list must be as long as the
// definition says, and a number with an enumeration of its own must be in it. Errors
// are [*UnknownFieldError] and [*FieldError].
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
// are zeros invented for the rest of a list, because a component that reads all
// elements would fail or act on another command than was given.
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
	}
	return s, nil
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
