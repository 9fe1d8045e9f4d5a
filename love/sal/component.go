package sal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/internal/similar"
)

// Component is the interface of one kind of device or service.
type Component struct {
	Name        string
	Description string
	Indexed     bool // several instances may run, distinguished by their index
	Topics      []*Topic
	// Enumerations lists the enumerations of the component as a whole, in the order
	// of the definition. They are for display only.
	Enumerations []Enumeration

	byAttr   map[string]*Topic
	commands []string // SAL names, sorted
	salNames []string // of all topics, sorted
}

// Topic finds a topic by its attribute name: "evt_summaryState".
func (c *Component) Topic(attr string) (*Topic, bool) {
	t, ok := c.byAttr[attr]
	return t, ok
}

// Command finds a command by its name with or without prefix ("moveAzimuth",
// "cmd_moveAzimuth"). The error is an [*UnknownTopicError].
func (c *Component) Command(name string) (*Topic, error) {
	t, ok := c.Topic(name)
	if !ok {
		t, ok = c.Topic(Command.Prefix() + name)
	}
	if !ok || t.Kind != Command {
		return nil, &UnknownTopicError{
			Component: c.Name, Kind: Command, Name: name,
			Suggestions: similar.Names(Command.Prefix()+trimKind(name), c.attrs(Command.Prefix())),
		}
	}
	return t, nil
}

// Names returns the short names of all topics of a kind, sorted by code point.
func (c *Component) Names(k Kind) []string {
	var names []string
	for _, t := range c.Topics {
		if t.Kind == k {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	return names
}

// Instance returns the full name of an instance: "MTHexapod:1", "ATDome".
func (c *Component) Instance(index int) string {
	if !c.Indexed {
		return c.Name
	}
	return fmt.Sprintf("%s:%d", c.Name, index)
}

// Enumeration finds an enumeration of the component by name: "ScriptState".
func (c *Component) Enumeration(name string) (Enumeration, bool) {
	i := slices.IndexFunc(c.Enumerations, func(e Enumeration) bool { return e.Name == name })
	if i < 0 {
		return Enumeration{}, false
	}
	return c.Enumerations[i], true
}

// CheckInstance returns [ErrIndex] unless the index names a single instance of the
// component: above 0 if the component is indexed, else 0.
func (c *Component) CheckInstance(index int) error {
	if c.Indexed && index == 0 {
		return fmt.Errorf("%w: %s has instances; say which, as in %s:1", ErrIndex, c.Name, c.Name)
	}
	return c.CheckIndex(index)
}

// CheckIndex returns [ErrIndex] if no instance of the component can have the index.
// 0 stands for all instances of an indexed component.
func (c *Component) CheckIndex(index int) error {
	switch {
	case index != 0 && !c.Indexed:
		return fmt.Errorf("%w: %s has no instances, its index is 0, not %d", ErrIndex, c.Name, index)
	case index < 0 || index > maxIndex:
		return fmt.Errorf("%w: an index of %s is between 1 and %d (0 for all), not %d", ErrIndex, c.Name, maxIndex, index)
	}
	return nil
}

func (c *Component) topicOf(attr string) (*Topic, error) {
	if t, ok := c.byAttr[attr]; ok {
		return t, nil
	}
	return nil, &UnknownTopicError{Component: c.Name, Name: attr, Suggestions: similar.Names(attr, c.attrs(""))}
}

// attrs lists the attribute names that have the prefix, sorted.
func (c *Component) attrs(prefix string) []string {
	var names []string
	for attr := range c.byAttr {
		if strings.HasPrefix(attr, prefix) {
			names = append(names, attr)
		}
	}
	slices.Sort(names)
	return names
}

// complete checks the component and returns a copy with ackcmd and the private fields
// added, ready to be shared.
func (c *Component) complete() (*Component, error) {
	if name, index, err := ParseName(c.Name); err != nil || name != c.Name || index != 0 {
		return nil, fmt.Errorf("%q is not a component name: give a letter followed by letters, digits or underscores", c.Name)
	}
	out := &Component{Name: c.Name, Description: c.Description, Indexed: c.Indexed, Enumerations: c.Enumerations, byAttr: map[string]*Topic{}}
	for _, t := range slices.Concat(c.Topics, []*Topic{ackTopic()}) {
		full, err := t.complete(c)
		if err != nil {
			return nil, fmt.Errorf("component %s, topic %s: %w", c.Name, t.SALName(), err)
		}
		if _, exists := out.byAttr[full.Attr()]; exists {
			return nil, fmt.Errorf("component %s has two topics %s", c.Name, full.SALName())
		}
		out.byAttr[full.Attr()] = full
		out.Topics = append(out.Topics, full)
		out.salNames = append(out.salNames, full.SALName())
		if full.Kind == Command {
			out.commands = append(out.commands, full.SALName())
		}
	}
	slices.Sort(out.salNames)
	slices.Sort(out.commands)
	return out, nil
}
