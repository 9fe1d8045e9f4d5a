// Package httpserver makes the HTTP servers of this module's programs.
package httpserver

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/rubin-love/love-go/internal/machine"
)

// Option changes a default of [New].
type Option func(*settings)

type settings struct{ sockets int }

// WithSockets sets how many connections the handler may take over. Default: none.
func WithSockets(n int) Option { return func(s *settings) { s.sockets = n } }

// New returns a server that drops clients who take too long to send a request. It
// keeps a reserve of file descriptors: when clients hold all others, connections
// without a request are closed, and requests are answered 503 except those of
// monitoring.
func New(handler http.Handler, log *slog.Logger, opts ...Option) *http.Server {
	var s settings
	for _, o := range opts {
		o(&s)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	if total, ok := machine.Descriptors(); ok {
		// A request may need a connection of its own, to a commander.
		limitConnections(server, machine.Share(total).LeftFor(s.sockets)/2, log)
	}
	return server
}

// limitConnections limits the connections that a server keeps.
func limitConnections(server *http.Server, limit int, log *slog.Logger) {
	c := newConnections(limit, log)
	server.ConnState = c.changed
	server.Handler = c.refuse(server.Handler)
}
