package producer

import (
	"reflect"

	"github.com/rubin-love/love-go/love/sal"
)

// Decorated is a field of a stream in the form that viewers expect: a value with its
// data type and its unit (docs/protocol/producer.md#fields). It is meant for
// free-form objects; [CSC] decorates samples itself.
type Decorated struct {
	Value    any    `json:"value"`
	DataType string `json:"dataType"`
	Units    string `json:"units"`
}

// Decorate returns value as a decorated field. Empty units become "unitless".
func Decorate(value any, units string) Decorated {
	if units == "" {
		units = "unitless"
	}
	return Decorated{value, DataTypeOf(value), units}
}

// DataType returns the data type by which viewers show a field: "Int", "Float",
// "String", "Array<Int>" or "Array<Float>". It depends on the definition alone; a
// boolean is an Int, and a string is never an array
// (docs/protocol/producer.md#fields).
func DataType(f sal.Field) string {
	kind := "Int"
	switch {
	case f.Type == sal.String:
		return "String"
	case f.Type.IsFloat():
		kind = "Float"
	}
	if f.IsArray() {
		return "Array<" + kind + ">"
	}
	return kind
}

// DataTypeOf returns the data type of a value that has no definition: "Int" (also
// for a boolean), "Float", "String", "None" for nil and objects, "Array<…>" with
// the type of the first element for a list, and "Array<None>" for an empty one.
func DataTypeOf(value any) string { return dataTypeOf(reflect.ValueOf(value)) }

func dataTypeOf(v reflect.Value) string {
	switch k := v.Kind(); {
	case k == reflect.Interface || k == reflect.Pointer:
		return dataTypeOf(v.Elem())
	case k == reflect.Bool || v.CanInt() || v.CanUint():
		return "Int"
	case v.CanFloat():
		return "Float"
	case k == reflect.String:
		return "String"
	case k == reflect.Slice || k == reflect.Array:
		if v.Len() == 0 {
			return "Array<None>"
		}
		return "Array<" + dataTypeOf(v.Index(0)) + ">"
	}
	return "None"
}
