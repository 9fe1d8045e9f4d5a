package sal

import (
	"fmt"
	"slices"
	"sync"
)

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
		if _, exists := out.position[f.Name]; exists {
			return nil, fmt.Errorf("two fields are called %s", f.Name)
		}
		out.position[f.Name] = i
		if f.IsArray() {
			out.arrays = append(out.arrays, i)
		}
	}
	if t.AvroRecord != "" {
		var err error
		if out.record, err = parseAvroRecord(t.AvroRecord); err == nil {
			err = out.record.check(t.Fields)
		}
		if err != nil {
			return nil, fmt.Errorf("AvroRecord: %w", err)
		}
	}
	return out, nil
}
