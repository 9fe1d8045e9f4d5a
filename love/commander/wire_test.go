package commander_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander"
)

// pipes is a network within the process, whose waits a synctest bubble
// understands.
type pipes struct {
	dialed chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{dialed: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.dialed:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.dialed <- there:
		return here, nil
	case <-p.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// overHTTP runs body in a bubble with a client of a commander whose API the
// handler is, and plain HTTP to it.
func overHTTP(t *testing.T, handler http.Handler, body func(t *testing.T, h *commander.HTTP, plain *http.Client), opts ...commander.HTTPOption) {
	synctest.Test(t, func(t *testing.T) {
		throughHTTP(t, handler, body, opts...)
		time.Sleep(time.Second) // of the bubble: the server lingers over requests that it cut
	})
}

func throughHTTP(t *testing.T, handler http.Handler, body func(t *testing.T, h *commander.HTTP, plain *http.Client), opts ...commander.HTTPOption) {
	network := newPipes()
	server := &http.Server{Handler: handler}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(network) })
	transport := &http.Transport{DialContext: network.dial, DisableCompression: true}
	h, err := commander.NewHTTP("commander:5000", append(opts, commander.WithTransport(transport))...)
	require.NoError(t, err)
	body(t, h, &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }})
	h.Close()
	require.NoError(t, server.Close())
	running.Wait()
}

// answer is a plain HTTP answer.
type answer struct {
	status int
	header http.Header
	body   string
}

func ask(t *testing.T, c *http.Client, method, path, body string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://commander:5000"+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header, string(content)}
}
