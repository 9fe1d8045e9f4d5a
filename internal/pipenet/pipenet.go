// Package pipenet is a network within the process, for tests. Its connections are
// pipes, so that they can be used in a bubble of testing/synctest.
package pipenet

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// Network is a [net.Listener] that accepts the connections of
// [Network.DialContext].
type Network struct {
	dialled chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

var _ net.Listener = (*Network)(nil)

// New returns a network. [Network.Close] ends it.
func New() *Network { return &Network{dialled: make(chan net.Conn), closed: make(chan struct{})} }

// Accept implements [net.Listener].
func (n *Network) Accept() (net.Conn, error) {
	select {
	case c := <-n.dialled:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener]. It may be called again.
func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr implements [net.Listener].
func (n *Network) Addr() net.Addr { return &net.UnixAddr{Name: "pipenet"} }

// DialContext connects to the listener, whatever the address. It fits
// [http.Transport].
func (n *Network) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case n.dialled <- theirs:
		return ours, nil
	case <-n.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Serve serves HTTP on a new network until stop is called, which aborts the requests
// under way. The transport reaches the server at every address.
func Serve(h http.Handler) (t *http.Transport, stop func()) {
	network := New()
	server := &http.Server{Handler: h}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(network) })
	t = &http.Transport{DialContext: network.DialContext, DisableCompression: true}
	return t, func() {
		t.CloseIdleConnections()
		_ = server.Close()
		running.Wait()
	}
}
