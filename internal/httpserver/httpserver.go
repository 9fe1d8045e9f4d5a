// Package httpserver makes the HTTP servers of this module's programs. Nobody needs a
// log-in to reach them, so they bound what a client can hold: it must send the header
// of a request in time and take the answer in time, and has only so many connections
// from one address. A request that proxies may understand in two ways is refused.
package httpserver

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/rubin-love/love-go/internal/machine"
)

const (
	headerTimeout = 10 * time.Second
	idleTimeout   = 2 * time.Minute
	// maxHeader is the longest header of a request, in bytes; net/http adds 4096. The
	// longest token has 8192.
	maxHeader = 32 << 10
	// WriteTimeout is how long a client may take for each part of an answer. An answer
	// of many parts, such as the progress of a command, may take any time.
	WriteTimeout = 30 * time.Second
)

// DefaultMaxPerAddress is how many connections an address has by default. Websockets
// do not count: their users have logged in.
const DefaultMaxPerAddress = 4000

// Config holds the settings of a [Server].
type Config struct {
	Handler http.Handler
	Logger  *slog.Logger
	// MaxPerAddress is how many connections an address may have. The network of an
	// IPv6 client, /64, counts as one address. Further ones are answered 429 and
	// closed. Default: [DefaultMaxPerAddress].
	MaxPerAddress int
	// Trusted reports whether an address is that of a trusted proxy. Its connections
	// are not counted; its requests count for the address of ClientAddress while they
	// are under way. Default: none is.
	Trusted func(netip.Addr) bool
	// ClientAddress returns the address of the client for whom a trusted proxy makes
	// a request; "" if it is unknown. It is needed only with Trusted.
	ClientAddress func(*http.Request) string
	// TLS makes the server speak TLS. Default: it speaks plain HTTP.
	TLS *tls.Config
	// Reserved reports whether a request is for those who run the server: it is answered,
	// up to 32 of them at once, while others are refused because there are too many.
	// Default: none is, beside those of monitoring.
	Reserved func(*http.Request) bool
	// Sockets is how many connections the handler may take over. Default: none.
	Sockets int
}

// Server is an [http.Server] with bounds for its clients. It keeps a reserve of file
// descriptors: when clients hold all others, connections without a request are closed,
// and requests are answered 503 except those of monitoring. One address cannot have the
// requests of others refused: it gets as many as are left then.
type Server struct {
	server      http.Server
	config      Config
	addresses   addresses
	connections *connections // nil: they are not limited
	counters    counters
}

// Stats are the present figures of a [Server].
type Stats struct {
	Connections int64  // open, without websockets
	Refused     uint64 // connections and requests beyond the bound of their address
	Full        uint64 // requests for which there were too few file descriptors
	Slow        uint64 // connections whose client did not take an answer in time
	Ambiguous   uint64 // requests whose length could be understood in two ways
}

// New returns a server. [Server.Serve] makes it answer.
func New(c Config) *Server {
	c.TLS = withTLS(c.TLS)
	if c.Reserved == nil {
		c.Reserved = func(*http.Request) bool { return false }
	}
	c.MaxPerAddress = cmp.Or(c.MaxPerAddress, DefaultMaxPerAddress)
	if c.Trusted == nil {
		c.Trusted = func(netip.Addr) bool { return false }
	}
	s := &Server{config: c, addresses: addresses{most: c.MaxPerAddress}}
	s.server = http.Server{
		Handler:           s.bound(c.Handler),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(c.Logger.Handler(), slog.LevelWarn),
		ConnState:         s.changed,
	}
	if total, ok := machine.Descriptors(); ok {
		// A request may need a connection of its own, to a commander.
		s.limitConnections(machine.Share(total).LeftFor(c.Sockets) / 2)
	}
	return s
}

// limitConnections limits the connections that the server keeps.
func (s *Server) limitConnections(limit int) {
	s.connections = newConnections(limit, s.config.Logger)
	s.connections.reserved, s.connections.client = s.config.Reserved, s.client
	s.connections.refused = func() { s.counters.full.Add(1) }
	s.server.ConnContext = withConn
	s.server.Handler = s.connections.refuse(s.bound(s.config.Handler))
}

// changed is called when the state of a connection changes.
func (s *Server) changed(c net.Conn, state http.ConnState) {
	if state == http.StateHijacked {
		c.(*httpConn).release()
	}
	if s.connections != nil {
		s.connections.changed(c, state)
	}
}

// Serve answers the requests of a listener, each with a context that ends with ctx.
// It returns an error that is never nil: http.ErrServerClosed after [Server.Shutdown]
// or [Server.Close].
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	s.server.BaseContext = func(net.Listener) context.Context { return ctx }
	return s.server.Serve(&boundListener{Listener: Listener(l, s.config.Logger), server: s})
}

// Shutdown accepts no more connections, and waits for the requests under way until ctx
// ends.
func (s *Server) Shutdown(ctx context.Context) error { return s.server.Shutdown(ctx) }

// Close closes all connections but websockets at once.
func (s *Server) Close() error { return s.server.Close() }

// Stats returns the present figures.
func (s *Server) Stats() Stats {
	return Stats{
		Connections: s.counters.open.Load(), Refused: s.counters.refused.Load(),
		Full: s.counters.full.Load(), Slow: s.counters.slow.Load(), Ambiguous: s.counters.ambiguous.Load(),
	}
}
