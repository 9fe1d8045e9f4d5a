package redis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/hub/redis"
)

const patience = 30 * time.Second

// eventually waits for a state.
func eventually(t *testing.T, state func() bool, what string) {
	t.Helper()
	require.Eventually(t, state, patience, 5*time.Millisecond, what)
}

// proxy stands between a broker and Redis.
type proxy struct {
	t        *testing.T
	listener net.Listener
	mu       sync.Mutex
	target   string
	conns    map[net.Conn]bool
	delay    time.Duration // of what Redis answers
	cutAfter int           // bytes from the client after which a connection is closed; 0: never
	closed   bool          // no connections
	held     bool          // nothing passes
	resumed  sync.Cond
	running  sync.WaitGroup
}

func newProxy(t *testing.T, target string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &proxy{t: t, listener: l, target: target, conns: map[net.Conn]bool{}}
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
		p.hold(false)
		p.cut(true)
		p.running.Wait()
	})
	return p
}

func (p *proxy) address() string { return "redis://" + p.listener.Addr().String() }

func (p *proxy) serve(client net.Conn) {
	defer client.Close()
	p.mu.Lock()
	target, closed := p.target, p.closed
	p.mu.Unlock()
	if closed {
		return
	}
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	p.mu.Lock()
	p.conns[client], p.conns[server] = true, true
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { p.copy(server, client, true) })
	both.Go(func() { p.copy(client, server, false) })
	both.Wait()
	p.mu.Lock()
	delete(p.conns, client)
	delete(p.conns, server)
	p.mu.Unlock()
}

func (p *proxy) copy(to, from net.Conn, request bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		for p.held {
			p.resumed.Wait()
		}
		delay, cut := p.delay, false
		if request && p.cutAfter > 0 {
			if p.cutAfter -= n; p.cutAfter <= 0 {
				p.cutAfter, n, cut = 0, n/2, true
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

// cut closes all connections; with refuse, it accepts no others.
func (p *proxy) cut(refuse bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = refuse
	for c := range p.conns {
		_ = c.Close()
	}
}

func (p *proxy) hold(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = on
	p.resumed.Broadcast()
}

func (p *proxy) set(f func(*proxy)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

// manager is a hub with a broker of its own.
type manager struct {
	t      *testing.T
	broker *redis.Broker
	hub    *hub.Hub
}

func newManager(t *testing.T, address string, o redis.Options) *manager {
	b := connect(t, address, o)
	h := hub.New(hub.WithBroker(b), hub.WithTracing(false))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, h.Shutdown(ctx))
	})
	return &manager{t, b, h}
}

func (m *manager) check() error { return m.broker.Check(m.t.Context()) }

func (m *manager) session() *session {
	l := m.hub.Local(auth.Principal{Process: true})
	m.t.Cleanup(func() { _ = l.Close() })
	return &session{m.t, l}
}

type session struct {
	t *testing.T
	l *hub.Local
}

func (s *session) send(format string, args ...any) {
	require.NoError(s.t, s.l.Send(s.t.Context(), fmt.Appendf(nil, format, args...)))
}

// publish publishes a number in a stream of component A.
func (s *session) publish(category, stream string, n int) {
	s.send(`{"category":%q,"data":[{"csc":"A","salindex":0,"data":{%q:%d}}]}`, category, stream, n)
}

func (s *session) next() string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	msg, err := s.l.Receive(ctx)
	require.NoError(s.t, err, "a message must come")
	return string(msg)
}

func (s *session) subscribe(more string, groups ...string) *session {
	s.t.Helper()
	for _, g := range groups {
		part := strings.SplitN(g, "-", 4)
		s.send(`{"option":"subscribe","category":%q,"csc":%q,"salindex":%q,"stream":%q%s}`, part[0], part[1], part[2], part[3], more)
		require.Equal(s.t, fmt.Sprintf(`{"data":"Successfully subscribed to %s"}`, g), s.next())
	}
	return s
}

// value is a number that was delivered.
type value struct {
	Stream          string
	N               int
	Snapshot, Stale bool
}

func (s *session) value() value {
	s.t.Helper()
	msg := s.next()
	var d struct {
		Snapshot, Stale bool
		Data            []struct{ Data map[string]int }
	}
	require.NoError(s.t, json.Unmarshal([]byte(msg), &d), msg)
	for stream, n := range d.Data[0].Data {
		return value{stream, n, d.Snapshot, d.Stale}
	}
	require.FailNow(s.t, "no value", msg)
	return value{}
}

// numbers reads the numbers of a stream until one arrives.
func (s *session) numbers(until int) (list []int) {
	s.t.Helper()
	for {
		n := s.value().N
		if list = append(list, n); n == until {
			return list
		}
	}
}
