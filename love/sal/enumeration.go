package sal

import (
	"regexp"
	"slices"
	"strings"
)

// Enumeration names values as the definition of a component does
// (docs/protocol/sal-kafka.md#enumeration-elements). It is for display only:
// definitions spell some names differently from the enumerations that programs
// depend on, which are Go types: [SummaryState], and those of package
// [github.com/rubin-love/love-go/love/sal/enums].
type Enumeration struct {
	Name    string // "ScriptState"
	Members []Choice
}

// Text returns the name of a number, empty if it has none.
func (e Enumeration) Text(number int64) string {
	i := slices.IndexFunc(e.Members, func(c Choice) bool { return c.Number == number })
	if i < 0 {
		return ""
	}
	return e.Members[i].Name
}

// summaryStates names the values of a field summaryState, which definitions do not.
var summaryStates = func() (all []Choice) {
	for s := Disabled; s <= Standby; s++ {
		all = append(all, Choice{Name: s.String(), Number: int64(s)})
	}
	return all
}()

// enumerationInText finds the enumeration that a description names: "Current state. An
// AzimuthState enumeration."
var enumerationInText = regexp.MustCompile(`(\w+) enum(?:eration)?\b`)

// Choices returns the names of the numbers that a field of a topic may have, for display
// only; nil if none are known. They are those of the field's own enumeration, or those of
// the component's enumeration that the description of the field names or that is called
// like the field, or like the topic if the field is its "state". The numbers of a bit
// mask have no names.
func (c *Component) Choices(t *Topic, f Field) []Choice {
	switch {
	case f.Choices != nil:
		return f.Choices
	case f.Name == "summaryState":
		return summaryStates
	case strings.Contains(strings.ToLower(f.Description), "bitmask"):
		return nil
	}
	names := []string{f.Name}
	if f.Name == "state" {
		names = append(names, t.Name)
	}
	for _, found := range enumerationInText.FindAllStringSubmatch(f.Description, -1) {
		names = append(names, found[1])
	}
	for _, name := range names {
		at := slices.IndexFunc(c.Enumerations, func(e Enumeration) bool { return strings.EqualFold(e.Name, name) })
		if at >= 0 {
			return c.Enumerations[at].Members
		}
	}
	return nil
}
