package love

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
)

// DecodeError is why a stream could not be decoded.
type DecodeError struct {
	Stream  string
	Field   string // with its place in lists and objects, "filters[2].name"; empty if it is the stream itself
	Problem string
}

func (e *DecodeError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("stream %s: %s", e.Stream, e.Problem)
	}
	return fmt.Sprintf("stream %s: field %s %s", e.Stream, e.Field, e.Problem)
}

// Decode decodes the fields of a stream into v, usually a pointer to a struct:
//
//	var position struct {
//		Azimuth float64  `love:"azimuthPosition,deg"`
//		Target  *float64 `love:"azimuthTarget"` // nil if it is missing or null
//	}
//	err := s.Decode(&position)
//
// A struct field takes the field that the tag "love" names, else that of its json
// tag, else that of its own name in any case. Embedded structs count as their fields;
// those with the tag "-" are left alone. Package producer writes structs by the same
// rules. A unit after the name must be that of the stream, if the stream has units. What is
// missing or null is an error, except for a pointer; what the struct does not ask for is
// ignored.
//
// A field with its data type and units, {"value": 1.5, "dataType": "Float", "units":
// "deg"}, is decoded from its value, unless the Go type is a struct with a field
// "value". An event, which is a list of one object, is decoded from the object; a
// list of several needs a slice. Floats may be NaN or infinite. A number must fit with
// all its digits, and a list the length of an array. Maps, slices, nested structs,
// [RawValue], json.RawMessage, json.Unmarshaler and encoding.TextUnmarshaler work; in
// an any, a whole number is an int64 and any other a float64.
//
// The error is a [*DecodeError]; what was decoded before it stays in v.
func (s Stream) Decode(v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return &DecodeError{Stream: s.Name, Problem: fmt.Sprintf("Decode takes a pointer, such as one to a struct, not %T", v)}
	}
	if err := wire.Valid(s.Value); err != nil {
		return &DecodeError{Stream: s.Name, Problem: "its value is not JSON: " + err.Error()}
	}
	err := decodeStream(target.Elem(), bytes.TrimSpace(s.Value))
	if e, ok := errors.AsType[*DecodeError](err); ok {
		e.Stream = s.Name
		if e.Field == "" {
			e.Problem = "it " + e.Problem
		}
	}
	return err
}

// decodeStream decodes the value of a stream. For what is not a list it takes the one
// element of an event.
func decodeStream(into reflect.Value, raw []byte) error {
	t := into.Type()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if raw[0] != '[' || t.Kind() != reflect.Struct && t.Kind() != reflect.Map || decodesItself(t) {
		return decode(into, raw)
	}
	var elements [][]byte
	for e := range wire.Elements(raw) {
		elements = append(elements, e)
	}
	if len(elements) != 1 {
		return &DecodeError{Problem: fmt.Sprintf("is a list of %d elements, not of one: decode it into a slice", len(elements))}
	}
	return decode(into, elements[0])
}

var (
	rawValueType        = reflect.TypeFor[RawValue]()
	rawMessageType      = reflect.TypeFor[json.RawMessage]()
	unmarshalerType     = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// decodesItself reports whether values of a type have their own way to be decoded.
func decodesItself(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return t == rawValueType || t == rawMessageType || p.Implements(unmarshalerType) || p.Implements(textUnmarshalerType)
}

// decode sets a Go value to a scanned JSON value.
func decode(into reflect.Value, raw []byte) error {
	isNull := string(raw) == "null"
	switch t := into.Type(); {
	case t == rawValueType:
		into.SetBytes(bytes.Clone(raw))
		return nil
	case t == rawMessageType:
		into.SetBytes(bytes.Clone(RawValue(raw).Strict()))
		return nil
	case into.Kind() == reflect.Pointer:
		if isNull {
			into.SetZero()
			return nil
		}
		into.Set(reflect.New(t.Elem()))
		return decode(into.Elem(), raw)
	case decodesItself(t):
		return decodeBy(into.Addr().Interface(), raw)
	case into.Kind() == reflect.Interface && into.NumMethod() == 0:
		if v := anyOf(raw); v != nil {
			into.Set(reflect.ValueOf(v))
		} else {
			into.SetZero()
		}
		return nil
	case isNull:
		return &DecodeError{Problem: fmt.Sprintf("is null, which a Go %s cannot be: decode it into a pointer", t)}
	}
	switch into.Kind() {
	case reflect.Struct:
		return decodeStruct(into, raw)
	case reflect.Map:
		return decodeMap(into, raw)
	case reflect.Slice, reflect.Array:
		return decodeList(into, raw)
	}
	if !assign(into, raw) {
		return misfit(into, raw)
	}
	return nil
}

// decodeBy has a Go value decode itself.
func decodeBy(target any, raw []byte) error {
	var err error
	if u, ok := target.(json.Unmarshaler); ok {
		err = u.UnmarshalJSON(RawValue(raw).Strict())
	} else {
		err = json.Unmarshal(RawValue(raw).Strict(), target)
	}
	if err != nil {
		return &DecodeError{Problem: "cannot be decoded: " + err.Error()}
	}
	return nil
}

func decodeStruct(into reflect.Value, raw []byte) error {
	if raw[0] != '{' {
		return misfit(into, raw)
	}
	members := make(map[string][]byte)
	for name, value := range wire.Members(raw) {
		members[name] = value
	}
	for _, f := range wireFields(into.Type()) {
		if f.hidden {
			return &DecodeError{Field: f.name, Problem: "of the Go " + into.Type().String() + " is not exported: begin its name with a capital letter"}
		}
		value, name, ok := f.find(members)
		field := into.FieldByIndex(f.index)
		if !ok {
			if field.Kind() != reflect.Pointer {
				return &DecodeError{Field: name, Problem: "is missing: make it a pointer if it may be"}
			}
			field.SetZero()
			continue
		}
		if err := decodeField(field, name, value, f.unit); err != nil {
			return err
		}
	}
	return nil
}

// decodeField decodes a member of an object, without its decoration.
func decodeField(into reflect.Value, name string, raw []byte, unit string) error {
	if value, units, ok := undecorate(raw); ok && !hasValueField(into.Type()) {
		if unit != "" && units != "" && unit != units {
			return &DecodeError{Field: name, Problem: fmt.Sprintf("has the unit %q, not %q", units, unit)}
		}
		raw = value
	}
	return within(name, decode(into, raw))
}

// within puts the name of a field, or the index of an element, before that of an error.
func within(name string, err error) error {
	if e, ok := errors.AsType[*DecodeError](err); ok {
		separator := "."
		if e.Field == "" || strings.HasPrefix(e.Field, "[") {
			separator = ""
		}
		e.Field = name + separator + e.Field
	}
	return err
}

// undecorate returns the value and the units of a decorated field.
func undecorate(raw []byte) (value []byte, units string, ok bool) {
	for name, v := range wire.Members(raw) {
		switch name {
		case "value":
			value = v
		case "units":
			if wire.IsText(v) {
				units = string(wire.Text(v))
			}
		case "dataType":
		default:
			return nil, "", false
		}
	}
	return value, units, value != nil
}

// hasValueField reports whether a type takes the decoration as it is.
func hasValueField(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || decodesItself(t) {
		return false
	}
	for _, f := range wireFields(t) {
		if strings.EqualFold(f.name, "value") {
			return true
		}
	}
	return false
}

func decodeMap(into reflect.Value, raw []byte) error {
	t := into.Type()
	if raw[0] != '{' || t.Key().Kind() != reflect.String {
		return misfit(into, raw)
	}
	into.Set(reflect.MakeMap(t))
	for name, value := range wire.Members(raw) {
		element := reflect.New(t.Elem()).Elem()
		if err := decodeField(element, name, value, ""); err != nil {
			return err
		}
		into.SetMapIndex(reflect.ValueOf(name).Convert(t.Key()), element)
	}
	return nil
}

func decodeList(into reflect.Value, raw []byte) error {
	if raw[0] != '[' {
		return misfit(into, raw)
	}
	var elements [][]byte
	for e := range wire.Elements(raw) {
		elements = append(elements, e)
	}
	if into.Kind() == reflect.Slice {
		into.Set(reflect.MakeSlice(into.Type(), len(elements), len(elements)))
	} else if into.Len() != len(elements) {
		return &DecodeError{Problem: fmt.Sprintf("has %d elements, and a Go %s has %d", len(elements), into.Type(), into.Len())}
	}
	for i, e := range elements {
		if err := within("["+strconv.Itoa(i)+"]", decode(into.Index(i), e)); err != nil {
			return err
		}
	}
	return nil
}

// misfit is the error of a value that is not of the Go type.
func misfit(into reflect.Value, raw []byte) error {
	what := string(raw)
	const most = 40
	if len(what) > most {
		what = strings.ToValidUTF8(what[:most], "") + "…"
	}
	return &DecodeError{Problem: fmt.Sprintf("is %s, which does not fit a Go %s", what, into.Type())}
}

// assign sets a boolean, number or string, and reports whether the value fits.
func assign(into reflect.Value, raw []byte) bool {
	switch k := into.Kind(); {
	case k == reflect.Bool:
		into.SetBool(raw[0] == 't')
		return raw[0] == 't' || raw[0] == 'f'
	case k == reflect.String:
		if wire.IsText(raw) {
			into.SetString(string(wire.Text(raw)))
			return true
		}
	case into.CanFloat():
		f, ok := floatOf(raw, into.Type().Bits())
		if ok {
			into.SetFloat(f)
		}
		return ok
	case !wire.IsNumber(raw):
	case into.CanInt():
		if n, ok := wire.Int(raw); ok && !into.OverflowInt(n) {
			into.SetInt(n)
			return true
		}
	case into.CanUint():
		n, err := strconv.ParseUint(string(raw), 10, 64)
		if whole, ok := wire.Int(raw); ok && whole >= 0 {
			n, err = uint64(whole), nil
		}
		if err == nil && !into.OverflowUint(n) {
			into.SetUint(n)
			return true
		}
	}
	return false
}

// floatOf returns a number, NaN or an infinity; ok is false if a whole number would
// lose digits, or the number does not fit.
func floatOf(raw []byte, bits int) (f float64, ok bool) {
	switch string(raw) {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	f, err := strconv.ParseFloat(string(raw), bits)
	if err != nil || !wire.IsNumber(raw) {
		return 0, false
	}
	whole := !bytes.ContainsAny(raw, ".eE")
	return f, !whole || strconv.FormatFloat(f, 'f', 0, 64) == string(raw)
}

// anyOf returns a value as its nearest Go value, without decorations.
func anyOf(raw []byte) any {
	switch {
	case raw[0] == '{':
		object := map[string]any{}
		for name, v := range wire.Members(raw) {
			if value, _, ok := undecorate(v); ok {
				v = value
			}
			object[name] = anyOf(v)
		}
		return object
	case raw[0] == '[':
		list := []any{}
		for e := range wire.Elements(raw) {
			list = append(list, anyOf(e))
		}
		return list
	case wire.IsText(raw):
		return string(wire.Text(raw))
	case raw[0] == 't', raw[0] == 'f':
		return raw[0] == 't'
	case string(raw) == "null":
		return nil
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		return n
	}
	if f, ok := floatOf(raw, 64); ok {
		return f
	}
	return json.Number(raw)
}
