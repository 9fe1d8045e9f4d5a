package sal

import "slices"

// wire returns the fields of the topic in the order of its Avro schema.
func (t *Topic) wire() []wireField {
	t.wireOnce.Do(func() {
		t.wireFields = make([]wireField, 0, len(t.Fields))
		for i, f := range t.Fields {
			t.wireFields = append(t.wireFields, wireField{cell: i, typ: f.Type.wire(), array: f.IsArray(), null: t.nullness(f)})
		}
		if t.avsc != nil { // its private fields come last
			private := t.private()
			t.wireFields = slices.Concat(t.wireFields[private:], t.wireFields[:private])
		}
	})
	return t.wireFields
}

// nullness returns the place of null in the union of a field from an .avsc file.
func (t *Topic) nullness(f Field) nullness {
	if !f.Nullable {
		return neverNull
	}
	for _, n := range t.avsc.member("fields").values {
		if name, _ := n.member("name").text(); name == f.Name {
			if first, _ := n.member("type").values[0].text(); first == "null" {
				return nullFirst
			}
		}
	}
	return nullLast
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
