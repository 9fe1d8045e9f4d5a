package httpapi

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"
)

// Wrapping is what [Wrap] does around each request.
type Wrapping struct {
	Logger *slog.Logger
	// BodyTimeout limits a body that the handler does not read: net/http reads it
	// to its end before it sends the answer, however long that takes.
	BodyTimeout time.Duration
	// Failed is the answer to a request whose handler has panicked.
	Failed func(r *http.Request) Answer
}

// Wrap returns a handler that logs each request at level debug, without
// its query, which may have a token, and answers even if next panics. Browsers must
// not guess the type of an answer.
func Wrap(next http.Handler, c Wrapping) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		w.Header().Set("X-Content-Type-Options", "nosniff")
		sw := NewWriter(w, r, c.BodyTimeout)
		c.serve(next, sw, r)
		c.Logger.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path,
			"status", sw.status, "duration", time.Since(start), "address", host(r.RemoteAddr))
	})
}

func (c Wrapping) serve(next http.Handler, w http.ResponseWriter, r *http.Request) {
	defer func() {
		cause := recover()
		switch cause {
		case nil:
			return
		case http.ErrAbortHandler:
			panic(cause)
		}
		c.Logger.Error("a request panicked", "method", r.Method, "path", r.URL.Path, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
		if err := c.Failed(r).Write(w); err != nil {
			c.Logger.Debug("answer not delivered", "error", err)
		}
	}()
	next.ServeHTTP(w, r)
}

// host is the address without the port, if it has one.
func host(address string) string {
	if h, _, err := net.SplitHostPort(address); err == nil {
		return h
	}
	return address
}

// Writer is an http.ResponseWriter that keeps the status, and limits the time
// for a body that has not been read.
type Writer struct {
	http.ResponseWriter
	status  int
	unread  bool // there is a body, and no deadline for it yet
	timeout time.Duration
}

// NewWriter returns a writer of the answer to a request.
func NewWriter(w http.ResponseWriter, r *http.Request, bodyTimeout time.Duration) *Writer {
	return &Writer{ResponseWriter: w, unread: r.ContentLength != 0, timeout: bodyTimeout}
}

// begin is called before the first byte of an answer.
func (w *Writer) begin(status int) {
	if w.status != 0 {
		return
	}
	w.status = status
	if w.unread {
		_ = w.SetReadDeadline(time.Now().Add(w.timeout)) // net/http lifts it for the next request
	}
}

// WriteHeader implements http.ResponseWriter.
func (w *Writer) WriteHeader(status int) {
	w.begin(status)
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *Writer) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.ResponseWriter.Write(p)
}

// SetReadDeadline is called by http.ResponseController, when the handler sets
// its own deadline for reading the body.
func (w *Writer) SetReadDeadline(deadline time.Time) error {
	w.unread = false
	return http.NewResponseController(w.ResponseWriter).SetReadDeadline(deadline)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
