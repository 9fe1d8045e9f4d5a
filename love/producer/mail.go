package producer

import (
	"context"
	"errors"
	"sync"

	"github.com/rubin-love/love-go/love/client"
)

// Send implements [Sender] for the producers. Without a connection the message
// waits in the outbox, which is not an error.
func (c *Client) Send(ctx context.Context, msg []byte) error {
	c.mail.Lock()
	defer c.mail.Unlock()
	if c.ready {
		err := c.transport.TrySend(ctx, msg)
		if err == nil {
			c.sent(msg)
			return nil
		}
		if !errors.Is(err, client.ErrNotConnected) || ctx.Err() != nil {
			return err
		}
		c.ready = false
	}
	before := c.box.dropped
	c.box.put(msg)
	if c.box.dropped > before && !c.full {
		c.full = true
		c.log.Warn("the outbox is full: the oldest of what waits for the manager is dropped", "bytes", c.cfg.outbox)
	}
	return nil
}

// sent keeps a message that was just sent until the manager confirms it.
func (c *Client) sent(msg []byte) {
	c.box.keepSent(msg)
	c.mayBeUnread()
}

// mayBeUnread wakes confirm if sent messages are not confirmed yet.
func (c *Client) mayBeUnread() {
	if len(c.box.letters) == 0 {
		return
	}
	select {
	case c.unread <- struct{}{}:
	default:
	}
}

// lost is called when the connection is lost. It marks what the manager has not
// confirmed to be sent again.
func (c *Client) lost() {
	c.mail.Lock()
	defer c.mail.Unlock()
	c.ready = false
	c.connection++
	c.box.lost()
}

// greet is called after each connection. It subscribes and sends everything that
// is known, because the new manager knows nothing yet.
func (c *Client) greet(ctx context.Context) error {
	if err := c.subscribe(ctx); err != nil {
		return err
	}
	select {
	case c.greeted <- struct{}{}:
	default:
	}
	told, err := c.sendWaiting(ctx)
	if err != nil {
		return err
	}
	return c.tellAll(ctx, greeting{c, told})
}

// tellAll has all producers send their initial data at the same time, so that one
// that hangs does not delay the data of the others. It returns an error only if
// the connection fails.
func (c *Client) tellAll(ctx context.Context, to Sender) error {
	telling, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, d := range c.desks {
		all.Go(func() {
			err := guarded(func() error { return d.InitialData(telling, to) })
			switch {
			case errors.Is(err, client.ErrNotConnected):
				cancel(err)
			case err != nil && telling.Err() == nil:
				c.log.Warn("initial data was not sent", "producer", d.Name(), "error", err)
			}
		})
	}
	all.Wait()
	return context.Cause(telling)
}

// sendWaiting sends what waits in the outbox, including what is added meanwhile,
// and returns the streams of these messages. From then on messages are sent at
// once.
func (c *Client) sendWaiting(ctx context.Context) (told map[string]bool, err error) {
	told = map[string]bool{}
	messages := 0
	for {
		done, err := c.sendNext(ctx, told)
		if err != nil {
			return nil, err
		}
		if done {
			c.log.Info("producers are connected", "sent_late", messages, "dropped_so_far", c.Dropped().Messages)
			return told, nil
		}
		messages++
	}
}

func (c *Client) sendNext(ctx context.Context, told map[string]bool) (done bool, err error) {
	c.mail.Lock()
	defer c.mail.Unlock()
	msg := c.box.next()
	if msg == nil {
		c.ready, c.full = true, false
		return true, nil
	}
	if err := c.transport.TrySend(ctx, msg); err != nil {
		return false, err
	}
	for _, stream := range addressOf(msg).streams {
		told[stream] = true
	}
	c.box.advance()
	c.mayBeUnread()
	return false, nil
}

// greeting sends initial data, except for streams that were sent already.
type greeting struct {
	*Client
	told map[string]bool
}

// Send implements [Sender].
func (g greeting) Send(ctx context.Context, msg []byte) error {
	streams := addressOf(msg).streams
	known := len(streams) > 0
	for _, stream := range streams {
		known = known && g.told[stream]
	}
	if known {
		return nil
	}
	g.mail.Lock()
	defer g.mail.Unlock()
	return g.transport.TrySend(ctx, msg)
}

// confirm asks the manager, some time after events were sent, whether it has read
// them, so that the outbox can forget them.
func (c *Client) confirm(ctx context.Context) {
	timer := c.cfg.clock.NewTimer(confirmDelay)
	defer timer.Stop()
	for {
		select {
		case <-c.unread:
		case <-ctx.Done():
			return
		}
		timer.Reset(confirmDelay)
		select {
		case <-timer.C():
		case <-ctx.Done():
			return
		}
		c.confirmOnce(ctx)
	}
}

func (c *Client) confirmOnce(ctx context.Context) {
	c.mail.Lock()
	connection, number := c.connection, c.box.sent
	c.mail.Unlock()
	if c.transport.Flush(ctx) != nil {
		return // what is not confirmed is sent again after the next connection
	}
	c.mail.Lock()
	defer c.mail.Unlock()
	if c.connection == connection {
		c.box.arrived(number)
	}
}
