package httpserver

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// counters are the figures of a server.
type counters struct {
	open                           atomic.Int64
	refused, full, slow, ambiguous atomic.Uint64
}

// addresses counts what each address holds. An address is that of an IPv4 client, or
// the network of an IPv6 client, who may use all its addresses.
type addresses struct {
	most int

	mu   sync.Mutex
	held map[netip.Prefix]int
}

// acquire counts one more for an address, unless it holds all that it may. If ok, free
// must be called in the end.
func (a *addresses) acquire(address netip.Addr) (free func(), ok bool) {
	key := networkOf(address)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.held[key] >= a.most {
		return nil, false
	}
	if a.held == nil {
		a.held = make(map[netip.Prefix]int)
	}
	a.held[key]++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.held[key]--; a.held[key] == 0 {
			delete(a.held, key)
		}
	}, true
}

// networkOf returns the network as which an address counts.
func networkOf(address netip.Addr) netip.Prefix {
	const network = 64 // bits
	address = address.Unmap().WithZone("")
	return netip.PrefixFrom(address, min(address.BitLen(), network)).Masked()
}

// boundListener accepts the connections of those who may have one more.
type boundListener struct {
	net.Listener
	server *Server
}

// Accept implements [net.Listener].
func (l *boundListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		s := l.server
		free := func() {}
		if address, known := addressOf(c.RemoteAddr().String()); known && !s.config.Trusted(address) {
			var ok bool
			if free, ok = s.addresses.acquire(address); !ok {
				s.counters.refused.Add(1)
				if s.config.TLS != nil {
					_ = c.Close() // an answer would have to wait for a handshake
				} else {
					refuse(c, s.addresses.most)
				}
				continue
			}
		}
		s.counters.open.Add(1)
		if s.config.TLS != nil {
			c = &tlsConn{Conn: tls.Server(c, s.config.TLS)}
		}
		return &httpConn{Conn: c, counters: &s.counters, free: free}, nil
	}
}

// tooMany is the body of a refusal: for the manager's clients, and the commander's.
const tooMany = `{"detail":"This address has %[1]d connections, the most that it may.","ack":"This address has %[1]d connections, the most that it may."}`

// refuse closes a connection with an answer that does not wait for the request.
func refuse(c net.Conn, most int) {
	body := fmt.Sprintf(tooMany, most)
	_ = c.SetWriteDeadline(time.Now().Add(time.Second)) // it fits into the empty send buffer
	_, _ = fmt.Fprintf(c, "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"+
		"Retry-After: 3\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	_ = c.Close()
}

// bound wraps a handler to bound the requests of those behind trusted proxies, and to
// hand over connections as they were accepted.
func (s *Server) bound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if client, forwarded := s.forwarded(r); forwarded {
			free, ok := s.addresses.acquire(client)
			if !ok {
				s.counters.refused.Add(1)
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Retry-After", "3")
				w.WriteHeader(http.StatusTooManyRequests)
				_, _ = fmt.Fprintf(w, tooMany, s.addresses.most) // the client may have gone
				return
			}
			defer free()
		}
		next.ServeHTTP(&writer{w}, r)
	})
}

// forwarded returns the address of the client for whom a trusted proxy makes a request.
func (s *Server) forwarded(r *http.Request) (client netip.Addr, ok bool) {
	peer, known := addressOf(r.RemoteAddr)
	if !known || !s.config.Trusted(peer) {
		return client, false
	}
	client, known = addressOf(s.config.ClientAddress(r))
	return client, known && client != peer
}

// client returns the address of who makes a request; false for a trusted proxy itself, too.
func (s *Server) client(r *http.Request) (client netip.Addr, known bool) {
	peer, known := addressOf(r.RemoteAddr)
	if known && s.config.Trusted(peer) {
		return s.forwarded(r)
	}
	return peer, known
}

// addressOf parses an address with or without a port.
func addressOf(text string) (netip.Addr, bool) {
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap(), true
	}
	address, err := netip.ParseAddr(text)
	return address.Unmap(), err == nil
}

// writer is a response writer that hands over the connection as it was accepted.
type writer struct{ http.ResponseWriter }

// Unwrap lets http.ResponseController reach the response.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }
