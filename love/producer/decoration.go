package producer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// Decorated is a field of a stream in the form that viewers expect: a value with its
// data type and its unit (docs/protocol/producer.md#fields). [CSC] decorates samples
// itself, [Base.Telemetry] and [Base.Event] the fields of a struct.
type Decorated struct {
	Value    any    `json:"value"`
	DataType string `json:"dataType"` // empty for that of the value; see DataTypeOf
	Units    string `json:"units"`    // empty for "unitless"
}

const unitless = "unitless"

// Decorate returns value as a decorated field. Empty units become "unitless".
func Decorate(value any, units string) Decorated {
	if units == "" {
		units = unitless
	}
	return Decorated{value, DataTypeOf(value), units}
}

// MarshalJSON implements json.Marshaler. encoding/json has no NaN and no infinities:
// they become null. A producer sends them as the bare tokens that viewers expect, or
// null with [WithStrictJSON].
func (d Decorated) MarshalJSON() ([]byte, error) {
	text, err := d.append(nil, 0)
	if err != nil {
		return nil, err
	}
	return love.RawValue(text).Strict(), nil
}

// UnmarshalJSON implements json.Unmarshaler. The value becomes what encoding/json
// makes of it, but a whole number an int64 with all its digits; one that does not fit
// is a [json.Number].
func (d *Decorated) UnmarshalJSON(text []byte) error {
	var read struct {
		Value           any
		DataType, Units string
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		return err
	}
	*d = Decorated{exactNumbers(read.Value), read.DataType, read.Units}
	return nil
}

// exactNumbers replaces the numbers of a decoded value.
func exactNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if strings.ContainsAny(v.String(), ".eE") {
			if f, err := v.Float64(); err == nil {
				return f
			}
		}
	case []any:
		for i := range v {
			v[i] = exactNumbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = exactNumbers(v[name])
		}
	}
	return v
}

// append appends the JSON of the field, with NaN and the infinities as bare tokens.
func (d Decorated) append(dst []byte, depth int) ([]byte, error) {
	if d.DataType == "" {
		d.DataType = DataTypeOf(d.Value)
	}
	if d.Units == "" {
		d.Units = unitless
	}
	if !isDataType(d.DataType) {
		return nil, fmt.Errorf("%q is not a data type: leave it empty for that of the value, or give Int, Float, String, None or Array<…> of these", d.DataType)
	}
	if !utf8.ValidString(d.Units) {
		return nil, errNotUTF8
	}
	dst = append(dst, `{"value":`...)
	var err error
	if v := reflect.ValueOf(d.Value); isFieldValue(v) {
		dst, err = appendFieldValue(dst, v)
	} else {
		dst, err = appendValue(dst, v, depth)
	}
	if err != nil {
		return nil, err
	}
	return appendTypeAndUnits(dst, d.DataType, d.Units), nil
}

// appendTypeAndUnits appends what follows the value of a decorated field.
func appendTypeAndUnits(dst []byte, dataType, units string) []byte {
	dst = love.AppendText(append(dst, `,"dataType":`...), dataType)
	return append(love.AppendText(append(dst, `,"units":`...), units), '}')
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
// for a boolean), "Float", "String", "None" for nil, objects and raw JSON, and
// "Array<…>" for a list: with the type of its first element, or of the Go type if it
// is empty, "Array<None>" for an empty []any.
func DataTypeOf(value any) string { return dataTypeOf(reflect.ValueOf(value)) }

func dataTypeOf(v reflect.Value) string {
	switch k := v.Kind(); {
	case k == reflect.Interface || k == reflect.Pointer && !v.IsNil():
		return dataTypeOf(v.Elem())
	case k == reflect.Invalid:
		return "None"
	case v.Type() == numberType:
		if strings.ContainsAny(v.String(), ".eE") {
			return "Float"
		}
		return "Int"
	case (k == reflect.Slice || k == reflect.Array) && v.Len() > 0 && !writesItself(v.Type()):
		return "Array<" + dataTypeOf(v.Index(0)) + ">"
	}
	return dataTypeOfGo(v.Type())
}

// dataTypeOfGo returns the data type of values of a Go type.
func dataTypeOfGo(t reflect.Type) string {
	switch k := t.Kind(); {
	case writesItself(t) && (k == reflect.Slice || k == reflect.Array):
		return "None"
	case k == reflect.Pointer:
		return dataTypeOfGo(t.Elem())
	case k == reflect.Bool || reflect.Int <= k && k <= reflect.Uintptr:
		return "Int"
	case k == reflect.Float32 || k == reflect.Float64:
		return "Float"
	case k == reflect.String:
		return "String"
	case k == reflect.Slice || k == reflect.Array:
		return "Array<" + dataTypeOfGo(t.Elem()) + ">"
	}
	return "None"
}

func isDataType(s string) bool {
	for strings.HasPrefix(s, "Array<") && strings.HasSuffix(s, ">") {
		s = s[len("Array<") : len(s)-1]
	}
	return s == "Int" || s == "Float" || s == "String" || s == "None"
}
