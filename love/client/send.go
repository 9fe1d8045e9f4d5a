package client

import (
	"context"
	"fmt"

	"github.com/gobwas/ws"
)

// Send sends one message, in the order of the calls. While there is no
// connection, and when one is lost meanwhile, it waits for the next. If ctx ends
// before, the error wraps [ErrNotConnected], as if nobody calls [Client.Run] within
// five seconds ([ErrNotRunning]); after the end of Run it wraps [ErrClosed]. nil means that the message was handed to the operating
// system; what was in transit when a connection was lost is lost.
func (c *Client) Send(ctx context.Context, msg []byte) error {
	if err := c.awaitRun(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrNotConnected, err)
	}
	for {
		s, connected := c.current()
		if s != nil {
			if s.write(ctx, ws.OpText, msg) == nil {
				return nil
			}
			// The frame was not written whole, so the manager has not seen it.
			connected = s.detached
		}
		select {
		case <-connected:
		case <-c.done:
			return c.closedError()
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrNotConnected, context.Cause(ctx))
		}
	}
}

// TrySend is like Send, but does not wait for a connection: without one it
// returns an error that wraps [ErrNotConnected] at once.
func (c *Client) TrySend(ctx context.Context, msg []byte) error {
	s, _ := c.current()
	if s == nil {
		return c.notConnected()
	}
	if err := s.write(ctx, ws.OpText, msg); err != nil {
		return fmt.Errorf("%w: %w", ErrNotConnected, err)
	}
	return nil
}

// notConnected returns the error of what needs a connection when there is none.
func (c *Client) notConnected() error {
	if c.isStarted() {
		return ErrNotConnected
	}
	return fmt.Errorf("%w: %w", ErrNotConnected, ErrNotRunning)
}

// current returns the present connection, which may be nil, and a channel that
// is closed when there is one.
func (c *Client) current() (*socket, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socket, c.connected
}

// closedError returns the error of everything that needs Run, once Run has ended.
func (c *Client) closedError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.runErr != nil {
		return fmt.Errorf("%w: %w", ErrClosed, c.runErr)
	}
	return ErrClosed
}
