package sal

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Into copies a sample into the struct that target points to. An exported struct
// field takes the value of the field that its tag names, as in
// `sal:"azimuthPosition"`, or of the field with its own name in lower camel case.
// Fields with the tag `sal:"-"` are left alone; embedded structs count as their
// fields. Integers, floats, booleans, strings, and slices or arrays of these take
// values that fit, integers into floats if they keep all their digits. Where a
// [Field.Nullable] field has no value, a pointer is set to nil, and nothing else
// fits. The error is an [*UnknownFieldError] or a [*FieldError]; the fields before
// the one that failed have been set then.
func (s *Sample) Into(target any) error {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("Into takes a pointer to a struct, not %T", target)
	}
	return eachField(v.Elem(), func(name string, into reflect.Value) error {
		i, ok := s.topic.position[name]
		if !ok {
			return &UnknownFieldError{Topic: s.topic, Names: []string{name}}
		}
		if !assign(into, s.Value(name)) {
			return &FieldError{Topic: s.topic, Field: s.topic.Fields[i], Reason: fmt.Sprintf("%s does not fit a Go %v", describe(s.Value(name)), into.Type())}
		}
		return nil
	})
}

// ValuesOf is the opposite of [Sample.Into]: it returns the fields of a struct (or
// of a pointer to one) as values to write. A nil pointer becomes [Null].
func ValuesOf(source any) (Values, error) {
	v := reflect.Indirect(reflect.ValueOf(source))
	if v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("ValuesOf takes a struct or a pointer to one, not %T", source)
	}
	values := Values{}
	return values, eachField(v, func(name string, from reflect.Value) error {
		switch {
		case from.Kind() != reflect.Pointer:
			values[name] = from.Interface()
		case from.IsNil():
			values[name] = Null
		default:
			values[name] = from.Elem().Interface()
		}
		return nil
	})
}

// eachField visits the exported fields of a struct with their names in topics.
func eachField(v reflect.Value, visit func(name string, field reflect.Value) error) error {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag := f.Tag.Get("sal")
		switch {
		case tag == "-", !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && tag == "" && f.Type.Kind() == reflect.Struct:
			if err := eachField(v.Field(i), visit); err != nil {
				return err
			}
			continue
		case tag == "":
			first, size := utf8.DecodeRuneInString(f.Name)
			tag = string(unicode.ToLower(first)) + f.Name[size:]
		}
		if err := visit(strings.TrimSpace(tag), v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

// assign sets a Go value to that of a field and reports whether it fits.
func assign(into reflect.Value, value any) bool {
	if into.Kind() == reflect.Pointer {
		if value == nil {
			into.SetZero()
			return true
		}
		into.Set(reflect.New(into.Type().Elem()))
		return assign(into.Elem(), value)
	}
	switch v := value.(type) {
	case bool:
		return assignIf(into.Kind() == reflect.Bool, func() { into.SetBool(v) })
	case string:
		return assignIf(into.Kind() == reflect.String, func() { into.SetString(v) })
	case float64:
		fits := into.CanFloat() && (math.IsInf(v, 0) || !into.OverflowFloat(v))
		return assignIf(fits, func() { into.SetFloat(v) })
	case int64:
		return assignInt(into, v)
	case []bool:
		return assignList(into, v)
	case []float64:
		return assignList(into, v)
	case []int64:
		return assignList(into, v)
	}
	return false
}

func assignIf(fits bool, set func()) bool {
	if fits {
		set()
	}
	return fits
}

func assignInt(into reflect.Value, v int64) bool {
	switch {
	case into.CanInt():
		return assignIf(!into.OverflowInt(v), func() { into.SetInt(v) })
	case into.CanUint():
		return assignIf(v >= 0 && !into.OverflowUint(uint64(v)), func() { into.SetUint(uint64(v)) })
	case into.CanFloat():
		into.SetFloat(float64(v))
		read, whole := wholeFloat(into.Float())
		return whole && read == v // no digit was lost
	}
	return false
}

// assignList copies a list, because the caller may keep and change the target.
func assignList[T any](into reflect.Value, list []T) bool {
	switch into.Kind() {
	case reflect.Slice:
		into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
	case reflect.Array:
		if into.Len() != len(list) {
			return false
		}
	default:
		return false
	}
	for i, v := range list {
		if !assign(into.Index(i), v) {
			return false
		}
	}
	return true
}
