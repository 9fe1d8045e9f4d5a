package httpapi

import (
	"encoding/json"
	"net/http"
)

// Detail is the body of most refusals (docs/protocol/manager.md#http).
type Detail struct {
	Detail string `json:"detail"`
}

// RefuseDetail returns a refusal whose body is {"detail": text}.
func RefuseDetail(status int, text string) *Refusal { return Refuse(status, Detail{text}) }

// ParseError refuses a body that is not JSON.
func ParseError(err error) *Refusal {
	return RefuseDetail(http.StatusBadRequest, "JSON parse error - "+err.Error())
}

// FieldErrors is what is wrong with the fields of a body: sentences, by field.
type FieldErrors map[string][]string

// NoField is the key in [FieldErrors] for what is wrong with the body as a whole.
const NoField = "non_field_errors"

// Refusal returns the refusal of the body.
func (e FieldErrors) Refusal() *Refusal { return Refuse(http.StatusBadRequest, e) }

// NotAnObject refuses a body that is JSON, or empty, but has to be an object.
func NotAnObject(body []byte) *Refusal {
	return FieldErrors{NoField: {"Invalid data. Expected an object, but got " + Kind(body) + "."}}.Refusal()
}

// Kind names the kind of a valid JSON value.
func Kind(v json.RawMessage) string {
	if len(v) == 0 {
		return "empty"
	}
	switch v[0] {
	case '{':
		return "object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
