package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/internal/similar"
	"github.com/rubin-love/love-go/love"
)

// wildcard stands for any component, index or stream of a group.
const wildcard = "*"

// parseGroup parses a group to subscribe to, and refuses patterns that the manager does
// not know, to which nothing would ever be delivered.
func parseGroup(text string) (love.Group, error) {
	g, err := love.ParseGroup(text)
	if err != nil {
		return g, err
	}
	if strings.Contains(string(g.Category), wildcard) {
		return g, fmt.Errorf("%q: a category cannot be a pattern: give event-… and telemetry-…, each as a group of its own", text)
	}
	for _, part := range []string{g.CSC, g.SalIndex, g.Stream} {
		if part != wildcard && strings.Contains(part, wildcard) {
			return g, fmt.Errorf("%q: * stands for a whole component, index or stream, not for a part of its name", text)
		}
	}
	if !allIsUsable(g) {
		return g, fmt.Errorf("%q: all is possible as CATEGORY-all-all-all and as CATEGORY-CSC-SALINDEX-all; elsewhere give '*', in quotes", text)
	}
	return g, nil
}

// allIsUsable reports whether "all" in a group is one that the manager knows
// (docs/protocol/manager.md#routing).
func allIsUsable(g love.Group) bool {
	switch {
	case g.Category == love.CategoryInitialState: // names what is asked for
		return true
	case g.CSC == love.All, g.SalIndex == love.All:
		return g == love.CategoryGroup(g.Category)
	}
	return g.Stream != love.All || g.CSC != wildcard && g.SalIndex != wildcard
}

// groupWarning returns why a group may never receive anything: the manager neither knows
// nor has seen its component, index or stream. It is empty if it has, or cannot tell.
func (k knownTopics) groupWarning(g love.Group) string {
	if !k.defined && !k.reported || k.isSeen(g) || isOwn(g) {
		return ""
	}
	categories := []string{string(love.CategoryEvent), string(love.CategoryTelemetry)}
	if !slices.Contains(categories, string(g.Category)) {
		known := append(categories, string(love.CategoryCommand), string(love.CategoryLoveCSC), string(love.CategoryInitialState), string(love.CategoryHeartbeat))
		if slices.Contains(known, string(g.Category)) {
			return ""
		}
		return fmt.Sprintf("this manager has seen no category %q%s", g.Category, similar.Question(similar.Names(string(g.Category), known)))
	}
	components := []string{g.CSC}
	if g.CSC == wildcard || g.CSC == love.All {
		components = k.names()
	} else if !slices.Contains(k.names(), g.CSC) {
		return fmt.Sprintf("this manager neither knows nor has seen a component %q%s", g.CSC, similar.Question(similar.Names(g.CSC, k.names())))
	}
	if warning := k.indexWarning(g); warning != "" {
		return warning
	}
	if g.Stream == wildcard || g.Stream == love.All {
		return ""
	}
	var names []string
	for _, csc := range components {
		names = append(names, k.streamNames(g.Category, csc)...)
	}
	if slices.Contains(names, g.Stream) {
		return ""
	}
	slices.Sort(names)
	names = slices.Compact(names)
	of := "of " + g.CSC
	if len(components) != 1 {
		of = "of any component"
	}
	return fmt.Sprintf("this manager neither knows nor has seen %s %q %s%s", g.Category, g.Stream, of, similar.Question(similar.Names(g.Stream, names)))
}

// indexWarning returns what is wrong with the index of a group, whose component is known
// or a wildcard.
func (k knownTopics) indexWarning(g love.Group) string {
	c, defined := k.components[g.CSC]
	seen := k.indices(g.CSC)
	switch {
	case g.SalIndex == wildcard, g.CSC == wildcard, g.SalIndex == love.All, slices.Contains(seen, g.SalIndex):
		return ""
	case defined && !c.Indexed && g.SalIndex == "0":
		return ""
	case defined && !c.Indexed:
		return fmt.Sprintf("%s has no instances: its index is 0, not %s", g.CSC, g.SalIndex)
	case !k.reported:
		return "" // which instances there are is not part of the definitions
	case len(seen) == 0:
		return fmt.Sprintf("this manager has seen no instance of %s yet", g.CSC)
	}
	return fmt.Sprintf("this manager has seen no instance %s of %s, only %s", g.SalIndex, g.CSC, strings.Join(seen, ", "))
}

// isSeen reports whether something was published that the group receives.
func (k knownTopics) isSeen(g love.Group) bool {
	same := func(pattern, part string) bool { return pattern == part || pattern == wildcard || pattern == love.All }
	return slices.ContainsFunc(k.streams, func(s love.StreamStats) bool {
		return s.Category == g.Category && same(g.CSC, s.CSC) && same(g.SalIndex, s.SalIndex) && same(g.Stream, s.Stream)
	})
}

// ownEvents are the events that the manager itself publishes.
var ownEvents = []string{"sources", "commands", "authority"}

// isOwn reports whether the manager itself publishes to the group.
func isOwn(g love.Group) bool {
	return g.Category == love.CategoryEvent && g.CSC == "Hub" && (g.SalIndex == "0" || g.SalIndex == wildcard) &&
		(g.Stream == love.All || g.Stream == wildcard || slices.Contains(ownEvents, g.Stream))
}
