package love

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
)

// Decode decodes the parameters of a command into v, a pointer to a struct:
//
//	var to struct {
//		Azimuth float64
//		Speed   *float64 `love:"angularVelocity"` // nil if it is left out
//	}
//	err := c.Decode(&to)
//
// A field of the struct takes the parameter that its tag "love" names, else that of its
// json tag, else that of its own name in any case; see [Stream.Decode]. Every parameter
// must have a field, so that a mistyped one is not ignored, and every field a parameter,
// except for a pointer. A number must fit with all its digits.
//
// The error is a [*ParamError], whose text is for whoever gave the command; or another
// one if v is not a pointer to a struct.
func (c Command) Decode(v any) error {
	target := reflect.ValueOf(v)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("love: Command.Decode takes a pointer to a struct, not %T", v)
	}
	given, err := c.members()
	if err != nil {
		return err
	}
	fields := wireFields(target.Elem().Type())
	var missing error
	for _, f := range fields {
		if f.hidden {
			return fmt.Errorf("love: Command.Decode: the field %s of %T is not exported: begin its name with a capital letter", f.name, v)
		}
		field := target.Elem().FieldByIndex(f.index)
		value, name, ok := f.find(given)
		delete(given, name)
		switch {
		case ok:
			if err := decode(field, value); err != nil {
				return misfitParam(name, field.Type(), value, err)
			}
		case field.Kind() == reflect.Pointer:
			field.SetZero()
		case missing == nil:
			missing = &ParamError{Name: f.paramName(), Problem: "is missing"}
		}
	}
	if len(given) > 0 { // which may be why another is missing
		return &ParamError{Name: slices.Min(slices.Collect(maps.Keys(given))), Problem: "does not exist; " + paramsOf(fields)}
	}
	return missing
}

// ParamError is what is wrong with a parameter of a command.
type ParamError struct {
	Name    string // of the parameter; empty if the parameters are not an object
	Problem string
}

func (e *ParamError) Error() string {
	if e.Name == "" {
		return e.Problem
	}
	return e.Name + " " + e.Problem
}

// members returns the parameters by name.
func (c Command) members() (map[string][]byte, error) {
	given := map[string][]byte{}
	params := bytes.TrimSpace(c.Params)
	if len(params) == 0 {
		return given, nil
	}
	if err := wire.Strict(params); err != nil {
		return nil, &ParamError{Problem: "the parameters cannot be read: " + err.Error()}
	}
	if params[0] != '{' {
		return nil, &ParamError{Problem: "the parameters must be an object, not " + excerpt(params)}
	}
	for name, value := range wire.Members(params) {
		given[name] = value
	}
	return given, nil
}

// paramName returns the name of the field's parameter as an error shows it.
func (f wireField) paramName() string {
	if f.tagged {
		return f.name
	}
	return strings.ToLower(f.name[:1]) + f.name[1:]
}

// paramsOf names the parameters that there are.
func paramsOf(fields []wireField) string {
	if len(fields) == 0 {
		return "the command has no parameters"
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.paramName())
	}
	return "the parameters are " + strings.Join(names, ", ")
}

// misfitParam returns the error of a value that is not of the Go type, in terms of JSON.
func misfitParam(name string, t reflect.Type, value []byte, err error) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	e, ok := errors.AsType[*DecodeError](err)
	if !ok {
		return &ParamError{Name: name, Problem: err.Error()}
	}
	want := jsonKind(t)
	switch {
	case strings.HasPrefix(e.Field, "["):
		return &ParamError{Name: name + e.Field, Problem: e.Problem}
	case e.Field != "":
		return &ParamError{Name: name + "." + e.Field, Problem: e.Problem}
	case want == "" || decodesItself(t):
		return &ParamError{Name: name, Problem: e.Problem}
	case want == "a number" && wire.IsNumber(value):
		return &ParamError{Name: name, Problem: "is " + excerpt(value) + ", which is too large or has too many digits"}
	}
	return &ParamError{Name: name, Problem: "is " + excerpt(value) + ", not " + want}
}

// jsonKind returns what JSON calls the values of a Go type; empty if it has no word.
func jsonKind(t reflect.Type) string {
	const all = 64
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if t.Bits() < all {
			return fmt.Sprintf("a whole number from %d to %d", int64(-1)<<(t.Bits()-1), int64(1)<<(t.Bits()-1)-1)
		}
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if t.Bits() < all {
			return fmt.Sprintf("a whole number from 0 to %d", uint64(1)<<t.Bits()-1)
		}
		return "a whole number that is not negative"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return ""
}
