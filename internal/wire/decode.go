package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// A FieldError is what is wrong with one member of an object: a sentence.
type FieldError struct{ Name, Problem string }

func (e *FieldError) Error() string { return fmt.Sprintf("%q: %s", e.Name, e.Problem) }

// ErrNotObject is returned by [Decode] for what is JSON but not an object.
var ErrNotObject = errors.New("not a JSON object")

// Decode decodes a JSON object into the struct that target points to, by the names in
// its json tags. It is strict where encoding/json is not: names are case-sensitive, and
// none may be unknown or occur twice; null is no value. The error is a [*FieldError],
// [ErrNotObject], or that of [Strict].
func Decode(text []byte, target any) error {
	if err := Strict(text); err != nil {
		return err
	}
	text = bytes.TrimSpace(text)
	if text[0] != '{' {
		return ErrNotObject
	}
	into := reflect.ValueOf(target).Elem()
	for name, value := range Members(text) {
		field, known := fieldOf(into, name)
		if !known {
			return unknown(into, name)
		}
		if err := decodeField(field, name, value); err != nil {
			return err
		}
	}
	return nil
}

func fieldOf(into reflect.Value, name string) (reflect.Value, bool) {
	for i := range into.NumField() {
		if nameOf(into.Type().Field(i)) == name {
			return into.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func unknown(into reflect.Value, name string) error {
	var names []string
	for i := range into.NumField() {
		names = append(names, nameOf(into.Type().Field(i)))
	}
	return &FieldError{shorten(name), "There is no such field: there are " + strings.Join(names, ", ") + "."}
}

// shorten bounds a name from outside, for an error.
func shorten(name string) string {
	const most = 64
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}

func decodeField(field reflect.Value, name string, value []byte) error {
	if holdsNull(value) {
		return &FieldError{name, "This field may not be null."}
	}
	if err := json.Unmarshal(value, field.Addr().Interface()); err != nil {
		return &FieldError{name, "Not a valid " + kindOf(field.Type()) + "."}
	}
	return nil
}

// holdsNull reports whether a value is null, or a list with null in it.
func holdsNull(value []byte) bool {
	if string(value) == "null" {
		return true
	}
	for element := range Elements(value) {
		if holdsNull(element) {
			return true
		}
	}
	return false
}

// kindOf names what a field takes.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.Slice:
		return "list of " + kindOf(t.Elem()) + "s"
	case reflect.Bool:
		return "boolean"
	case reflect.Float64, reflect.Int:
		return "number"
	}
	return "string"
}
