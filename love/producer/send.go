package producer

import (
	"context"
	"errors"
	"sync"

	"github.com/rubin-love/love-go/love/client"
)

// Send implements [Sender] for the producers. Without a connection the message
// waits in the outbox, which is not an error. A message that is not UTF-8 is one:
// the manager would close the connection, and again when the message is repeated; and
// so is one without streams, which no manager could distribute. A header without
// streams is filled in.
func (c *Client) Send(ctx context.Context, d Data) error {
	if err := d.complete(); err != nil {
		return err
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if c.ready {
		err := c.transport.TrySend(ctx, d.JSON)
		if err == nil {
			c.outbox.keepSent(d)
			c.requestConfirmation()
			return nil
		}
		if !errors.Is(err, client.ErrNotConnected) || ctx.Err() != nil {
			return err
		}
		c.ready = false
	}
	before := c.outbox.dropped
	c.outbox.put(d)
	if c.outbox.dropped > before && !c.full {
		c.full = true
		c.log.Warn("the outbox is full: the oldest of what waits for the manager is dropped", "bytes", c.cfg.outbox)
	}
	return nil
}

// requestConfirmation wakes confirmLoop if sent messages are not confirmed yet.
// The caller holds c.sending.
func (c *Client) requestConfirmation() {
	if len(c.outbox.queue) == 0 {
		return
	}
	select {
	case c.unconfirmed <- struct{}{}:
	default:
	}
}

// onDisconnect marks what the manager has not confirmed to be sent again.
func (c *Client) onDisconnect() {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.ready = false
	c.connection++
	c.outbox.disconnect()
}

// onConnect subscribes and sends everything that is known, because the new manager
// knows nothing yet.
func (c *Client) onConnect(ctx context.Context) error {
	c.everConnected.Store(true)
	if err := c.subscribe(ctx); err != nil {
		return err
	}
	select {
	case c.connected <- struct{}{}:
	default:
	}
	sent, err := c.sendWaiting(ctx)
	if err != nil {
		return err
	}
	return c.sendInitialData(ctx, initialSender{c, sent})
}

// sendInitialData has all producers send their initial data at the same time, so
// that one that hangs does not delay the data of the others. It returns an error
// only if the connection fails.
func (c *Client) sendInitialData(ctx context.Context, to Sender) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, p := range c.producers {
		all.Go(func() {
			err := recoverPanic(func() error { return p.InitialData(ctx, to) })
			switch {
			case errors.Is(err, client.ErrNotConnected):
				cancel(err)
			case err != nil && ctx.Err() == nil:
				c.log.Warn("initial data was not sent", "producer", p.Name(), "error", err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

// sendWaiting sends what waits in the outbox, including what is added meanwhile,
// and returns the streams of these messages. From then on messages are sent
// without delay.
func (c *Client) sendWaiting(ctx context.Context) (sent map[streamKey]bool, err error) {
	sent = map[streamKey]bool{}
	messages := 0
	for {
		done, err := c.sendNext(ctx, sent)
		if err != nil {
			return nil, err
		}
		if done {
			c.log.Info("producers are connected", "sent_late", messages, "dropped_so_far", c.Dropped().Messages)
			return sent, nil
		}
		messages++
	}
}

func (c *Client) sendNext(ctx context.Context, sent map[streamKey]bool) (done bool, err error) {
	c.sending.Lock()
	defer c.sending.Unlock()
	d, ok := c.outbox.next()
	if !ok {
		c.ready, c.full = true, false
		return true, nil
	}
	if err := c.transport.TrySend(ctx, d.JSON); err != nil {
		return false, err
	}
	for _, stream := range d.Streams {
		sent[d.streamKey(stream)] = true
	}
	c.outbox.advance()
	c.requestConfirmation()
	return false, nil
}

// initialSender sends initial data, except for streams that were sent already.
type initialSender struct {
	*Client
	sent map[streamKey]bool
}

// Send implements [Sender].
func (s initialSender) Send(ctx context.Context, d Data) error {
	if err := d.complete(); err != nil {
		return err
	}
	known := len(d.Streams) > 0
	for _, stream := range d.Streams {
		known = known && s.sent[d.streamKey(stream)]
	}
	if known {
		return nil
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	return s.transport.TrySend(ctx, d.JSON)
}

// confirmLoop asks the manager, some time after events were sent, whether it has
// read them, so that the outbox can forget them.
func (c *Client) confirmLoop(ctx context.Context) {
	timer := c.cfg.clock.NewTimer(confirmDelay)
	defer timer.Stop()
	for {
		select {
		case <-c.unconfirmed:
		case <-ctx.Done():
			return
		}
		timer.Reset(confirmDelay)
		select {
		case <-timer.C():
		case <-ctx.Done():
			return
		}
		c.confirm(ctx)
	}
}

func (c *Client) confirm(ctx context.Context) {
	c.sending.Lock()
	connection, number := c.connection, c.outbox.sent
	c.sending.Unlock()
	if c.transport.Flush(ctx) != nil {
		return // what is not confirmed is sent again after the next connection
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if c.connection == connection {
		c.outbox.confirm(number)
	}
}
