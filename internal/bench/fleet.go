package bench

import (
	"context"
	"sync"
)

// fleet is connections that are closed together, and the goroutines that read
// them.
type fleet struct {
	mu      sync.Mutex
	conns   []*conn
	cut     bool  // connections that end now do so on purpose
	failed  error // of the first held connection that was lost
	reading sync.WaitGroup
}

// dial opens a connection of the fleet.
func (f *fleet) dial(ctx context.Context, url string, buffer int) (*conn, error) {
	c, err := dial(ctx, url, buffer)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.conns = append(f.conns, c)
	if f.cut {
		_ = c.Close()
	}
	return c, nil
}

// read reads a connection until it ends and returns why it ended, or nil if the
// fleet has been closed.
func (f *fleet) read(c *conn, read func(), message func(text []byte) bool) error {
	err := c.each(read, message)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cut {
		return nil
	}
	return err
}

// hold answers the pings on a connection.
func (f *fleet) hold(c *conn) {
	f.reading.Go(func() {
		err := f.read(c, nil, func([]byte) bool { return true })
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.failed == nil {
			f.failed = err
		}
	})
}

func (f *fleet) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// cutWith closes all connections when ctx ends, so that nothing waits for them.
func (f *fleet) cutWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, f.cutAll)
}

func (f *fleet) cutAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cut = true
	for _, c := range f.conns {
		_ = c.Close()
	}
	f.conns = nil
}

// close closes all connections and waits for their readers.
func (f *fleet) close() {
	f.cutAll()
	f.reading.Wait()
}
