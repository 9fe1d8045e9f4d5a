package wire

import (
	"encoding"
	"encoding/json"
	"errors"
	"reflect"
	"unicode/utf8"
)

// Marshal is [json.Marshal] for what must arrive as it is: a Go string that is not
// UTF-8 is an error instead of being changed.
func Marshal(v any) ([]byte, error) {
	out, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if !utf8.Valid(out) {
		return nil, errNotUTF8 // in a json.RawMessage
	}
	if replaced(reflect.ValueOf(v)) {
		return nil, errNotUTF8
	}
	return out, nil
}

var errNotUTF8 = errors.New("a text is not UTF-8")

// replaced reports whether json.Marshal replaces bytes in a string of v. What
// writes its own JSON or text is not looked into.
func replaced(v reflect.Value) bool {
	if !v.IsValid() || writesItself(v.Type()) {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		return !utf8.ValidString(v.String())
	case reflect.Pointer, reflect.Interface:
		return replaced(v.Elem())
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() <= reflect.Complex128 {
			return false // numbers
		}
		for i := range v.Len() {
			if replaced(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		for each := v.MapRange(); each.Next(); {
			if replaced(each.Key()) || replaced(each.Value()) {
				return true
			}
		}
	case reflect.Struct:
		for field, value := range v.Fields() {
			if (field.IsExported() || field.Anonymous) && field.Tag.Get("json") != "-" && replaced(value) {
				return true
			}
		}
	}
	return false
}

func writesItself(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}
