package sal

import "math"

// Type is the type of a field's elements, as interface definitions spell it.
type Type string

// The eleven types (docs/protocol/sal-kafka.md#types). Long has 32 bits; Byte holds
// 0 to 255; UnsignedInt has 32 bits.
const (
	Boolean       Type = "boolean"
	Byte          Type = "byte"
	Short         Type = "short"
	Int           Type = "int"
	Long          Type = "long"
	LongLong      Type = "long long"
	UnsignedShort Type = "unsigned short"
	UnsignedInt   Type = "unsigned int"
	Float         Type = "float"
	Double        Type = "double"
	String        Type = "string"
)

// typeNames lists the types in the error for an unknown one.
const typeNames = "boolean, byte, short, int, long, long long, unsigned short, unsigned int, float, double or string"

// Valid reports whether t is one of the eleven.
func (t Type) Valid() bool {
	return t == Boolean || t == String || t.IsFloat() || t.IsInteger()
}

// IsFloat reports whether values are float64; those of Float are rounded to 32 bits.
func (t Type) IsFloat() bool { return t == Float || t == Double }

// IsInteger reports whether values are int64, within [Type.Range].
func (t Type) IsInteger() bool {
	_, _, ok := t.Range()
	return ok
}

// Range returns the smallest and the largest value of an integer type. ok is false
// for other types.
func (t Type) Range() (lowest, highest int64, ok bool) {
	switch t {
	case Byte:
		return 0, math.MaxUint8, true
	case Short:
		return math.MinInt16, math.MaxInt16, true
	case Int, Long:
		return math.MinInt32, math.MaxInt32, true
	case LongLong:
		return math.MinInt64, math.MaxInt64, true
	case UnsignedShort:
		return 0, math.MaxUint16, true
	case UnsignedInt:
		return 0, math.MaxUint32, true
	}
	return 0, 0, false
}
