package producer

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// encode returns the JSON of a user's value: that of encoding/json, but with NaN and
// the infinities as bare tokens, floats with a fraction as Python writes them, and
// texts that are not UTF-8 as errors.
func encode(v any) (love.RawValue, error) {
	if raw, ok := v.(love.RawValue); ok && raw != nil {
		if !utf8.Valid(raw) {
			return nil, errNotUTF8
		}
		return raw, nil
	}
	return appendValue(nil, reflect.ValueOf(v), 0)
}

var (
	rawValueType  = reflect.TypeFor[love.RawValue]()
	decoratedType = reflect.TypeFor[Decorated]()
	numberType    = reflect.TypeFor[json.Number]()
)

var errTooDeep = fmt.Errorf("the value is nested deeper than %d levels, or contains itself", wire.MaxDepth)

// appendValue appends the JSON of a value.
func appendValue(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if depth > wire.MaxDepth {
		return nil, errTooDeep
	}
	if !v.IsValid() {
		return append(dst, "null"...), nil
	}
	switch k, t := v.Kind(), v.Type(); {
	case t == rawValueType:
		return appendRaw(dst, v.Bytes())
	case t == decoratedType:
		return v.Interface().(Decorated).append(dst, depth+1)
	case k == reflect.Interface, k == reflect.Pointer && (v.IsNil() || !writesItself(t) || t.Elem() == rawValueType || t.Elem() == decoratedType):
		return appendValue(dst, v.Elem(), depth+1)
	case v.CanAddr() && writesItself(reflect.PointerTo(t)):
		return appendMarshalled(dst, v.Addr())
	case writesItself(t), isByteList(v):
		return appendMarshalled(dst, v)
	case k == reflect.Struct:
		return appendStruct(dst, v, depth)
	case k == reflect.Map && t.Key().Kind() == reflect.String && !writesItself(t.Key()):
		return appendMap(dst, v, depth)
	case k == reflect.Array, k == reflect.Slice && !v.IsNil():
		return appendList(dst, v, depth)
	}
	return appendScalar(dst, v)
}

// appendRaw appends raw JSON of the user's.
func appendRaw(dst, raw []byte) ([]byte, error) {
	switch {
	case raw == nil:
		return append(dst, "null"...), nil
	case !utf8.Valid(raw):
		return nil, errNotUTF8
	}
	if err := wire.Valid(raw); err != nil {
		return nil, fmt.Errorf("a love.RawValue is %w", err)
	}
	return append(dst, raw...), nil
}

// appendScalar appends a value that is not made of others. What is none of JSON's is an
// error of encoding/json.
func appendScalar(dst []byte, v reflect.Value) ([]byte, error) {
	switch {
	case v.Type() == numberType:
		return appendMarshalled(dst, v)
	case v.Kind() == reflect.Bool:
		return strconv.AppendBool(dst, v.Bool()), nil
	case v.CanInt():
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case v.CanUint():
		return strconv.AppendUint(dst, v.Uint(), 10), nil
	case v.CanFloat():
		return love.AppendFloat(dst, v.Float()), nil
	case v.Kind() == reflect.String:
		if !utf8.ValidString(v.String()) {
			return nil, errNotUTF8
		}
		return love.AppendText(dst, v.String()), nil
	}
	return appendMarshalled(dst, v)
}

func appendMarshalled(dst []byte, v reflect.Value) ([]byte, error) {
	text, err := wire.Marshal(v.Interface())
	return append(dst, text...), err
}

func appendList(dst []byte, v reflect.Value, depth int) (_ []byte, err error) {
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendValue(dst, v.Index(i), depth+1); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendMap(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	dst = append(dst, '{')
	for _, key := range keys {
		var err error
		if dst, err = appendMember(dst, key.String(), v.MapIndex(key), depth); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func appendMember(dst []byte, name string, v reflect.Value, depth int) ([]byte, error) {
	if !utf8.ValidString(name) {
		return nil, errNotUTF8
	}
	dst, err := appendValue(wire.AppendKey(dst, name), v, depth+1)
	if err != nil && !errors.Is(err, errTooDeep) {
		err = fmt.Errorf("%q: %w", name, err)
	}
	return dst, err
}

// appendStruct appends a struct by the json tags of its fields. One with embedded
// structs or rare options of tags is left to encoding/json.
func appendStruct(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	start := dst
	dst = append(dst, '{')
	for f, field := range v.Fields() {
		tag := f.Tag.Get("json")
		name, option, _ := strings.Cut(tag, ",")
		switch {
		case f.Anonymous, option != "" && option != "omitempty":
			return appendMarshalled(start, v)
		case !f.IsExported(), tag == "-", option == "omitempty" && isEmpty(field):
			continue
		case name == "":
			name = f.Name
		}
		var err error
		if dst, err = appendMember(dst, name, field, depth); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// isEmpty reports whether omitempty leaves a value out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

// isByteList reports whether v is a list of bytes without a JSON of its own, which
// encoding/json writes as base64 text.
func isByteList(v reflect.Value) bool {
	return v.IsValid() && v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 && !writesItself(v.Type())
}

// writesItself reports whether values of a type write their own JSON or text.
func writesItself(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}
