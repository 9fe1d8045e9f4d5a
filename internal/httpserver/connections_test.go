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

// limited is a server for three connections. /wait answers when release is closed,
// /take takes the connection over.
type limited struct {
	t       *testing.T
	address string
	release chan struct{}
	started chan struct{}
}

func newLimited(t *testing.T) *limited { return newLimitedWith(t, Config{}) }

func newLimitedWith(t *testing.T, c Config) *limited {
	l := &limited{t: t, release: make(chan struct{}), started: make(chan struct{}, 10)}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "done") })
	wait := func(http.ResponseWriter, *http.Request) {
		l.started <- struct{}{}
		<-l.release
	}
	mux.HandleFunc("/wait", wait)
	mux.HandleFunc("/admin/wait", wait)
	mux.HandleFunc("/take", func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			t.Cleanup(func() { conn.Close() })
			fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
		}
	})
	c.Handler, c.Logger = mux, slog.New(slog.DiscardHandler)
	server := New(c)
	server.limitConnections(3)
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

// conn is one connection of a client.
type conn struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

func (l *limited) dial() *conn {
	c, err := net.Dial("tcp", l.address)
	require.NoError(l.t, err)
	l.t.Cleanup(func() { c.Close() })
	require.NoError(l.t, c.SetDeadline(time.Now().Add(10*time.Second)))
	return &conn{l.t, c, bufio.NewReader(c)}
}

func (c *conn) send(path string) *conn {
	_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
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
	l := newLimited(t)
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
	l := newLimited(t)
	var waiting []*conn
	for range 3 {
		waiting = append(waiting, l.dial().send("/wait"))
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
	l := newLimited(t)
	for range 5 {
		require.Equal(t, 101, l.dial().status("/take"))
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
	l := newLimitedWith(t, Config{Reserved: func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/admin/") }})
	var waiting []*conn
	wait := func(path string, requests int) {
		for range requests {
			waiting = append(waiting, l.dial().send(path))
			<-l.started
		}
	}
	wait("/wait", 3)
	require.Equal(t, 503, l.dial().status("/"))
	require.Equal(t, 200, l.dial().status("/admin/users"))
	wait("/admin/wait", reserve-1)
	require.Equal(t, 200, l.dial().status("/admin/users"), "the last one")
	wait("/admin/wait", 1)
	require.Equal(t, 503, l.dial().status("/admin/users"), "the reserve has an end")
	require.Equal(t, 200, l.dial().status("/healthz"))
	close(l.release)
	for _, c := range waiting {
		resp, _ := c.answer()
		require.Equal(t, 200, resp.StatusCode)
	}
}
