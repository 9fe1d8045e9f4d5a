package archive

import (
	"encoding/json"
	"strings"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
)

// Field describes a field of a stream for the schemas in the files.
type Field struct {
	Name        string
	Type        string // as in the definitions: "double", "int", "string", "boolean", …
	Count       int    // of the elements of a list; 0 or 1 if it is none
	Units       string
	Description string
}

// jsonSchema is the part of JSON Schema that the files need.
type jsonSchema struct {
	Schema      string                 `json:"$schema,omitempty"`
	Title       string                 `json:"title,omitempty"`
	Description string                 `json:"description,omitempty"`
	Type        string                 `json:"type,omitempty"`
	Const       *string                `json:"const,omitempty"`
	Items       *jsonSchema            `json:"items,omitempty"`
	Properties  map[string]*jsonSchema `json:"properties,omitempty"`
}

// schemaOf returns the JSON schema of a stream: of its first value, whose fields tell
// their data types and units, and of its fields in the definitions, if these are known.
func schemaOf(g love.Group, value []byte, fields []Field) []byte {
	object := &jsonSchema{Type: "object", Properties: map[string]*jsonSchema{}}
	known := map[string]Field{}
	for _, f := range fields {
		known[f.Name] = f
	}
	isObject := false
	for o := range history.Objects(value) {
		isObject = true
		for name, v := range wire.Members(o) {
			object.Properties[name] = fieldSchema(v, known[name])
		}
		break
	}
	root := object
	switch {
	case len(value) > 0 && value[0] == '[' && isObject:
		root = &jsonSchema{Type: "array", Items: object}
	case !isObject:
		root = &jsonSchema{Type: typeOf(value)}
	}
	root.Schema, root.Title = "http://json-schema.org/draft-07/schema#", g.CSC+" "+g.Stream
	text, err := json.Marshal(root)
	if err != nil {
		return []byte("{}") // a schema that allows all; what it is made of can be marshalled
	}
	return text
}

// fieldSchema returns the schema of a field from its value and its definition.
func fieldSchema(v []byte, f Field) *jsonSchema {
	s := &jsonSchema{Type: typeOf(v), Description: f.Description}
	if s.Type != "object" {
		s.defined(f)
		return s
	}
	s.Properties = map[string]*jsonSchema{}
	for name, inner := range wire.Members(v) {
		p := &jsonSchema{Type: typeOf(inner)}
		if name == "value" {
			p.defined(f)
		} else if wire.IsText(inner) && (name == "units" || name == "dataType") {
			text := string(wire.Text(inner))
			p.Const = &text
		}
		s.Properties[name] = p
	}
	return s
}

// defined sets the type that the definitions give.
func (s *jsonSchema) defined(f Field) {
	t := ""
	switch {
	case f.Type == "":
		return
	case strings.Contains(f.Type, "string") || f.Type == "char":
		t = "string"
	case strings.HasPrefix(f.Type, "bool"):
		t = "boolean"
	default:
		t = "number"
	}
	if f.Count > 1 && t != "string" {
		s.Type, s.Items = "array", &jsonSchema{Type: t}
		return
	}
	s.Type = t
}

func typeOf(v []byte) string {
	switch {
	case len(v) == 0 || v[0] == 'n':
		return "" // null: the type is not known
	case v[0] == '"':
		return "string"
	case v[0] == '{':
		return "object"
	case v[0] == '[':
		return "array"
	case v[0] == 't' || v[0] == 'f':
		return "boolean"
	}
	return "number"
}
