package sal

import (
	"encoding/json"
	"slices"
)

// wire returns the fields of the topic in the order of its Avro schema.
func (t *Topic) wire() []wireField {
	t.wireOnce.Do(func() {
		null := t.nullFirst()
		t.wireFields = make([]wireField, 0, len(t.Fields))
		for i, f := range t.Fields {
			w := wireField{cell: i, typ: f.Type.wire(), array: f.IsArray()}
			switch {
			case !f.Nullable:
			case null[f.Name]:
				w.null = nullFirst
			default:
				w.null = nullLast
			}
			t.wireFields = append(t.wireFields, w)
		}
		if t.AvroRecord != "" { // its private fields come last
			private := t.private()
			t.wireFields = slices.Concat(t.wireFields[private:], t.wireFields[:private])
		}
	})
	return t.wireFields
}

// nullFirst returns the nullable fields in whose union null is the first branch.
func (t *Topic) nullFirst() map[string]bool {
	var record struct {
		Fields []struct {
			Name string
			Type any
		}
	}
	first := map[string]bool{}
	if t.AvroRecord == "" || json.Unmarshal([]byte(t.AvroRecord), &record) != nil {
		return first
	}
	for _, f := range record.Fields {
		union, _ := f.Type.([]any)
		first[f.Name] = len(union) > 0 && union[0] == "null"
	}
	return first
}

func (t Type) wire() wireType {
	switch t {
	case Boolean:
		return wireBoolean
	case Float:
		return wireFloat
	case Double:
		return wireDouble
	case String:
		return wireString
	}
	return wireInteger
}

// noValue marks a cell as null when it takes the place of the list.
type noValue struct{}

func (c *cell) isNull() bool {
	_, null := c.list.(noValue)
	return null
}

func (c *cell) setNull() { c.list = noValue{} }
