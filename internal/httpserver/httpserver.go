// Package httpserver makes the HTTP servers of this module's programs.
package httpserver

import (
	"log/slog"
	"net/http"
	"time"
)

// New returns a server that drops clients who take too long to send a request.
func New(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
