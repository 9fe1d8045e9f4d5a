package sal

import (
	"slices"
	"strings"
)

// Enumeration names values of a component, as its definition does (spec
// sal-kafka, section 15.3); it is for display only. Enumerations that programs
// depend on are Go types of this package, such as [SummaryState]: definitions
// spell some of their names differently.
type Enumeration struct {
	Name    string // "ScriptState"
	Members []Choice
}

// Text is the name of a number; empty if it has none.
func (e Enumeration) Text(number int64) string {
	i := slices.IndexFunc(e.Members, func(c Choice) bool { return c.Number == number })
	if i < 0 {
		return ""
	}
	return e.Members[i].Name
}

// enumerationFrom reads an enumeration of a whole component. Its names share a
// prefix up to the first underscore, which is the name of the enumeration.
func enumerationFrom(text string) Enumeration {
	members := choicesFrom(text)
	if len(members) == 0 {
		return Enumeration{}
	}
	name, _, _ := strings.Cut(members[0].Name, "_")
	for i, m := range members {
		members[i].Name = strings.TrimPrefix(m.Name, name+"_")
	}
	return Enumeration{Name: name, Members: members}
}
