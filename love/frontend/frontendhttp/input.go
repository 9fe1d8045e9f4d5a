package frontendhttp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/frontend"
)

// input are the members of a body. Those that nobody reads are ignored: the frontend
// sends back whole objects. What is wrong is collected.
type input struct {
	members map[string]json.RawMessage
	partial bool // members that are missing stay as they are
	wrong   httpapi.FieldErrors
}

// readInput reads a body that must be a JSON object, an empty one if there is none. The
// manager has read the body already.
func readInput(r *http.Request) (*input, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	in := &input{members: map[string]json.RawMessage{}, partial: r.Method == http.MethodPatch, wrong: httpapi.FieldErrors{}}
	if len(body) == 0 {
		return in, nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, httpapi.RefuseDetail(http.StatusUnsupportedMediaType, fmt.Sprintf("Unsupported media type %q in request.", r.Header.Get("Content-Type")))
	}
	if err := wire.Strict(body); err != nil {
		return nil, httpapi.ParseError(err)
	}
	body = bytes.TrimSpace(body)
	if httpapi.Kind(body) != "object" {
		return nil, httpapi.NotAnObject(body)
	}
	for name, value := range wire.Members(body) {
		in.members[name] = value
	}
	return in, nil
}

func (in *input) fail(name, text string) { in.wrong[name] = append(in.wrong[name], text) }

// refusal returns what is wrong with the body, and with the object that it makes, or nil.
func (in *input) refusal(with frontend.Problems) error {
	for name, problem := range with {
		if len(in.wrong[name]) == 0 {
			in.fail(name, problem)
		}
	}
	if len(in.wrong) == 0 {
		return nil
	}
	return in.wrong.Refusal()
}

// given is a member of a body, if it is there.
type given[V any] struct {
	value V
	ok    bool
}

// to sets a field to the member, if that is there.
func (g given[V]) to(field *V) {
	if g.ok {
		*field = g.value
	}
}

// member returns a member that may not be null.
func (in *input) member(name string) (json.RawMessage, bool) {
	value, ok := in.members[name]
	if ok && string(value) == "null" {
		in.fail(name, "This field may not be null.")
		return nil, false
	}
	return value, ok
}

// need notes that a member is missing which only PATCH may leave out.
func (in *input) need(names ...string) {
	for _, name := range names {
		if _, ok := in.members[name]; !ok && !in.partial {
			in.fail(name, "This field is required.")
		}
	}
}

// text returns a text; a number counts as its digits.
func (in *input) text(name string) (g given[string]) {
	value, ok := in.member(name)
	if !ok {
		return g
	}
	switch httpapi.Kind(value) {
	case "a number":
		return given[string]{string(value), true}
	case "a text":
		if err := json.Unmarshal(value, &g.value); err == nil {
			g.ok = true
			return g
		}
	}
	in.fail(name, "Not a valid string.")
	return given[string]{}
}

// line is text without the space around it.
func (in *input) line(name string) given[string] {
	g := in.text(name)
	g.value = strings.TrimSpace(g.value)
	return g
}

// integer returns a whole number, which may be written as a text.
func (in *input) integer(name string) (g given[int64]) {
	value, ok := in.member(name)
	if !ok {
		return g
	}
	text := strings.Trim(string(value), `"`)
	if err := json.Unmarshal([]byte(text), &g.value); err != nil || strings.Contains(text, "e") {
		in.fail(name, "A valid integer is required.")
		return given[int64]{}
	}
	g.ok = true
	return g
}

// boolean returns a truth value.
func (in *input) boolean(name string) (g given[bool]) {
	value, ok := in.member(name)
	if !ok {
		return g
	}
	if err := json.Unmarshal(value, &g.value); err != nil {
		in.fail(name, "Must be a valid boolean.")
		return given[bool]{}
	}
	g.ok = true
	return g
}

// json returns any JSON, null too.
func (in *input) json(name string) given[json.RawMessage] {
	value, ok := in.members[name]
	return given[json.RawMessage]{value, ok}
}
