package hub_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/deflate"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

// timeout is how long a test waits for what must happen.
const timeout = 10 * time.Second

// gate admits ?password=process as a process and ?token=NAME as that user.
var gate = hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
	q := r.URL.Query()
	switch {
	case q.Get("password") == "process":
		return auth.Principal{Process: true}, nil
	case q.Get("token") != "":
		name := q.Get("token")
		return auth.Principal{User: auth.User{Username: name}, TokenID: "id-of-" + name}, nil
	}
	return auth.Principal{}, errors.New("give a token or the process password")
})

type authorizer struct{}

func (authorizer) Authorize(_ context.Context, p auth.Principal, permission auth.Permission) error {
	if p.User.Username == "commander" && permission == auth.ExecuteCommand || p.User.Username == "publisher" {
		return nil
	}
	return auth.ErrForbidden
}

// start runs a hub on loopback.
func start(t testing.TB, opts ...hub.Option) (*hub.Hub, string) {
	t.Helper()
	opts = append([]hub.Option{
		hub.WithGate(gate), hub.WithAuthorizer(authorizer{}), hub.WithTracing(false), hub.WithHeartbeats(time.Hour, nil),
	}, opts...)
	h := hub.New(opts...)
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		require.NoError(t, h.Shutdown(ctx))
		server.Close()
	})
	return h, "ws" + strings.TrimPrefix(server.URL, "http")
}

// conn is a client that reads and writes single frames.
type conn struct {
	t  testing.TB
	nc net.Conn
	br *bufio.Reader

	writing     sync.Mutex
	closing     bool // this end closed first
	mute        bool // answers no ping of the window
	windowPings int  // that were read
}

func dial(t testing.TB, url, query string) *conn {
	t.Helper()
	nc, br, _, err := ws.Dial(t.Context(), url+"/?"+query)
	require.NoError(t, err)
	if br == nil {
		br = bufio.NewReader(nc)
	}
	t.Cleanup(func() { _ = nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(timeout)))
	return &conn{t: t, nc: nc, br: br}
}

func dialProcess(t testing.TB, url string) *conn { return dial(t, url, "password=process") }

func (c *conn) frame(f ws.Frame) {
	c.t.Helper()
	f.Payload = append([]byte(nil), f.Payload...)
	c.writing.Lock() // whoever reads answers pings
	defer c.writing.Unlock()
	require.NoError(c.t, ws.WriteFrame(c.nc, ws.MaskFrameInPlace(f)))
}

// close sends a close frame with the payload.
func (c *conn) close(payload []byte) {
	c.t.Helper()
	c.closing = true
	c.frame(ws.NewCloseFrame(payload))
}

func (c *conn) send(text string) { c.t.Helper(); c.frame(ws.NewTextFrame([]byte(text))) }

func (c *conn) sendf(format string, args ...any) { c.t.Helper(); c.send(fmt.Sprintf(format, args...)) }

func (c *conn) nextFrame() ws.Frame {
	c.t.Helper()
	h, err := ws.ReadHeader(c.br)
	require.NoError(c.t, err)
	f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
	_, err = io.ReadFull(c.br, f.Payload)
	require.NoError(c.t, err)
	if h.Rsv1() {
		f.Payload, err = deflate.Inflate(nil, f.Payload, 1<<24)
		require.NoError(c.t, err)
	}
	if h.OpCode == ws.OpPing && h.Length > 0 { // of the window
		if c.windowPings++; !c.mute && !c.closing {
			c.frame(ws.NewPongFrame(f.Payload))
		}
		return c.nextFrame()
	}
	return f
}

// next returns the next text message.
func (c *conn) next() string {
	c.t.Helper()
	f := c.nextFrame()
	require.Equal(c.t, ws.OpText, f.Header.OpCode, "payload %q", f.Payload)
	return string(f.Payload)
}

// waitClosed reads up to the close frame, answers it, and reads to the end of
// the connection.
func (c *conn) waitClosed() (ws.StatusCode, string) {
	c.t.Helper()
	for {
		f := c.nextFrame()
		if f.Header.OpCode == ws.OpClose {
			code, reason := ws.ParseCloseFrameData(f.Payload)
			if !c.closing {
				c.frame(ws.NewCloseFrame(f.Payload))
			}
			_, err := io.Copy(io.Discard, c.br)
			require.NoError(c.t, err)
			return code, reason
		}
	}
}

func (c *conn) subscribe(groups ...string) *conn {
	c.t.Helper()
	for _, g := range groups {
		c.send(request("subscribe", g))
		require.Equal(c.t, `{"data":"Successfully subscribed to `+g+`"}`, c.next())
	}
	return c
}

// sync asks for the time, so that what was sent before has been handled when it
// returns. It returns the messages that arrived before the answer.
func (c *conn) sync() (before []string) {
	c.t.Helper()
	c.send(`{"action":"get_time_data","request_time":"sync"}`)
	for {
		m := c.next()
		if strings.HasSuffix(m, `"request_time":"sync"}`) {
			return before
		}
		before = append(before, m)
	}
}

func newClock() *lovetest.Clock { return lovetest.NewClock(time.Unix(1_700_000_000, 0)) }

// pause gives the hub time to read what was written: it waits for an answer on
// another connection.
func (c *conn) pause() {
	dialProcess(c.t, "ws://"+c.nc.RemoteAddr().String()).sync()
}
