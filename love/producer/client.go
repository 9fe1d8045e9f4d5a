package producer

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// requestQueue is how many requests wait for one producer. More are dropped,
// and counted: viewers repeat theirs.
const requestQueue = 256

// confirmDelay is how long after sending events it is asked whether the manager
// has read them.
const confirmDelay = 500 * time.Millisecond

// Client serves producers over one connection to a manager (producer spec,
// section 4): after each connection it subscribes to the requests they want,
// sends what has waited for it, and has them send the initial data of all other
// streams; it repeats the subscriptions, hands requests to the producers and
// sends what they have. Use [NewClient].
//
// Nothing is lost while the manager is away, or on the way when it goes: all
// events and the newest telemetry of each stream wait in an outbox, bounded by
// [WithOutbox]. So an event that the manager had read but not yet confirmed when
// it went is sent to its successor again.
//
// A producer that fails, panics, or is slow to answer does not affect the
// others.
type Client struct {
	transport Transport
	cfg       config
	log       *slog.Logger
	message   *Message
	desks     []*desk
	greeted   chan struct{} // a token after each connection
	unread    chan struct{} // a token when events were sent

	mail       sync.Mutex // is held while something is sent
	box        outbox
	ready      bool // connected, and nothing waits in the outbox
	connection int  // counts them
	full       bool // the outbox was, in this interruption

	droppedRequests atomic.Uint64
}

// desk is a producer with the requests that wait for it.
type desk struct {
	Producer
	requests chan Request
}

// Dropped counts what a [Client] could not keep.
type Dropped struct {
	// Messages that waited for the manager and were too many, and telemetry that
	// had to wait and that no manager could distribute.
	Messages uint64
	// Requests that came faster than their producer answers.
	Requests uint64
}

// NewClient makes a client over a transport, which its Run runs. [WithClock],
// [WithLogger], [WithOutbox] and [WithSubscribeInterval] apply.
func NewClient(t Transport, opts ...Option) *Client {
	cfg := newConfig(opts)
	c := &Client{
		transport: t,
		cfg:       cfg,
		log:       cfg.logger,
		message:   NewMessage(love.All, cfg.clock),
		greeted:   make(chan struct{}, 1),
		unread:    make(chan struct{}, 1),
		box:       newOutbox(cfg.outbox),
	}
	t.OnConnect(c.greet)
	t.OnDisconnect(c.lost)
	t.OnMessage(c.received)
	return c
}

// Add makes the client serve p. Call it before Run.
func (c *Client) Add(p Producer) {
	c.desks = append(c.desks, &desk{Producer: p, requests: make(chan Request, requestQueue)})
}

// Create makes producers by name ([Factory.FromName]), all at once, and serves
// them. It returns them in the order of their names. Call it before Run.
func (c *Client) Create(ctx context.Context, f *Factory, names ...string) ([]Producer, error) {
	producers := make([]Producer, len(names))
	errs := make([]error, len(names))
	var making sync.WaitGroup
	for i, name := range names {
		making.Go(func() { producers[i], errs[i] = f.FromName(ctx, name) })
	}
	making.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, p := range producers {
		c.Add(p)
	}
	return producers, nil
}

// CreateType makes a producer of a type ([Factory.FromType]) and serves it.
// Call it before Run.
func (c *Client) CreateType(ctx context.Context, f *Factory, typ, name string) (Producer, error) {
	p, err := f.FromType(ctx, typ, name)
	if err != nil {
		return nil, err
	}
	c.Add(p)
	return p, nil
}

// Dropped tells what was lost so far.
func (c *Client) Dropped() Dropped {
	c.mail.Lock()
	defer c.mail.Unlock()
	return Dropped{Messages: c.box.dropped + c.box.homeless, Requests: c.droppedRequests.Load()}
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
	all.Go(func() { c.confirm(ctx) })
	return c.transport.Run(ctx)
}

func (c *Client) run(ctx context.Context, d *desk) {
	if err := guarded(func() error { return d.Run(ctx, c) }); err != nil && ctx.Err() == nil {
		c.log.Error("a producer has failed, the others go on", "producer", d.Name(), "error", err)
	}
}

// answer hands requests to a producer, one after the other.
func (c *Client) answer(ctx context.Context, d *desk) {
	for {
		select {
		case r := <-d.requests:
			if err := guarded(func() error { return d.HandleRequest(ctx, r, c) }); err != nil && ctx.Err() == nil {
				c.log.Warn("a request was not answered", "producer", d.Name(), "stream", r.Stream, "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
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
