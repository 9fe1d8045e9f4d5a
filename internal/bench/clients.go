package bench

import (
	"context"
	"sync"
)

// clients are connections that are closed together, and the goroutines that read
// them. The zero value is ready.
type clients struct {
	mu      sync.Mutex
	conns   []*conn
	closed  bool           // from now on connections end because they are closed here
	failed  error          // of the first connection kept alive that was lost
	reading sync.WaitGroup // the goroutines

	inflater inflater // of those that are compressed
}

// dial opens a connection, on which messages are compressed if compressed is set.
func (x *clients) dial(ctx context.Context, url string, compressed bool, buffer int) (*conn, error) {
	var in *inflater
	if compressed {
		in = &x.inflater
	}
	c, err := dial(ctx, url, in, buffer)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.conns = append(x.conns, c)
	if x.closed {
		_ = c.Close()
	}
	return c, nil
}

// read reads a connection until it ends and returns why it ended, or nil if it
// was closed here.
func (x *clients) read(c *conn, read func(), message func(text []byte) bool) error {
	err := c.each(read, message)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	return err
}

// keepAlive answers the pings on a connection.
func (x *clients) keepAlive(c *conn) {
	x.reading.Go(func() {
		err := x.read(c, nil, func([]byte) bool { return true })
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.failed == nil {
			x.failed = err
		}
	})
}

func (x *clients) failure() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.failed
}

// closeWith closes all connections when ctx ends, so that no reader waits for them.
func (x *clients) closeWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, x.closeConns)
}

func (x *clients) closeConns() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	for _, c := range x.conns {
		_ = c.Close()
	}
	x.conns = nil
}

// close closes all connections and waits for their readers.
func (x *clients) close() {
	x.closeConns()
	x.reading.Wait()
}
