package httpserver

import (
	"container/list"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
)

// connections are the open connections of a server, without those that handlers
// have taken over. They leave a reserve of file descriptors: beyond max, a connection
// that waits for a request makes room for a new one, and further requests are
// refused.
type connections struct {
	max      int
	log      *slog.Logger
	reserved func(*http.Request) bool // requests of those who run the server

	mu     sync.Mutex
	all    map[net.Conn]*list.Element // in idle; nil while there is a request
	idle   list.List                  // of net.Conn: those without a request, the longest first
	logged time.Time                  // when a refusal was last logged
}

// spare is how many connections without a request are kept in any case, so that a
// new one has the time to send its request.
const spare = 16

// logPause is the least time between two log lines about the same trouble.
const logPause = time.Minute

func newConnections(limit int, log *slog.Logger) *connections {
	return &connections{max: limit, log: log, all: map[net.Conn]*list.Element{}, reserved: func(*http.Request) bool { return false }}
}

// changed is the ConnState of an http.Server.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	if surplus := c.note(conn, state); surplus != nil {
		_ = surplus.Close()
	}
}

// note notes the state of a connection, and returns one to close, if any.
func (c *connections) note(conn net.Conn, state http.ConnState) (surplus net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := c.all[conn]; at != nil {
		c.idle.Remove(at)
	}
	switch state {
	case http.StateActive:
		if _, open := c.all[conn]; open {
			c.all[conn] = nil
		}
	case http.StateNew, http.StateIdle:
		c.all[conn] = c.idle.PushBack(conn)
	default:
		delete(c.all, conn)
	}
	if state == http.StateNew && len(c.all) > c.max && c.idle.Len() > spare {
		surplus = c.idle.Remove(c.idle.Front()).(net.Conn)
		delete(c.all, surplus)
	}
	return surplus
}

// reserve is how many requests more are answered if they are of those who run the server.
const reserve = 32

// full reports whether more requests are under way than may be, besides more of them. It
// logs that now and then.
func (c *connections) full(more int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.all)-c.idle.Len() <= c.max+more {
		return false
	}
	if now := time.Now(); now.Sub(c.logged) >= logPause {
		c.logged = now
		c.log.Warn("refused requests: the file descriptors for them are all in use; raise the limit (ulimit -n, or LimitNOFILE= of a systemd service)", "connections", c.max)
	}
	return true
}

// busy has the keys of every kind of refusal of the two APIs: the LOVE-frontend shows
// the operator the ack.
const busy = "The server has too many connections. Nothing was done: try again in a moment."

// refuse returns a handler that refuses requests while the connections are full,
// except those of monitoring and some of those who run the server.
func (c *connections) refuse(next http.Handler) http.Handler {
	answer := httpapi.Refuse(http.StatusServiceUnavailable, map[string]string{"detail": busy, "ack": busy}).
		With("Retry-After", "1").With("Connection", "close")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.full(0) && !isMonitoring(r) && (!c.reserved(r) || c.full(reserve)) {
			_ = answer.Write(w) // the client may have gone
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isMonitoring(r *http.Request) bool {
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if strings.TrimSuffix(r.URL.Path, "/") == path {
			return true
		}
	}
	return false
}
