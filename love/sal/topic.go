package sal

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Field is one field of a topic.
type Field struct {
	Name        string
	Type        Type
	Count       int    // number of elements; a field with more than one is an array
	Units       string // "unitless" if it has none
	Description string
	// Choices lists the numbers that the field's own enumeration allows; it is nil
	// for most fields, which have none (spec sal-kafka, section 15.3).
	Choices []Choice
	// Avro is set for fields from a camera's .avsc file, whose types have Avro's
	// names; see [Field.TypeName].
	Avro bool
	// Nullable is set if a sample may have no value in the field, which is possible
	// only for fields from .avsc files.
	Nullable bool
}

// TypeName returns the type as the definition spells it: the Avro type for a field
// from an .avsc file, else Type.
func (f Field) TypeName() string {
	if f.Avro {
		name, _ := f.Type.avro()
		return name
	}
	return string(f.Type)
}

// Choice is one number that a field may have, and its name.
type Choice struct {
	Name   string
	Number int64
}

// IsArray reports whether values of the field are lists.
func (f Field) IsArray() bool { return f.Count > 1 }

// Topic is the definition of one kind of message of a component. It is shared and
// must not be modified once it is part of [Definitions].
type Topic struct {
	Component   string
	Kind        Kind
	Name        string // short: "moveAzimuth", "summaryState"
	Description string
	Fields      []Field // private ones first, then the topic's own
	// AvroRecord is the Avro record, in JSON, from which the fields of a camera's
	// topic were read. It is empty for most topics, which SAL XML defines.
	AvroRecord string

	indexed  bool
	position map[string]int
	arrays   []int       // positions of the fields that are arrays
	record   *avroRecord // AvroRecord in parts; nil if that is empty

	revision     string
	revisionOnce sync.Once
}

// Attr returns the attribute name, which begins with the kind: "cmd_moveAzimuth",
// "evt_summaryState", "tel_position", "ack_ackcmd". It is unique in a component.
func (t *Topic) Attr() string { return t.Kind.Prefix() + t.Name }

// SALName returns the name as definitions and the bus spell it:
// "command_moveAzimuth", "logevent_summaryState", "position", "ackcmd".
func (t *Topic) SALName() string {
	switch t.Kind {
	case Command:
		return commandPrefix + t.Name
	case Event:
		return eventPrefix + t.Name
	}
	return t.Name
}

// SetSALName sets the kind and the name from a SAL name: "logevent_summaryState". A
// name without a known prefix is that of telemetry.
func (t *Topic) SetSALName(s string) { t.Kind, t.Name = splitSALName(s) }

// Indexed reports whether samples carry a salIndex.
func (t *Topic) Indexed() bool { return t.indexed }

// Field finds a field by name.
func (t *Topic) Field(name string) (Field, bool) {
	i, ok := t.position[name]
	if !ok {
		return Field{}, false
	}
	return t.Fields[i], true
}

// Own returns the topic's own fields, which follow the private ones.
func (t *Topic) Own() []Field { return t.Fields[t.private():] }

// private returns the number of private fields.
func (t *Topic) private() int {
	if t.indexed {
		return len(allPrivate)
	}
	return len(allPrivate) - 1
}

// Component is the interface of one kind of device or service.
type Component struct {
	Name        string
	Description string
	Indexed     bool // several instances may run, told apart by their index
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
	return nil, &UnknownTopicError{Component: c.Name, Name: attr, Suggestions: suggest(attr, c.attrs(""))}
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

// complete checks the component and returns it with ackcmd and the private
// fields added, ready to be shared. Topics given are not modified.
func (c *Component) complete() (*Component, error) {
	if name, index, err := ParseName(c.Name); err != nil || name != c.Name || index != 0 {
		return nil, fmt.Errorf("%q is no component name: give a letter followed by letters, digits or underscores", c.Name)
	}
	out := &Component{Name: c.Name, Description: c.Description, Indexed: c.Indexed, Enumerations: c.Enumerations, byAttr: map[string]*Topic{}}
	for _, t := range slices.Concat(c.Topics, []*Topic{ackTopic()}) {
		full, err := t.complete(c)
		if err != nil {
			return nil, fmt.Errorf("component %s, topic %s: %w", c.Name, t.SALName(), err)
		}
		if _, twice := out.byAttr[full.Attr()]; twice {
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

func (t *Topic) complete(c *Component) (*Topic, error) {
	if kind, name := splitSALName(t.SALName()); t.Name == "" || kind != t.Kind || name != t.Name {
		return nil, fmt.Errorf("kind %v and name %q do not fit together", t.Kind, t.Name)
	}
	out := &Topic{
		Component: c.Name, Kind: t.Kind, Name: t.Name, Description: t.Description,
		Fields:  slices.Concat(privateFields(c.Indexed), t.Fields),
		indexed: c.Indexed, position: map[string]int{}, AvroRecord: t.AvroRecord,
	}
	for i := range out.Fields {
		f := &out.Fields[i]
		if f.Count == 0 || f.Type == String {
			f.Count = 1
		}
		if f.Units == "" {
			f.Units = unitless
		}
		if err := f.Validate(); err != nil {
			return nil, err
		}
		if (f.Avro || f.Nullable) && t.AvroRecord == "" {
			return nil, fmt.Errorf("field %s: only fields of an AvroRecord are Avro or Nullable", f.Name)
		}
		if _, twice := out.position[f.Name]; twice {
			return nil, fmt.Errorf("two fields are called %s", f.Name)
		}
		out.position[f.Name] = i
		if f.IsArray() {
			out.arrays = append(out.arrays, i)
		}
	}
	if t.AvroRecord != "" {
		var err error
		if out.record, err = parseAvroRecord(t.AvroRecord); err != nil {
			return nil, fmt.Errorf("AvroRecord: %w", err)
		}
	}
	return out, nil
}

// maxCount bounds an array, so that no definition makes samples of gigabytes.
const maxCount = 1 << 20

// Validate reports whether the field has a name, a known type and a possible count.
func (f Field) Validate() error {
	switch {
	case f.Name == "":
		return fmt.Errorf("a field has no name")
	case !f.Type.Valid():
		return fmt.Errorf("field %s: unknown type %q; give %s", f.Name, f.Type, typeNames)
	case f.Count < 1 || f.Count > maxCount:
		return fmt.Errorf("field %s: a count is between 1 and %d, not %d", f.Name, maxCount, f.Count)
	}
	return nil
}
