package external

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love/manager"
)

// action answers one method of a path. An error that is a *httpapi.Refusal is sent as
// the answer; no other occurs.
type action func(*http.Request) (httpapi.Answer, error)

// handler returns an action as a handler.
func (s *Services) handler(do action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := do(r)
		if err != nil {
			refusal, ok := asRefusal(err)
			if !ok {
				s.config.Logger.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
				refusal = refuse(http.StatusInternalServerError, "The manager failed on this request. Its log says why.")
			}
			answer = refusal.Answer
		}
		if err := answer.Write(w); err != nil {
			s.config.Logger.Debug("answer not delivered", "status", answer.Status, "error", err)
		}
	})
}

// problem is the body of a refusal. The LOVE-frontend shows the one or the other,
// depending on the panel; with status 400 it shows both, joined.
type problem struct {
	Ack   string `json:"ack"`
	Error string `json:"error,omitempty"`
}

// refuse returns a refusal with a text for the operator.
func refuse(status int, format string, args ...any) *httpapi.Refusal {
	p := problem{Ack: fmt.Sprintf(format, args...)}
	if status != http.StatusBadRequest {
		p.Error = p.Ack
	}
	return httpapi.Refuse(status, p)
}

// missing is the refusal of a request that needs a service which is not configured.
func missing(what, settings string) *httpapi.Refusal {
	return refuse(http.StatusServiceUnavailable, "This manager has no %s: whoever runs it sets %s.", what, settings)
}

var errNotFound = httpapi.RefuseDetail(http.StatusNotFound, "Not found.")

// ids are the names of entries in the log services, UUIDs. Nothing else becomes part of
// an address.
var ids = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// entryID returns the ":id" of a path.
func entryID(r *http.Request) (string, error) {
	id := manager.Param(r, "id")
	if !ids.MatchString(id) {
		return "", errNotFound
	}
	return id, nil
}

// readObject reads a body that has to be a JSON object, strictly. It returns the bytes
// as they came.
func readObject(r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(r.Body) // in memory, so it cannot fail
	if err != nil {
		return nil, err
	}
	body := bytes.TrimSpace(raw)
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, unsupported(r)
	}
	switch err := wire.Strict(body); {
	case err != nil:
		return nil, httpapi.ParseError(err)
	case body[0] != '{':
		return nil, refuse(http.StatusBadRequest, "The body has to be a JSON object, it is %s.", httpapi.Kind(body))
	}
	return body, nil
}

// unsupported refuses a body of another type than the one that is needed.
func unsupported(r *http.Request) *httpapi.Refusal {
	return httpapi.RefuseDetail(http.StatusUnsupportedMediaType, fmt.Sprintf("Unsupported media type %q in request.", r.Header.Get("Content-Type")))
}

// fields are the members of a JSON object, or of a form.
type fields map[string]any

// readFields reads a body that has to be a JSON object. Numbers keep their digits.
func readFields(r *http.Request) (fields, error) {
	body, err := readObject(r)
	if err != nil {
		return nil, err
	}
	f := fields{}
	for name, value := range wire.Members(body) {
		f[name] = json.RawMessage(value)
	}
	return f, nil
}

// text returns a field that has to be a text.
func (f fields) text(name string) (string, error) {
	raw, ok := f[name].(json.RawMessage)
	if !ok || !wire.IsText(raw) {
		return "", refuse(http.StatusBadRequest, "%q has to be a text.", name)
	}
	return string(wire.Text(raw)), nil
}

func asRefusal(err error) (*httpapi.Refusal, bool) { return errors.AsType[*httpapi.Refusal](err) }
