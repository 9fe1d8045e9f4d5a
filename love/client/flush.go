package client

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/gobwas/ws"
)

// Flush waits until the manager has read everything that was sent on this
// connection before: it sends a ping, which is answered in its turn. Without a
// connection, or when it is lost, the error wraps [ErrNotConnected]: what was
// sent since the last Flush may be lost then.
func (c *Client) Flush(ctx context.Context) error {
	s, _ := c.current()
	if s == nil {
		return c.notConnected()
	}
	number, answered := s.flushes.begin()
	if err := s.write(ctx, ws.OpPing, binary.BigEndian.AppendUint64(nil, number)); err != nil {
		s.flushes.forget(number)
		return fmt.Errorf("%w: %w", ErrNotConnected, err)
	}
	select {
	case <-answered:
		return nil
	case <-s.detached:
		return ErrNotConnected
	case <-ctx.Done():
		s.flushes.forget(number)
		return context.Cause(ctx)
	}
}

// pendingFlushes holds the pings of one connection for whose answers a Flush
// waits. The zero value is ready.
type pendingFlushes struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan struct{}
}

func (f *pendingFlushes) begin() (number uint64, answered <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting == nil {
		f.waiting = map[uint64]chan struct{}{}
	}
	f.last++
	done := make(chan struct{})
	f.waiting[f.last] = done
	return f.last, done
}

func (f *pendingFlushes) forget(number uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waiting, number)
}

// answered handles the payload of a pong. Of several pings a peer may answer
// only the last.
func (f *pendingFlushes) answered(payload []byte) {
	if len(payload) != 8 {
		return // of a ping that only keeps the connection alive
	}
	number := binary.BigEndian.Uint64(payload)
	f.mu.Lock()
	defer f.mu.Unlock()
	for n, done := range f.waiting {
		if n <= number {
			close(done)
			delete(f.waiting, n)
		}
	}
}
