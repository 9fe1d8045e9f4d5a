package sal

import (
	"errors"
	"fmt"
)

// Field is one field of a topic.
type Field struct {
	Name        string
	Type        Type
	Count       int    // number of elements, 0 stands for 1; with more the field is an array
	Units       string // "unitless" if it has none
	Description string
	// Choices lists the numbers that the field's own enumeration allows; it is nil
	// for most fields, which have none
	// (docs/protocol/sal-kafka.md#enumeration-elements).
	Choices []Choice
	// Avro is set for fields of a [Topic.AvroRecord], whose types have Avro's names;
	// see [Field.TypeName].
	Avro bool
	// Nullable is set if a sample may have no value in the field, which is possible
	// only for fields of a [Topic.AvroRecord].
	Nullable bool
}

// TypeName returns the type as the definition spells it: the Avro type for a field of
// an Avro record, else Type.
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

// maxCount bounds an array, so that no definition makes samples of gigabytes.
const maxCount = 1 << 20

// Validate reports whether the field has a name, a known type and a possible count.
func (f Field) Validate() error {
	switch {
	case f.Name == "":
		return errors.New("a field has no name")
	case !f.Type.Valid():
		return fmt.Errorf("field %s: unknown type %q; give %s", f.Name, f.Type, typeNames)
	case f.Count < 0 || f.Count > maxCount:
		return fmt.Errorf("field %s: a count is between 1 and %d, not %d", f.Name, maxCount, f.Count)
	}
	return nil
}
