package salxml

import (
	"strconv"
	"strings"

	"github.com/rubin-love/love-go/love/sal"
)

// topicFrom reads a topic element: name, description, fields.
func topicFrom(e *element) (*sal.Topic, error) {
	full, err := e.required("EFDB_Topic")
	if err != nil {
		return nil, err
	}
	_, salName, ok := strings.Cut(strings.TrimSpace(full), "_")
	if !ok || salName == "" {
		return nil, e.errorf("EFDB_Topic %q is not COMPONENT_NAME", full)
	}
	t := &sal.Topic{Description: e.value("Description")}
	t.SetSALName(salName)
	seen := map[string]bool{}
	for _, item := range e.children {
		if item.tag != "item" {
			continue
		}
		f, err := fieldFrom(item)
		if err != nil {
			return nil, err
		}
		if seen[f.Name] {
			return nil, item.errorf("a second field %s in %s", f.Name, full)
		}
		seen[f.Name] = true
		t.Fields = append(t.Fields, f)
	}
	return t, nil
}

func fieldFrom(item *element) (sal.Field, error) {
	name, err := item.required("EFDB_Name")
	if err != nil {
		return sal.Field{}, err
	}
	typ, err := item.required("IDL_Type")
	if err != nil {
		return sal.Field{}, err
	}
	f := sal.Field{
		Name: name, Type: sal.Type(typ), Count: 1, Units: item.value("Units"), Description: item.value("Description"),
		Choices: choicesFrom(item.value("Enumeration")),
	}
	if text := strings.TrimSpace(item.value("Count")); text != "" {
		if f.Count, err = strconv.Atoi(text); err != nil || f.Count < 1 {
			return sal.Field{}, item.child("Count").errorf("field %s: %q is not a count; give a number above 0", name, text)
		}
	}
	if f.Type == sal.String {
		f.Count = 1
	}
	if err := f.Validate(); err != nil {
		return sal.Field{}, item.errorf("%w", err)
	}
	return f, nil
}
