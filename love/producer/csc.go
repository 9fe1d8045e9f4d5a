package producer

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love/sal"
)

// Remote is the part of a SAL remote that a [CSC] needs; [*sal.Remote]
// implements it.
type Remote interface {
	Component() *sal.Component
	Index() int // 0 for all instances
	// Subscribe calls f on another goroutine with the newest late joiner sample
	// and then with every sample, in order.
	Subscribe(attr string, f func(*sal.Sample)) (cancel func(), err error)
	// Latest returns the newest sample of a topic, and whether there is one.
	Latest(attr string) (*sal.Sample, bool)
}

// CSC is the producer of one SAL component (docs/protocol/producer.md#components).
// It sends each event at once, the newest telemetry once a period, and a summary of
// the heartbeats. Use [NewCSC].
type CSC struct {
	*Base
	remote Remote
	topics servedTopics
	polled []string // attribute names of the topics whose newest sample is polled
	pushed *throttle
	unsent *outage.Log // data that was not sent

	// The goroutine of Run handles what comes through these, so that samples keep
	// their order; it alone uses the fields after them.
	arrivals chan arrival
	calls    chan func()
	encoders map[string]*encoder // by attribute name
	scratch  []byte              // the last object that was not stored; reused

	// Set before Run by types that embed CSC.
	first []string           // topics whose late joiner data come first
	after map[string]handler // by attribute name; called after a sample is sent
}

// handler handles a sample on the goroutine of Run.
type handler func(context.Context, arrival)

// arrival is a sample on its way to the goroutine of Run.
type arrival struct {
	handle handler
	attr   string
	sample *sal.Sample
	at     time.Time
}

var _ Producer = (*CSC)(nil)

// NewCSC returns the producer of the remote's component. It does not watch the
// heartbeat of a component that has no heartbeat event. The caller closes the
// remote. NewCSC panics if the remote is nil.
func NewCSC(remote Remote, opts ...CSCOption) *CSC { return newCSC(remote, newConfig(opts)) }

func newCSC(remote Remote, cfg config) *CSC {
	if isNil(remote) {
		panic("producer: the Remote is nil: was the error of Domain.Remote checked?")
	}
	c := remote.Component()
	p := &CSC{
		Base:     newBase(c.Name, c.Instance(remote.Index()), remote.Index(), cfg),
		remote:   remote,
		topics:   cfg.selection.of(c),
		arrivals: make(chan arrival),
		calls:    make(chan func()),
		encoders: map[string]*encoder{},
		after:    map[string]handler{},
	}
	p.unsent = outage.New(p.log, slog.LevelWarn, "data was not sent", "data is sent again")
	if len(p.topics.unknown) > 0 {
		p.log.Warn("unknown topics are ignored", "topics", p.topics.unknown)
	}
	if cfg.push {
		p.pushed = newThrottle(cfg.clock, cfg.pushInterval, p.topics.periodic)
		return p
	}
	p.pushed = newThrottle(cfg.clock, 0, nil)
	for _, t := range p.topics.periodic {
		p.polled = append(p.polled, t.Attr())
	}
	return p
}

// Run implements [Producer]. A single goroutine handles all samples, so that they
// keep their order.
func (p *CSC) Run(ctx context.Context, to Sender) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop, err := p.start(ctx, to)
	if err != nil {
		return err
	}
	defer stop()
	telemetry := p.cfg.clock.NewTicker(p.cfg.period)
	defer telemetry.Stop()
	heartbeat := newHeartbeatWatch(p.csc, p.remote.Index(), p.cfg.clock, p.cfg.startDelay)
	defer heartbeat.timer.Stop()
	var expired <-chan time.Time // nil if the heartbeat is not watched
	if p.topics.heartbeat {
		expired = heartbeat.timer.C()
	}
	defer p.pushed.timer.Stop()
	unsubscribe, err := p.subscribe(ctx, heartbeat)
	defer unsubscribe()
	if err != nil {
		return err
	}
	for {
		select {
		case a := <-p.arrivals:
			a.handle(ctx, a)
		case f := <-p.calls:
			f()
		case <-p.pushed.timer.C():
			for _, s := range p.pushed.due() {
				p.send(ctx, s)
			}
		case <-expired:
			if heartbeat.expired(p.cfg.clock.Now()) {
				p.sendHeartbeat(ctx, heartbeat)
			}
		case <-telemetry.C():
			p.poll(ctx)
			p.pollAll(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// do calls f on the goroutine of Run, unless ctx ends first.
func (p *CSC) do(ctx context.Context, f func()) {
	select {
	case p.calls <- f:
	case <-ctx.Done():
	}
}

// subscribe has all samples handled on the goroutine of Run until unsubscribe is
// called, which must be called even after an error.
func (p *CSC) subscribe(ctx context.Context, heartbeat *heartbeatWatch) (unsubscribe func(), err error) {
	handlers := map[string]handler{}
	var attrs []string
	add := func(topics []*sal.Topic, h handler) {
		for _, t := range topics {
			attrs = append(attrs, t.Attr())
			handlers[t.Attr()] = h
		}
	}
	add(p.topics.asynchronous, p.publishSample)
	if p.cfg.push {
		add(p.topics.periodic, p.pushSample)
	}
	if p.topics.heartbeat {
		attrs = append(attrs, heartbeatTopic)
		handlers[heartbeatTopic] = func(ctx context.Context, a arrival) {
			if heartbeat.beat(a.at) {
				p.sendHeartbeat(ctx, heartbeat)
			}
		}
	}
	rank := func(attr string) int {
		if i := slices.Index(p.first, attr); i >= 0 {
			return i
		}
		return len(p.first)
	}
	slices.SortStableFunc(attrs, func(a, b string) int { return rank(a) - rank(b) })
	return p.receive(ctx, p.remote, attrs, func(attr string) handler { return handlers[attr] })
}

// receive has the samples of some topics handled on the goroutine of Run until
// unsubscribe is called, which must be called even after an error.
func (p *CSC) receive(ctx context.Context, r Remote, attrs []string, handlerOf func(attr string) handler) (unsubscribe func(), err error) {
	var cancels []func()
	unsubscribe = func() {
		for _, cancel := range cancels {
			cancel()
		}
	}
	for _, attr := range attrs {
		handle := handlerOf(attr)
		cancel, err := r.Subscribe(attr, func(s *sal.Sample) {
			select {
			case p.arrivals <- arrival{handle, attr, s, p.cfg.clock.Now()}:
			case <-ctx.Done():
			}
		})
		if err != nil {
			return unsubscribe, fmt.Errorf("producer of %s: %w", r.Component().Instance(r.Index()), err)
		}
		cancels = append(cancels, cancel)
	}
	return unsubscribe, nil
}

// encoder returns the encoder of a topic. A sample written with another version of
// the interface has another topic, whose encoder replaces the previous one.
func (p *CSC) encoder(attr string, t *sal.Topic) *encoder {
	e := p.encoders[attr]
	if e == nil || e.topic != t {
		e = newEncoder(t)
		p.encoders[attr] = e
	}
	return e
}

// publishSample stores a sample and sends it.
func (p *CSC) publishSample(ctx context.Context, a arrival) {
	e := p.encoder(a.attr, a.sample.Topic())
	it := item{e.header(p.index), e.encode(a.sample, p.remote.Index())}
	p.logFailure(ctx, a.attr, p.publisher.publish(ctx, stored{item: it, key: a.attr}))
	if after := p.after[a.attr]; after != nil {
		after(ctx, a)
	}
}

// pushSample sends a sample without storing it, unless it comes too soon and must
// wait.
func (p *CSC) pushSample(ctx context.Context, a arrival) {
	if p.pushed.pass(a) {
		p.send(ctx, a.sample)
	}
}

// poll sends the newest sample of each polled topic without storing it.
func (p *CSC) poll(ctx context.Context) {
	for _, attr := range p.polled {
		if s, ok := p.remote.Latest(attr); ok {
			p.send(ctx, s)
		}
	}
}

// send sends a sample without storing it.
func (p *CSC) send(ctx context.Context, s *sal.Sample) {
	attr := s.Topic().Attr()
	e := p.encoder(attr, s.Topic())
	p.scratch = e.append(p.scratch[:0], s, p.remote.Index())
	p.logFailure(ctx, attr, p.publisher.send(ctx, item{e.header(p.index), p.scratch}))
}

// sendHeartbeat sends the summary of the heartbeats.
func (p *CSC) sendHeartbeat(ctx context.Context, w *heartbeatWatch) {
	p.logFailure(ctx, heartbeatTopic, p.publisher.sendBare(ctx, w.item(), p.publisher.message.now()))
}

func (p *CSC) logFailure(ctx context.Context, what string, err error) {
	switch {
	case err != nil && ctx.Err() == nil:
		p.unsent.Failed(p.cfg.clock.Now(), err, "of", what)
	case err == nil && p.unsent.Failing():
		p.unsent.Succeeded(p.cfg.clock.Now())
	}
}

// HandleRequest implements [Producer]. It ignores requests whose component or index
// is not its own. An event takes precedence over telemetry of the same name
// (docs/protocol/producer.md#requests); both do over what [Base.Event] has published.
func (p *CSC) HandleRequest(ctx context.Context, r Request, to Sender) error {
	if !p.isFor(r) {
		return nil
	}
	for _, kind := range []sal.Kind{sal.Event, sal.Telemetry} {
		attr := kind.Prefix() + r.Stream
		if _, ok := p.remote.Component().Topic(attr); ok {
			return p.publisher.reply(ctx, to, attr, origin{})
		}
	}
	return p.publisher.reply(ctx, to, r.Stream, origin{csc: p.csc, index: p.index, hasIndex: true})
}

// isFor reports whether a request names the producer's component and index.
func (p *CSC) isFor(r Request) bool {
	index, ok := r.index()
	return ok && index == p.remote.Index() && r.CSC == p.csc
}
