package producer

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rubin-love/love-go/love"
)

// fieldTag is the tag of struct fields: `love:"temperature,deg_C"`.
const fieldTag = "love"

// appendFields appends the object of decorated fields that [Base.Telemetry] describes.
func appendFields(dst []byte, fields any) ([]byte, error) {
	if decorated, ok := fields.(map[string]Decorated); ok {
		return appendDecorated(dst, decorated)
	}
	v := reflect.ValueOf(fields)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, fmt.Errorf("the fields are a nil %T", fields)
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || v.Type() == decoratedType {
		return nil, fmt.Errorf("the fields are a struct, a pointer to one, or a map[string]producer.Decorated, not %T", fields)
	}
	plan := planOf(v.Type())
	if plan.err != nil {
		return nil, plan.err
	}
	dst = append(dst, '{')
	for i := range plan.fields {
		f := &plan.fields[i]
		var err error
		if dst, err = appendFieldValue(append(dst, f.before...), v.FieldByIndex(f.index)); err != nil {
			return nil, fmt.Errorf("field %q: %w", f.name, err)
		}
		dst = append(dst, f.after...)
	}
	return append(dst, '}'), nil
}

// appendDecorated appends fields in the order of their names.
func appendDecorated(dst []byte, fields map[string]Decorated) ([]byte, error) {
	if len(fields) == 0 {
		return nil, errNoFields
	}
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		err := checkName(name)
		if err == nil && fields[name].Value != nil {
			if t := reflect.TypeOf(fields[name].Value); t != rawValueType {
				_, err = fieldType(t)
			}
		}
		if err == nil {
			dst, err = fields[name].append(append(love.AppendText(dst, name), ':'), 0)
		}
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
	}
	return append(dst, '}'), nil
}

var errNoFields = errors.New("there are no fields")

// checkName reports what is wrong with the name of a field or a stream.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case !utf8.ValidString(name):
		return errNotUTF8
	}
	return nil
}

// structPlan is how the values of a struct type are written.
type structPlan struct {
	fields []plannedField
	err    error // the type cannot be published
}

type plannedField struct {
	name          string
	index         []int
	before, after []byte // the JSON around the value
}

var plans sync.Map // of *structPlan, by reflect.Type

func planOf(t reflect.Type) *structPlan {
	if p, ok := plans.Load(t); ok {
		return p.(*structPlan)
	}
	p := &structPlan{}
	p.err = p.add(t, nil)
	if p.err == nil && len(p.fields) == 0 {
		p.err = errNoFields
	}
	if p.err != nil {
		p.err = fmt.Errorf("%v: %w", t, p.err)
	}
	plans.Store(t, p)
	return p
}

// add adds the fields of a struct type, which is embedded at an index.
func (p *structPlan) add(t reflect.Type, at []int) error {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup(fieldTag)
		if !tagged {
			tag, _, _ = strings.Cut(f.Tag.Get("json"), ",")
		}
		index := append(slices.Clone(at), i)
		switch {
		case tag == "-", !f.IsExported() && !tagged && !f.Anonymous:
			continue
		case f.Anonymous && tag == "" && f.Type.Kind() == reflect.Struct:
			if err := p.add(f.Type, index); err != nil {
				return err
			}
			continue
		case !f.IsExported():
			return fmt.Errorf("field %s: it is not exported: begin its name with a capital letter", f.Name)
		}
		if err := p.addField(f, tag, index); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	return nil
}

func (p *structPlan) addField(f reflect.StructField, tag string, index []int) error {
	name, units, _ := strings.Cut(tag, ",")
	if name, units = strings.TrimSpace(name), strings.TrimSpace(units); name == "" {
		first, size := utf8.DecodeRuneInString(f.Name)
		name = string(unicode.ToLower(first)) + f.Name[size:]
	}
	if units == "" {
		units = unitless
	}
	if !utf8.ValidString(name) || !utf8.ValidString(units) {
		return errNotUTF8
	}
	if slices.ContainsFunc(p.fields, func(other plannedField) bool { return other.name == name }) {
		return fmt.Errorf("there is another field with the name %q", name)
	}
	dataType, err := fieldType(f.Type)
	if err != nil {
		return err
	}
	if f.Type == numberType || strings.Contains(dataType, "None") {
		return fmt.Errorf("the data type of %v is not known: give an int64, a float64, or a list of one of these", f.Type)
	}
	comma := ""
	if len(p.fields) > 0 {
		comma = ","
	}
	p.fields = append(p.fields, plannedField{
		name: name, index: index,
		before: append(love.AppendText([]byte(comma), name), `:{"value":`...),
		after:  appendTypeAndUnits(nil, dataType, units),
	})
	return nil
}

// fieldType returns the data type of a field's Go type, or an error if a field cannot
// have that type.
func fieldType(t reflect.Type) (string, error) {
	scalar := t
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		scalar = t.Elem()
	}
	switch k := scalar.Kind(); {
	case scalar == reflect.TypeFor[time.Duration]():
		return "", fmt.Errorf("%v has no unit: give a float64, such as d.Seconds()", t)
	case scalar == reflect.TypeFor[time.Time]():
		return "", fmt.Errorf("%v is not a number: give a float64, such as love.TAI(t) or love.UnixSeconds(t)", t)
	case scalar != t && t.Kind() != reflect.Pointer && writesItself(t), k == reflect.Uintptr:
	case k == reflect.Interface && t.Kind() == reflect.Slice:
		return dataTypeOfGo(t), nil
	case k == reflect.Bool, k == reflect.String, reflect.Int <= k && k <= reflect.Float64:
		return dataTypeOfGo(t), nil
	}
	return "", fmt.Errorf("a field is a number, a boolean, a text, a list of these, or a pointer to one of these for a value that may be missing; not %v", t)
}

func isFieldValue(v reflect.Value) bool {
	if !v.IsValid() {
		return false
	}
	_, err := fieldType(v.Type())
	return err == nil
}

// appendFieldValue appends a value of a type that fieldType takes. A pointer that is nil
// is a value that is missing; a list that is nil is empty.
func appendFieldValue(dst []byte, v reflect.Value) (_ []byte, err error) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		return appendScalar(dst, v.Elem())
	case reflect.Slice, reflect.Array:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			element := v.Index(i)
			if element.Kind() == reflect.Interface {
				dst, err = appendValue(dst, element, 0)
			} else {
				dst, err = appendScalar(dst, element)
			}
			if err != nil {
				return nil, err
			}
		}
		return append(dst, ']'), nil
	}
	return appendScalar(dst, v)
}
