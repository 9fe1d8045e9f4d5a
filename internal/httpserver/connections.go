package httpserver

import (
	"container/list"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/httpapi"
)

// connections are the open connections of a server, without those that handlers
// have taken over. They leave a reserve of file descriptors: beyond max, a connection
// that waits for a request makes room for a new one, and further requests are
// refused. One address cannot take all that there is room for.
type connections struct {
	max      int
	log      *slog.Logger
	reserved func(*http.Request) bool               // requests of those who run the server
	client   func(*http.Request) (netip.Addr, bool) // who makes a request, if that is known
	refused  func()                                 // is called with each request that is refused

	mu      sync.Mutex
	all     map[net.Conn]*list.Element // in idle; nil while there is a request
	idle    list.List                  // of net.Conn: those without a request, the longest first
	clients map[net.Conn]netip.Prefix  // who makes the request on a connection, if that is known
	held    map[netip.Prefix]int       // connections with a request of each client
	logged  time.Time                  // when a refusal was last logged
}

// spare is how many connections without a request are kept in any case, so that a
// new one has the time to send its request.
const spare = 16

// logPause is the least time between two log lines about the same trouble.
const logPause = time.Minute

func newConnections(limit int, log *slog.Logger) *connections {
	return &connections{
		max: limit, log: log, all: map[net.Conn]*list.Element{}, clients: map[net.Conn]netip.Prefix{}, held: map[netip.Prefix]int{},
		reserved: func(*http.Request) bool { return false },
	}
}

// changed is the ConnState of an http.Server.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	if surplus := c.note(conn, state); surplus != nil {
		_ = surplus.Close()
	}
}

// note notes the state of a connection, and returns one to close, if any. A connection is
// idle until a handler has its request: one with a broken header has none.
func (c *connections) note(conn net.Conn, state http.ConnState) (surplus net.Conn) {
	if state == http.StateActive {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(conn)
	switch state {
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

// end ends the request, or the waiting for one, on a connection.
func (c *connections) end(conn net.Conn) {
	if at := c.all[conn]; at != nil {
		c.idle.Remove(at)
	}
	client, known := c.clients[conn]
	if !known {
		return
	}
	delete(c.clients, conn)
	if c.held[client]--; c.held[client] == 0 {
		delete(c.held, client)
	}
}

// reserve is how many requests more are answered if they are of those who run the server.
const reserve = 32

// begin begins the request on a connection, unless it is to be refused, which is logged
// now and then. A client may have as many requests under way as there is room for more:
// alone half of them, and two clients a third each, so that there is always room for one
// who has none.
func (c *connections) begin(conn net.Conn, r *http.Request) bool {
	var client netip.Prefix
	address, known := c.client(r)
	if known {
		client = networkOf(address)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	at, open := c.all[conn]
	if !open {
		return false // it has just made room for another
	}
	c.idle.Remove(at)
	room := c.max - (len(c.all) - 1 - c.idle.Len())
	if (room <= 0 || known && c.held[client] >= room) && !isMonitoring(r) && (room <= -reserve || !c.reserved(r)) {
		c.all[conn] = c.idle.PushBack(conn) // while it is answered
		c.logRefusal(room, address)
		return false
	}
	c.all[conn] = nil
	if known {
		c.clients[conn] = client
		c.held[client]++
	}
	return true
}

// logRefusal logs that a request is refused.
func (c *connections) logRefusal(room int, client netip.Addr) {
	now := time.Now()
	if now.Sub(c.logged) < logPause {
		return
	}
	c.logged = now
	const more = "raise the limit (ulimit -n, or LimitNOFILE= of a systemd service)"
	if room > 0 {
		c.log.Warn("refused requests of a client that has too many under way; if it is many, "+more, "client", client, "connections", c.max)
		return
	}
	c.log.Warn("refused requests: the file descriptors for them are all in use; "+more, "connections", c.max)
}

// busy has the keys of every kind of refusal of the two APIs: the LOVE-frontend shows
// the operator the ack.
const busy = "The server has too many connections. Nothing was done: try again in a moment."

// connKey is the key of a request's connection in its context.
type connKey struct{}

// withConn is the ConnContext of an http.Server.
func withConn(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, conn)
}

// refuse returns a handler that refuses requests while the connections are full,
// except those of monitoring and some of those who run the server.
func (c *connections) refuse(next http.Handler) http.Handler {
	answer := httpapi.Refuse(http.StatusServiceUnavailable, map[string]string{"detail": busy, "ack": busy}).
		With("Retry-After", "1").With("Connection", "close")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.begin(r.Context().Value(connKey{}).(net.Conn), r) {
			c.refused()
			_ = answer.Write(w) // the client may have gone
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isMonitoring reports whether a request is one of monitoring. None has a body, for which
// net/http would wait.
func isMonitoring(r *http.Request) bool {
	if r.ContentLength != 0 {
		return false
	}
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		if strings.TrimSuffix(r.URL.Path, "/") == path {
			return true
		}
	}
	return false
}
