package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
)

// Answer is the answer to a request.
type Answer struct {
	Status int
	Header http.Header
	Body   any    // written as JSON; nil: no body
	Raw    []byte // written unchanged if Body is nil; Header holds its content type
	Sent   bool   // the action has written the answer itself
}

// Refusal is an answer of status 400 and above, as an error.
type Refusal struct{ Answer }

// Refuse returns a refusal with a body that is written as JSON.
func Refuse(status int, body any) *Refusal { return &Refusal{Answer{Status: status, Body: body}} }

// Error implements error.
func (r *Refusal) Error() string { return fmt.Sprintf("refused with %d", r.Status) }

// With returns the refusal with a header.
func (r *Refusal) With(header, value string) *Refusal {
	h := maps.Clone(r.Header)
	if h == nil {
		h = http.Header{}
	}
	h.Set(header, value)
	return &Refusal{Answer{Status: r.Status, Body: r.Body, Raw: r.Raw, Header: h}}
}

// Write writes the answer, unless it is sent already. An error means that the
// client has gone.
func (a Answer) Write(w http.ResponseWriter) error {
	if a.Sent {
		return nil
	}
	h := w.Header()
	maps.Copy(h, a.Header)
	h.Set("Cache-Control", "no-store") // answers contain tokens, or depend on the user
	h.Set("X-Content-Type-Options", "nosniff")
	if a.Body == nil {
		w.WriteHeader(a.Status)
		_, err := w.Write(a.Raw)
		return err
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a.Body); err != nil {
		panic(fmt.Errorf("an answer that is not JSON: %w", err))
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(a.Status)
	_, err := w.Write(bytes.TrimSuffix(body.Bytes(), []byte("\n")))
	return err
}
