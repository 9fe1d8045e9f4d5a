package client

import (
	"context"
	"fmt"

	"github.com/gobwas/ws"
)

// Send sends one message, in the order of the calls. While there is no
// connection, and when one breaks under it, it waits for the next, as long as
// ctx allows: then the error wraps [ErrNotConnected]. nil means that the
// message was handed to the operating system; what was on the way when a
// connection broke is lost.
func (c *Client) Send(ctx context.Context, msg []byte) error {
	for {
		s, connected := c.current()
		if s != nil {
			if s.write(ctx, ws.OpText, msg) == nil {
				return nil
			}
			// Not sent whole, so the manager has not seen it.
			connected = s.gone
		}
		select {
		case <-connected:
		case <-c.done:
			return c.ended()
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrNotConnected, context.Cause(ctx))
		}
	}
}

// TrySend is Send that does not wait for a connection: without one the error
// is [ErrNotConnected], at once.
func (c *Client) TrySend(ctx context.Context, msg []byte) error {
	s, _ := c.current()
	if s == nil {
		return ErrNotConnected
	}
	if err := s.write(ctx, ws.OpText, msg); err != nil {
		return fmt.Errorf("%w: %w", ErrNotConnected, err)
	}
	return nil
}

func (c *Client) current() (*socket, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket, c.connected
}

// ended is the error of everything that needs Run, once Run has ended.
func (c *Client) ended() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end != nil {
		return fmt.Errorf("%w: %w", ErrClosed, c.end)
	}
	return ErrClosed
}
