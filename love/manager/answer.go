package manager

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/rubin-love/love-go/internal/httpapi"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

type (
	answer      = httpapi.Answer
	refusal     = httpapi.Refusal
	detail      = httpapi.Detail
	fieldErrors = httpapi.FieldErrors
)

const noField = httpapi.NoField

func refuse(status int, text string) *refusal { return httpapi.RefuseDetail(status, text) }

// refuseAck is a refusal that the LOVE-frontend shows to the operator.
func refuseAck(status int, text string) *refusal { return httpapi.Refuse(status, love.Ack{Text: text}) }

// refusalText returns the text of a refusal that was made by refuse or refuseAck.
func refusalText(r *refusal) string {
	switch body := r.Body.(type) {
	case love.Ack:
		return body.Text
	case detail:
		return body.Detail
	}
	return ""
}

// withAck repeats the text of a refusal as its "ack", which the LOVE-frontend
// shows. A 401 stays as it is: there the frontend only logs out.
func withAck(a answer) answer {
	if d, ok := a.Body.(detail); ok && a.Status != http.StatusUnauthorized {
		a.Body = struct {
			detail
			love.Ack
		}{d, love.Ack{Text: d.Detail}}
	}
	return a
}

var (
	errNotFound    = refuse(http.StatusNotFound, "Not found.")
	errForbidden   = refuse(http.StatusForbidden, "You do not have permission to perform this action.")
	errInternal    = refuse(http.StatusInternalServerError, "The manager failed on this request. Its log says why.")
	errUnavailable = refuse(http.StatusServiceUnavailable, "The manager cannot do this at the moment. Try again in a moment.")
)

// errUnrecorded answers a revocation that is in effect only at this manager.
var errUnrecorded = refuse(http.StatusServiceUnavailable, "The database could not record this. What it takes away is in effect at this manager, and will be recorded as soon as the database can be written: until then other managers do not know it, and a restart of this one undoes it.")

func methodNotAllowed(method string, allowed ...string) *refusal {
	return refuse(http.StatusMethodNotAllowed, fmt.Sprintf("Method %q not allowed.", method)).With("Allow", strings.Join(allowed, ", "))
}

// refusal turns an action's error into an answer.
func (m *Manager) refusal(r *http.Request, err error) answer {
	if known, ok := errors.AsType[*refusal](err); ok {
		return known.Answer
	}
	m.config.Logger.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	if errors.Is(err, auth.ErrUnrecorded) {
		return errUnrecorded.Answer
	}
	if errors.Is(err, auth.ErrUnavailable) {
		return errUnavailable.Answer
	}
	return errInternal.Answer
}

func (m *Manager) write(w http.ResponseWriter, a answer) {
	if err := a.Write(w); err != nil {
		m.config.Logger.Debug("answer not delivered", "status", a.Status, "error", err)
	}
}
