package manager

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// answer is the result of an action.
type answer struct {
	status int
	header http.Header
	body   any    // written as JSON; nil: no body
	raw    []byte // written unchanged if body is nil; header holds its content type
	sent   bool   // the action has written the answer itself
}

// refusal is an answer of status 400 and above, as an error.
type refusal struct{ answer }

func (r *refusal) Error() string { return fmt.Sprintf("refused with %d", r.status) }

// detail is the body of most refusals.
type detail struct {
	Detail string `json:"detail"`
}

func refuse(status int, text string) *refusal {
	return &refusal{answer{status: status, body: detail{text}}}
}

// refuseAck is a refusal that the LOVE-frontend shows to the operator.
func refuseAck(status int, text string) *refusal {
	return &refusal{answer{status: status, body: love.Ack{Text: text}}}
}

// withAck repeats the text of a refusal as its "ack", which the LOVE-frontend
// shows. A 401 stays as it is: there the frontend only logs out.
func (a answer) withAck() answer {
	if d, ok := a.body.(detail); ok && a.status != http.StatusUnauthorized {
		a.body = struct {
			detail
			love.Ack
		}{d, love.Ack{Text: d.Detail}}
	}
	return a
}

// fieldErrors is the body of a refusal: what is wrong, by field.
type fieldErrors map[string][]string

// noField is the key for what is wrong with the body as a whole.
const noField = "non_field_errors"

func (e fieldErrors) refusal() *refusal {
	return &refusal{answer{status: http.StatusBadRequest, body: e}}
}

var (
	errNotFound  = refuse(http.StatusNotFound, "Not found.")
	errForbidden = refuse(http.StatusForbidden, "You do not have permission to perform this action.")
	errInternal  = refuse(http.StatusInternalServerError, "The manager failed on this request. Its log says why.")
	errNotNow    = refuse(http.StatusServiceUnavailable, "The manager cannot do this at the moment. Try again in a moment.")
)

func methodNotAllowed(method string, allow http.Header) *refusal {
	r := refuse(http.StatusMethodNotAllowed, fmt.Sprintf("Method %q not allowed.", method))
	r.header = allow
	return r
}

// refusal turns an action's error into an answer.
func (m *Manager) refusal(r *http.Request, err error) answer {
	if known, ok := errors.AsType[*refusal](err); ok {
		return known.answer
	}
	m.config.Logger.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	if errors.Is(err, auth.ErrUnavailable) {
		return errNotNow.answer
	}
	return errInternal.answer
}

func (m *Manager) write(w http.ResponseWriter, a answer) {
	if a.sent {
		return
	}
	if err := a.writeTo(w); err != nil {
		m.config.Logger.Debug("answer not delivered", "status", a.status, "error", err)
	}
}

func (a answer) writeTo(w http.ResponseWriter) error {
	h := w.Header()
	maps.Copy(h, a.header)
	h.Set("Cache-Control", "no-store") // answers contain tokens, or depend on the user
	h.Set("X-Content-Type-Options", "nosniff")
	if a.body == nil {
		w.WriteHeader(a.status)
		_, err := w.Write(a.raw)
		return err
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(a.body); err != nil {
		panic(fmt.Errorf("an answer that is not JSON: %w", err))
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, err := w.Write(bytes.TrimSuffix(body.Bytes(), []byte("\n")))
	return err
}
