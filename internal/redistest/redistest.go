// Package redistest has the address of a real Redis for tests, and a proxy that disturbs
// the connections to it.
package redistest

import (
	"net"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Address returns the address of the Redis for tests, and skips the test if there is none.
// Tests share it: each uses a prefix of its own.
func Address(t testing.TB) string {
	t.Helper()
	a := os.Getenv("LOVE_TEST_REDIS")
	if a == "" {
		t.Skip("LOVE_TEST_REDIS is not set: give the address of a Redis 7, such as redis://127.0.0.1:6379")
	}
	return a
}

// Host returns HOST:PORT of an address of Redis.
func Host(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Host
}

// Settings say what a [Proxy] does to its connections.
type Settings struct {
	Target   string        // HOST:PORT
	Delay    time.Duration // of what Redis answers
	CutAfter int           // bytes from clients after which a connection is closed, once; 0: never
	Refuse   bool          // no further connections
	Hold     bool          // nothing passes
}

// Proxy stands between brokers and Redis.
type Proxy struct {
	listener net.Listener
	running  sync.WaitGroup

	mu       sync.Mutex
	settings Settings
	conns    map[net.Conn]bool
	resumed  sync.Cond // Settings.Hold has ended
}

// NewProxy starts a proxy to HOST:PORT, and ends it with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Proxy{listener: l, settings: Settings{Target: target}, conns: make(map[net.Conn]bool)}
	p.resumed.L = &p.mu
	p.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.Set(func(s *Settings) { s.Hold = false })
		p.Cut(true)
		p.running.Wait()
	})
	return p
}

// Address returns the address of the proxy, as one of Redis.
func (p *Proxy) Address() string { return "redis://" + p.listener.Addr().String() }

// Set changes the settings. What is under way is not touched.
func (p *Proxy) Set(change func(*Settings)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.settings)
	p.resumed.Broadcast()
}

// Cut closes all connections; with refuse, the proxy accepts no others.
func (p *Proxy) Cut(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settings.Refuse = refuse
	for c := range p.conns {
		_ = c.Close()
	}
}

// Hold stops everything that passes, or lets it go on.
func (p *Proxy) Hold(on bool) { p.Set(func(s *Settings) { s.Hold = on }) }

// add notes a connection, unless none may be made now.
func (p *Proxy) add(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.settings.Refuse {
		p.conns[c] = true
	}
	return !p.settings.Refuse
}

func (p *Proxy) remove(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	if !p.add(client) {
		return
	}
	defer p.remove(client)
	p.mu.Lock()
	target := p.settings.Target
	p.mu.Unlock()
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.add(server) {
		return
	}
	defer p.remove(server)
	var both sync.WaitGroup
	both.Go(func() { p.copy(server, client, true) })
	both.Go(func() { p.copy(client, server, false) })
	both.Wait()
}

func (p *Proxy) copy(to, from net.Conn, request bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		for p.settings.Hold {
			p.resumed.Wait()
		}
		delay, cut := p.settings.Delay, false
		if request && p.settings.CutAfter > 0 {
			if p.settings.CutAfter -= n; p.settings.CutAfter <= 0 {
				p.settings.CutAfter, n, cut = 0, n/2, true
			}
		}
		p.mu.Unlock()
		if !request {
			time.Sleep(delay)
		}
		if _, werr := to.Write(buf[:n]); werr != nil || err != nil || cut {
			return
		}
	}
}
