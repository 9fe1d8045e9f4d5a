package producer

import (
	"reflect"

	"github.com/rubin-love/love-go/love/sal"
)

// Decorated is a value as viewers expect each field of a stream: with a text
// that tells how to show it, and its unit (producer spec, section 2.3). It is
// for free form objects; samples are decorated by [CSC].
type Decorated struct {
	Value    any    `json:"value"`
	DataType string `json:"dataType"`
	Units    string `json:"units"`
}

// Decorate makes a field of a value; no unit is "unitless".
func Decorate(value any, units string) Decorated {
	if units == "" {
		units = "unitless"
	}
	return Decorated{value, DataTypeOf(value), units}
}

// DataType is the text that tells a viewer how to show a field: "Int",
// "Float", "String", or "Array<…>" of one of the first two. It depends on the
// definition alone; a boolean is an Int, a string never an array (producer
// spec, section 2.3).
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

// DataTypeOf is the text for a value that has no definition: "Int" (also of a
// boolean), "Float", "String", "None" for nil and objects, "Array<…>" of the
// first element, and for an empty list "Array<None>".
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
