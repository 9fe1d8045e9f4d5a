package httpserver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait")) // it sleeps on after Close
}

// limited is a server for few connections. /wait answers when release is closed,
// /take takes the connection over.
type limited struct {
	t       *testing.T
	server  *Server
	address string
	release chan struct{}
	started chan struct{}
}

func newLimited(t *testing.T, limit int) *limited { return newLimitedWith(t, limit, Config{}) }

func newLimitedWith(t *testing.T, limit int, c Config) *limited {
	l := &limited{t: t, release: make(chan struct{}), started: make(chan struct{}, 10)}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "done") })
	wait := func(http.ResponseWriter, *http.Request) {
		l.started <- struct{}{}
		<-l.release
	}
	mux.HandleFunc("/wait", wait)
	mux.HandleFunc("/admin/wait", wait)
	mux.HandleFunc("/body", func(_ http.ResponseWriter, r *http.Request) {
		l.started <- struct{}{}
		_, _ = io.ReadAll(r.Body)
	})
	mux.HandleFunc("/take", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			t.Cleanup(func() { conn.Close() })
			fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		}
	})
	c.Handler, c.Logger = mux, slog.New(slog.DiscardHandler)
	server := New(c)
	server.limitConnections(limit)
	l.server = server
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l.address = listener.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(context.Background(), listener) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return l
}

// waitUntil waits until so many requests are under way: an answer arrives before its
// request counts no longer.
func (l *limited) waitUntil(underWay int) {
	require.Eventually(l.t, func() bool {
		c := l.server.connections
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.all)-c.idle.Len() == underWay
	}, 30*time.Second, time.Millisecond)
}

// conn is one connection of a client.
type conn struct {
	t *testing.T
	net.Conn
	in     *bufio.Reader
	header string // of each request
}

func (l *limited) dial() *conn { return l.dialFrom(1) }

// dialFrom dials from the address 127.0.0.host.
func (l *limited) dialFrom(host byte) *conn {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, host)}}
	c, err := dialer.Dial("tcp", l.address)
	require.NoError(l.t, err)
	l.t.Cleanup(func() { c.Close() })
	require.NoError(l.t, c.SetDeadline(time.Now().Add(10*time.Second)))
	return &conn{t: l.t, Conn: c, in: bufio.NewReader(c)}
}

func (c *conn) send(path string) *conn {
	return c.sendText(fmt.Sprintf("GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, c.header))
}

func (c *conn) sendText(text string) *conn {
	_, err := io.WriteString(c, text)
	require.NoError(c.t, err)
	return c
}

func (c *conn) answer() (*http.Response, string) {
	resp, err := http.ReadResponse(c.in, nil)
	require.NoError(c.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return resp, string(body)
}

func (c *conn) status(path string) int {
	resp, _ := c.send(path).answer()
	return resp.StatusCode
}

func TestAConnectionWithoutARequestMakesRoomForANewOne(t *testing.T) {
	l := newLimited(t, 8) // an answer may arrive before its request counts no longer
	kept := l.dial()
	require.Equal(t, 200, kept.status("/"))
	silent := []*conn{l.dial(), l.dial()}
	require.Equal(t, 200, kept.status("/"), "now it has waited for the shortest time")
	for range 3 * spare {
		require.Equal(t, 200, l.dial().status("/"))
	}
	for _, c := range append(silent, kept) {
		_, err := c.Read(make([]byte, 1))
		require.True(t, errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET), "%v", err)
	}
}

func TestARequestForWhichThereIsNoRoomIsRefused(t *testing.T) {
	l := newLimited(t, 3)
	var waiting []*conn
	for host := range byte(3) {
		waiting = append(waiting, l.dialFrom(10+host).send("/wait"))
		<-l.started
	}
	resp, body := l.dial().send("/").answer()
	require.Equal(t, 503, resp.StatusCode)
	require.Equal(t, "1", resp.Header.Get("Retry-After"))
	require.True(t, resp.Close)
	require.JSONEq(t, `{"detail": "`+busy+`", "ack": "`+busy+`"}`, body)
	for _, path := range []string{"/healthz", "/readyz", "/metrics"} {
		require.Equal(t, 200, l.dial().status(path), path)
	}
	close(l.release)
	for _, c := range waiting {
		resp, _ := c.answer()
		require.Equal(t, 200, resp.StatusCode, "a request under way is not given up")
	}
	require.Eventually(t, func() bool { return l.dial().status("/") == 200 }, 10*time.Second, time.Millisecond)
}

func TestConnectionsThatWereTakenOverDoNotCount(t *testing.T) {
	l := newLimited(t, 3)
	for range 5 {
		require.Equal(t, 101, l.dial().status("/take"))
		l.waitUntil(0)
	}
	kept := l.dial()
	for range 2 {
		require.Equal(t, 200, kept.status("/"))
	}
}

// failing fails to accept a number of times.
type failing struct {
	net.Listener
	failures []error
	accepted int
}

func (f *failing) Accept() (net.Conn, error) {
	f.accepted++
	if len(f.failures) == 0 {
		return nil, io.EOF
	}
	err := f.failures[0]
	f.failures = f.failures[1:]
	return nil, &net.OpError{Op: "accept", Err: err}
}

func (f *failing) Close() error { return nil }

func TestAcceptingGoesOnWhenSomethingWasLacking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		failures := append([]error{syscall.ENOBUFS, syscall.ECONNABORTED}, make([]error, 1000)...)
		for i := range failures[2:] {
			failures[i+2] = syscall.EMFILE
		}
		f := &failing{failures: failures}
		l := Listener(f, slog.New(slog.NewTextHandler(&log, nil)))
		began := time.Now()
		_, err := l.Accept()
		require.ErrorIs(t, err, io.EOF, "another error is one of the listener")
		require.Equal(t, 1003, f.accepted)
		require.InDelta(t, 1000, time.Since(began).Seconds(), 20)
		require.LessOrEqual(t, strings.Count(log.String(), "\n"), 18, "about one line in a minute")
	})
}

func TestAListenerThatWaitsCanBeClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Listener(&failing{failures: []error{syscall.EMFILE}}, slog.New(slog.DiscardHandler))
		ended := make(chan error)
		go func() {
			_, err := l.Accept()
			ended <- err
		}()
		synctest.Wait()
		require.NoError(t, l.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
	})
}

func TestRequestsOfThoseWhoRunTheServerHaveAReserve(t *testing.T) {
	l := newLimitedWith(t, 3, Config{Reserved: func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/admin/") }})
	var waiting []*conn
	wait := func(path string, requests int) {
		for host := range requests {
			waiting = append(waiting, l.dialFrom(byte(10+host)).send(path))
			<-l.started
		}
	}
	wait("/wait", 3)
	require.Equal(t, 503, l.dial().status("/"))
	require.Equal(t, 200, l.dial().status("/admin/users"))
	l.waitUntil(3)
	wait("/admin/wait", reserve-1)
	require.Equal(t, 200, l.dial().status("/admin/users"), "the last one")
	l.waitUntil(3 + reserve - 1)
	wait("/admin/wait", 1)
	require.Equal(t, 503, l.dial().status("/admin/users"), "the reserve has an end")
	require.Equal(t, 200, l.dial().status("/healthz"))
	close(l.release)
	for _, c := range waiting {
		resp, _ := c.answer()
		require.Equal(t, 200, resp.StatusCode)
	}
}

func TestSlowHeadersAreNoReasonToRefuseOthers(t *testing.T) {
	l := newLimited(t, 8)
	for range 2 {
		for range 3 * spare {
			l.dialFrom(2).sendText("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		}
		for range spare {
			c := l.dialFrom(2)
			_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: "+strings.Repeat("a", 2*maxHeader))
			_, _ = c.Read(make([]byte, 1)) // it is refused, or has made room: net/http lingers
		}
		require.Equal(t, 200, l.dial().status("/"))
		l.waitUntil(0)
	}
	require.Zero(t, l.server.Stats().Full)
}

func TestAnAddressLeavesRoomForOthers(t *testing.T) {
	l := newLimitedWith(t, 12, Config{
		Trusted:       func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.9") },
		ClientAddress: func(r *http.Request) string { return r.Header.Get("X-Real-Ip") },
	})
	from := func(host byte) func() *conn { return func() *conn { return l.dialFrom(host) } }
	forwarded := func(client string) func() *conn {
		return func() *conn {
			c := l.dialFrom(9)
			c.header = "X-Real-Ip: " + client + "\r\n"
			return c
		}
	}
	slow := func(dial func() *conn) *conn {
		c := dial()
		return c.sendText("POST /body HTTP/1.1\r\nHost: x\r\n" + c.header + "Content-Length: 2\r\n\r\n1")
	}
	taken := 0
	take := func(dial func() *conn, most int) {
		for range most {
			slow(dial)
			<-l.started
		}
		taken += most
		require.Equal(t, 503, dial().status("/"))
		resp, _ := slow(dial).answer()
		require.Equal(t, 503, resp.StatusCode, "it is not waited for the rest")
		require.Equal(t, 200, dial().status("/healthz"))
		l.waitUntil(taken)
	}
	require.Zero(t, l.server.Stats().Full)
	take(from(2), 6)
	require.EqualValues(t, 2, l.server.Stats().Full)
	take(from(3), 3)
	take(forwarded("10.0.0.1"), 2)
	for _, dial := range []func() *conn{from(1), forwarded("10.0.0.2"), forwarded("2001:db8::1")} {
		require.Equal(t, 200, dial().status("/"), "there is room for one who has none")
		l.waitUntil(taken)
	}
	require.EqualValues(t, 6, l.server.Stats().Full)
}
