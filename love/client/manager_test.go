package client_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// manager is the other end of a client's connections: it hands each to the
// test as a peer. It is in memory, so that it works in a synctest bubble.
type manager struct {
	peers   chan *peer
	refuse  int   // HTTP status instead of a handshake
	fail    error // of dialling
	dialled []string
	uris    []string
	mu      sync.Mutex
	wg      sync.WaitGroup
}

func newManager(t *testing.T) *manager {
	m := &manager{peers: make(chan *peer, 100)}
	t.Cleanup(m.wg.Wait)
	return m
}

// set changes how the next attempts to connect are answered.
func (m *manager) set(refuse int, fail error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse, m.fail = refuse, fail
}

func (m *manager) attempts() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.dialled)
}

func (m *manager) dial(_ context.Context, _, address string) (net.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dialled = append(m.dialled, address)
	if m.fail != nil {
		return nil, m.fail
	}
	ours, theirs := net.Pipe()
	m.wg.Go(func() { m.serve(ours) })
	return theirs, nil
}

func (m *manager) serve(conn net.Conn) {
	defer conn.Close()
	upgrader := ws.Upgrader{OnRequest: func(uri []byte) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.uris = append(m.uris, string(uri))
		if m.refuse != 0 {
			return ws.RejectConnectionError(ws.RejectionStatus(m.refuse))
		}
		return nil
	}}
	if _, err := upgrader.Upgrade(conn); err != nil {
		return
	}
	p := &peer{conn: conn, frames: make(chan ws.Frame, 10000), ended: make(chan struct{}), writeLock: make(chan struct{}, 1)}
	m.peers <- p
	p.read()
}

// peer is the manager's end of one connection. It reads all the time, answers
// pings and echoes close frames, unless it is silent.
type peer struct {
	conn      net.Conn
	frames    chan ws.Frame // text and close frames
	ended     chan struct{}
	silent    atomic.Bool   // answers nothing any more
	writeLock chan struct{} // a lock that a bubble can wait on
	pongs     sync.WaitGroup
}

func (p *peer) read() {
	defer close(p.ended)
	defer p.pongs.Wait()
	defer p.conn.Close()
	in := bufio.NewReader(p.conn)
	for {
		h, err := ws.ReadHeader(in)
		if err != nil {
			return
		}
		f := ws.Frame{Header: h, Payload: make([]byte, h.Length)}
		if _, err := io.ReadFull(in, f.Payload); err != nil {
			return
		}
		f = ws.UnmaskFrameInPlace(f)
		switch f.Header.OpCode {
		case ws.OpPing:
			if !p.silent.Load() {
				p.pongs.Go(func() { p.frame(ws.NewPongFrame(f.Payload)) })
			}
		case ws.OpClose:
			p.frames <- f
			if !p.silent.Load() {
				p.frame(ws.NewCloseFrame(f.Payload))
				return
			}
		default:
			p.frames <- f
		}
	}
}

// frame writes one frame. It ignores that the connection may be closed.
func (p *peer) frame(f ws.Frame) {
	p.writeLock <- struct{}{}
	defer func() { <-p.writeLock }()
	_ = ws.WriteFrame(p.conn, f)
}

func (p *peer) send(text string) { p.frame(ws.NewTextFrame([]byte(text))) }

func (p *peer) closeWith(code ws.StatusCode, reason string) {
	p.frame(ws.NewCloseFrame(ws.NewCloseFrameBody(code, reason)))
	<-p.ended
}

// receive waits for the next text message.
func (p *peer) receive(t *testing.T) string {
	t.Helper()
	f := <-p.frames
	require.Equal(t, ws.OpText, f.Header.OpCode)
	return string(f.Payload)
}

// closeCode waits for the client's close frame and returns its code.
func (p *peer) closeCode(t *testing.T) ws.StatusCode {
	t.Helper()
	for f := range p.frames {
		if f.Header.OpCode == ws.OpClose {
			code, _ := ws.ParseCloseFrameData(f.Payload)
			return code
		}
	}
	return 0
}

// start runs a client of the manager; stop ends it and returns what Run returned.
func (m *manager) start(t *testing.T, opts ...client.Option) (c *client.Client, stop func() error) {
	t.Helper()
	c, err := client.New("http://manager:8000", append([]client.Option{client.WithDialer(m.dial)}, opts...)...)
	require.NoError(t, err)
	return c, run(t, c)
}

func run(t *testing.T, c *client.Client) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(cancel)
	return func() error {
		cancel()
		return <-ended
	}
}

// logs collects what is logged.
type logs struct{ testlog.Buffer }

func (l *logs) count(text string) int { return strings.Count(l.String(), text) }

func (l *logs) option() client.Option {
	return client.WithLogger(slog.New(slog.NewTextHandler(l, nil)))
}
