package sal

import "slices"

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
