package manager

import (
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/rubin-love/love-go/love/auth"
)

// logged writes a line per request at level debug. The query is left out: it
// may hold a token.
func (m *Manager) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := m.config.Clock.Now()
		sw := m.answering(w, r)
		next.ServeHTTP(sw, r)
		m.config.Logger.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path,
			"status", sw.status, "duration", m.config.Clock.Now().Sub(start), "address", auth.Address(r))
	})
}

// recovered turns a panic into a 500 with a JSON body: the LOVE-frontend
// parses every answer.
func (m *Manager) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			m.config.Logger.Error("request panicked", "method", r.Method, "path", r.URL.Path,
				"panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
			m.write(w, errInternal.answer)
		}()
		next.ServeHTTP(w, r)
	})
}

// statusWriter remembers the status for the log. It also limits the time for a
// body that no action has read: net/http reads it to its end before it answers,
// however long that takes.
type statusWriter struct {
	http.ResponseWriter
	status   int
	unread   bool // there is a body, and no deadline for it yet
	patience time.Duration
}

// answering wraps the writer of a request's answer.
func (m *Manager) answering(w http.ResponseWriter, r *http.Request) *statusWriter {
	return &statusWriter{ResponseWriter: w, unread: r.ContentLength != 0, patience: m.config.BodyTimeout}
}

// begin is called before the first byte of an answer.
func (w *statusWriter) begin(status int) {
	if w.status != 0 {
		return
	}
	w.status = status
	if w.unread {
		_ = w.SetReadDeadline(time.Now().Add(w.patience)) // net/http lifts it for the next request
	}
}

func (w *statusWriter) WriteHeader(status int) {
	w.begin(status)
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// SetReadDeadline is what http.ResponseController calls: an action that reads the
// body sets its own deadline.
func (w *statusWriter) SetReadDeadline(deadline time.Time) error {
	w.unread = false
	return http.NewResponseController(w.ResponseWriter).SetReadDeadline(deadline)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
