package love

import (
	"reflect"
	"strings"
)

// wireField is a field of a Go struct, with its name in streams.
type wireField struct {
	index  []int
	name   string
	tagged bool   // the name is from a tag: it must be written so
	unit   string // from the tag; may be empty
	hidden bool   // it has a tag, but is not exported, so that nobody can set it
}

// wireFields returns the fields of a struct type that streams have.
func wireFields(t reflect.Type) (fields []wireField) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("love")
		name, unit, _ := strings.Cut(tag, ",")
		if !tagged {
			name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
		}
		name, unit = strings.TrimSpace(name), strings.TrimSpace(unit)
		switch {
		case name == "-", !f.IsExported() && !f.Anonymous && !tagged:
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			for _, inner := range wireFields(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				fields = append(fields, inner)
			}
		case !f.IsExported():
			fields = append(fields, wireField{name: f.Name, hidden: true})
		case name == "":
			fields = append(fields, wireField{index: f.Index, name: f.Name, unit: unit})
		default:
			fields = append(fields, wireField{index: f.Index, name: name, tagged: true, unit: unit})
		}
	}
	return fields
}

// find returns the member for the field, with its name there. A name that is not from
// a tag fits in any case, if only one member has it.
func (f wireField) find(members map[string][]byte) (value []byte, name string, ok bool) {
	if value, ok = members[f.name]; ok || f.tagged {
		return value, f.name, ok
	}
	name, n := f.name, 0
	for member, v := range members {
		if strings.EqualFold(member, f.name) {
			value, name = v, member
			n++
		}
	}
	return value, name, n == 1
}
