package producer

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// requestQueue is how many requests wait for one producer. More are dropped,
// and counted: viewers repeat theirs.
const requestQueue = 256

// Client serves producers over one connection to a manager (producer spec,
// section 4): after each connection it subscribes to the requests they want
// and has them send their initial data; it repeats the subscriptions, hands
// requests to the producers and sends what they have. Use [NewClient].
//
// A producer that fails, or is slow to answer, does not affect the others.
type Client struct {
	transport Transport
	cfg       config
	log       *slog.Logger
	message   *Message
	desks     []*desk
	greeted   chan struct{} // a token after each connection

	away            atomic.Bool // and it was logged
	droppedMessages atomic.Uint64
	droppedRequests atomic.Uint64
}

// desk is a producer with the requests that wait for it.
type desk struct {
	Producer
	requests chan Request
}

// Dropped counts what a [Client] could not keep.
type Dropped struct {
	Messages uint64 // sent while there was no manager
	Requests uint64 // that came faster than their producer answers
}

// NewClient makes a client over a transport, which its Run runs. [WithClock],
// [WithLogger] and [WithSubscribeInterval] apply.
func NewClient(t Transport, opts ...Option) *Client {
	cfg := newConfig(opts)
	c := &Client{
		transport: t,
		cfg:       cfg,
		log:       cfg.logger,
		message:   NewMessage(love.All, cfg.clock),
		greeted:   make(chan struct{}, 1),
	}
	t.OnConnect(c.greet)
	t.OnMessage(c.received)
	return c
}

// Add makes the client serve p. Call it before Run.
func (c *Client) Add(p Producer) {
	c.desks = append(c.desks, &desk{Producer: p, requests: make(chan Request, requestQueue)})
}

// Dropped tells what was lost so far.
func (c *Client) Dropped() Dropped {
	return Dropped{Messages: c.droppedMessages.Load(), Requests: c.droppedRequests.Load()}
}

// Run runs the transport and the producers until ctx ends; then, when all have
// ended, it returns nil. An error is the transport's.
func (c *Client) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for _, d := range c.desks {
		all.Go(func() { c.run(ctx, d) })
		all.Go(func() { c.answer(ctx, d) })
	}
	all.Go(func() { c.repeatSubscriptions(ctx) })
	return c.transport.Run(ctx)
}

func (c *Client) run(ctx context.Context, d *desk) {
	if err := d.Run(ctx, c); err != nil && ctx.Err() == nil {
		c.log.Error("a producer has failed, the others go on", "producer", d.Name(), "error", err)
	}
}

// answer hands requests to a producer, one after the other.
func (c *Client) answer(ctx context.Context, d *desk) {
	for {
		select {
		case r := <-d.requests:
			if err := d.HandleRequest(ctx, r, c); err != nil && ctx.Err() == nil {
				c.log.Warn("a request was not answered", "producer", d.Name(), "stream", r.Stream, "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// Send implements [Sender] for the producers. A message for which there is no
// manager at the moment is dropped and counted, and no error: each connection
// begins with the newest of everything.
func (c *Client) Send(ctx context.Context, msg []byte) error {
	err := c.transport.TrySend(ctx, msg)
	if !errors.Is(err, client.ErrNotConnected) || ctx.Err() != nil {
		return err
	}
	c.droppedMessages.Add(1)
	if !c.away.Swap(true) {
		c.log.Warn("no manager: messages are dropped until it is back")
	}
	return nil
}

// greet is called after each connection: the manager knows nothing of us.
func (c *Client) greet(ctx context.Context) error {
	if c.away.Swap(false) {
		c.log.Info("the manager is back", "dropped_so_far", c.droppedMessages.Load())
	}
	if err := c.subscribe(ctx); err != nil {
		return err
	}
	select {
	case c.greeted <- struct{}{}:
	default:
	}
	for _, d := range c.desks {
		if err := d.InitialData(ctx, c); err != nil {
			c.log.Warn("initial data was not sent", "producer", d.Name(), "error", err)
		}
	}
	return nil
}

// subscribe asks for all requests that producers want, each kind once.
func (c *Client) subscribe(ctx context.Context) error {
	var asked []string
	for _, d := range c.desks {
		for _, csc := range d.Subscriptions() {
			if slices.Contains(asked, csc) {
				continue
			}
			asked = append(asked, csc)
			if err := c.transport.TrySend(ctx, c.message.InitialStateFor(csc)); err != nil {
				return err
			}
		}
	}
	return nil
}

// repeatSubscriptions counts the interval from each connection.
func (c *Client) repeatSubscriptions(ctx context.Context) {
	timer := c.cfg.clock.NewTimer(c.cfg.subscribe)
	defer timer.Stop()
	for {
		select {
		case <-c.greeted:
		case <-timer.C():
			if err := c.subscribe(ctx); err != nil && !errors.Is(err, client.ErrNotConnected) {
				c.log.Warn("subscriptions were not repeated", "error", err)
			}
		case <-ctx.Done():
			return
		}
		timer.Reset(c.cfg.subscribe)
	}
}

// received takes a message from the manager. Only requests matter; each
// producer decides whether one is for it.
func (c *Client) received(_ context.Context, raw []byte) {
	r, ok := ParseRequest(raw)
	if !ok {
		return
	}
	for _, d := range c.desks {
		select {
		case d.requests <- r:
		default:
			if c.droppedRequests.Add(1) == 1 {
				c.log.Warn("requests come faster than a producer answers, some are dropped", "producer", d.Name())
			}
		}
	}
}
