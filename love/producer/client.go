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

// queuedRequests is the number of requests that may wait for one producer. Further
// ones are dropped and counted; viewers repeat their requests.
const queuedRequests = 256

// confirmDelay is the wait after sending events before the client asks whether
// the manager has read them.
const confirmDelay = 500 * time.Millisecond

// Client serves producers over one connection to a manager
// (docs/protocol/producer.md#connection). After each connection it subscribes to the
// requests that the producers want, sends the messages that waited for the
// connection, and has the producers send the initial data of all other streams. From
// then on it repeats the subscriptions, hands requests to the producers and sends
// their messages. Use [NewClient].
//
// While the manager is unreachable, all events and the newest telemetry of each
// stream wait in an outbox, bounded by [WithOutbox]. Events that were sent but
// not yet confirmed when the connection is lost are kept there too and are sent
// again, even if the manager had already read them.
//
// A producer that fails, panics, or is slow to answer does not affect the
// others.
type Client struct {
	transport   Transport
	cfg         clientConfig
	log         *slog.Logger
	message     *Message
	producers   []*served
	connected   chan struct{} // receives a token after each connection
	unconfirmed chan struct{} // receives a token when events were sent

	sending    sync.Mutex // held while a message is sent; guards what follows
	outbox     outbox
	ready      bool // connected, and nothing waits in the outbox
	connection int  // number of connections lost so far
	full       bool // whether the outbox overflowed during this interruption

	droppedRequests atomic.Uint64

	errs          []error     // what was wrong before Run, which returns it
	started       atomic.Bool // Run was called
	everConnected atomic.Bool
}

// served is a producer and the requests that wait for it.
type served struct {
	Producer
	requests chan Request
}

// Dropped counts the messages and requests that a [Client] had to drop.
type Dropped struct {
	// Messages counts messages dropped from a full outbox.
	Messages uint64
	// Requests counts requests that came faster than their producer answered.
	Requests uint64
}

// connectTime is how long a client may be without its first connection before that is
// logged.
const connectTime = 10 * time.Second

// NewClient returns a client over a transport, which [Client.Run] runs. A transport that
// is nil, and options that are wrong, are errors of Run.
func NewClient(t Transport, opts ...ClientOption) *Client {
	cfg := newClientConfig(opts)
	c := &Client{
		transport:   t,
		cfg:         cfg,
		log:         cfg.log(),
		message:     NewMessage(love.All, cfg.clock),
		connected:   make(chan struct{}, 1),
		unconfirmed: make(chan struct{}, 1),
		outbox:      newOutbox(cfg.outbox),
	}
	if err := cfg.check(); err != nil {
		c.errs = append(c.errs, err)
	}
	if isNil(t) {
		c.errs = append(c.errs, errors.New("producer: the Transport of the Client is nil: give a *client.Client or InProcess"))
		return c
	}
	t.OnConnect(c.onConnect)
	t.OnDisconnect(c.onDisconnect)
	t.OnMessage(c.onMessage)
	return c
}

// Add makes the client serve p. Call it before Run: a producer that is added later is
// not served, which is logged, and a nil one is an error of Run.
func (c *Client) Add(p Producer) {
	switch {
	case isNil(p):
		c.errs = append(c.errs, errors.New("producer: a nil Producer was added to the Client"))
	case c.started.Load():
		c.log.Error("a producer was added after the client has begun to run: it is not served", "producer", p.Name())
	default:
		c.producers = append(c.producers, &served{Producer: p, requests: make(chan Request, queuedRequests)})
	}
}

// Create makes producers by name ([Factory.FromName]), all at the same time, and
// adds them to the client. It returns them in the order of names. Call it before
// Run.
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

// CreateType makes a producer of a type ([Factory.FromType]) and adds it to the
// client. Call it before Run.
func (c *Client) CreateType(ctx context.Context, f *Factory, typ, name string) (Producer, error) {
	p, err := f.FromType(ctx, typ, name)
	if err != nil {
		return nil, err
	}
	c.Add(p)
	return p, nil
}

// Dropped returns the counts of what was dropped so far.
func (c *Client) Dropped() Dropped {
	c.sending.Lock()
	defer c.sending.Unlock()
	return Dropped{Messages: c.outbox.dropped, Requests: c.droppedRequests.Load()}
}

// Run runs the transport and the producers until ctx ends. It returns nil once
// all of them have ended, or the error of the transport. A client runs once. If it has
// no producer, or is not connected within ten seconds, that is logged once.
func (c *Client) Run(ctx context.Context) error {
	if err := errors.Join(c.errs...); err != nil {
		return err
	}
	if c.started.Swap(true) {
		return errors.New("producer: Run was called before; make another Client")
	}
	if len(c.producers) == 0 {
		c.log.Warn("the client has no producers: add them before it runs")
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	for _, p := range c.producers {
		all.Go(func() { c.run(ctx, p) })
		all.Go(func() { c.answer(ctx, p) })
	}
	all.Go(func() { c.repeatSubscriptions(ctx) })
	all.Go(func() { c.confirmLoop(ctx) })
	all.Go(func() { c.warnUnconnected(ctx) })
	return c.transport.Run(ctx)
}

// warnUnconnected logs that there is no connection, if there is none in time.
func (c *Client) warnUnconnected(ctx context.Context) {
	timer := c.cfg.clock.NewTimer(connectTime)
	defer timer.Stop()
	select {
	case <-timer.C():
		if !c.everConnected.Load() {
			c.log.Warn("there is no connection to the manager yet: what the producers publish waits", "after", connectTime, "outbox_bytes", c.cfg.outbox)
		}
	case <-ctx.Done():
	}
}

func (c *Client) run(ctx context.Context, p *served) {
	if err := recoverPanic(func() error { return p.Run(ctx, c) }); err != nil && ctx.Err() == nil {
		c.log.Error("a producer has failed; the others continue", "producer", p.Name(), "error", err)
	}
}

// answer hands requests to a producer, one at a time.
func (c *Client) answer(ctx context.Context, p *served) {
	for {
		select {
		case r := <-p.requests:
			if err := recoverPanic(func() error { return p.HandleRequest(ctx, r, c) }); err != nil && ctx.Err() == nil {
				c.log.Warn("a request was not answered", "producer", p.Name(), "stream", r.Stream, "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// subscribe subscribes to the requests that the producers want, once for each
// component name.
func (c *Client) subscribe(ctx context.Context) error {
	var asked []string
	for _, p := range c.producers {
		for _, csc := range p.Subscriptions() {
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

// repeatSubscriptions repeats the subscriptions at an interval that starts anew
// with each connection.
func (c *Client) repeatSubscriptions(ctx context.Context) {
	timer := c.cfg.clock.NewTimer(c.cfg.subscribeInterval)
	defer timer.Stop()
	for {
		select {
		case <-c.connected:
		case <-timer.C():
			if err := c.subscribe(ctx); err != nil && !errors.Is(err, client.ErrNotConnected) {
				c.log.Warn("subscriptions were not repeated", "error", err)
			}
		case <-ctx.Done():
			return
		}
		timer.Reset(c.cfg.subscribeInterval)
	}
}

// onMessage queues a request from the manager for every producer; each decides
// whether the request is for it. Other messages are ignored.
func (c *Client) onMessage(_ context.Context, raw []byte) {
	r, ok := ParseRequest(raw)
	if !ok {
		return
	}
	for _, p := range c.producers {
		select {
		case p.requests <- r:
		default:
			if c.droppedRequests.Add(1) == 1 {
				c.log.Warn("requests come faster than a producer answers them; some are dropped", "producer", p.Name())
			}
		}
	}
}
