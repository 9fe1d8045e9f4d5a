package producer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// Remote is what [CSC] needs of a SAL remote; [*sal.Remote] is one.
type Remote interface {
	Component() *sal.Component
	Index() int
	// Subscribe gives the newest late joiner sample, then every sample, in
	// order, by calls of f on another goroutine.
	Subscribe(attr string, f func(*sal.Sample)) (cancel func(), err error)
	// Latest is the newest sample of a topic, if there was one.
	Latest(attr string) (*sal.Sample, bool)
}

// CSC is the producer of one SAL component (producer spec, section 6): each
// event becomes a message at once, telemetry is looked at once a period, the
// heartbeats are condensed. Use [NewCSC].
type CSC struct {
	*Base
	remote   Remote
	served   served
	encoders map[string]*encoder // by attribute name
	arrivals chan arrival
	pushes   *pushes // of telemetry; nil where it is polled

	// What a type that is built on CSC adds; set before Run.
	first []string                                      // topics whose late joiner data come before those of others
	then  map[string]func(context.Context, *sal.Sample) // by topic, after a sample was sent; on the goroutine of Run
}

// arrival is a sample on its way to the goroutine of Run.
type arrival struct {
	attr   string
	sample *sal.Sample
	at     time.Time
}

var _ Producer = (*CSC)(nil)

// NewCSC makes the producer of the remote's component. A component without
// heartbeat event is not watched. The remote stays the caller's to close.
func NewCSC(remote Remote, opts ...Option) *CSC {
	cfg := newConfig(opts)
	c := remote.Component()
	p := &CSC{
		Base:     newBase(c.Name, c.Instance(remote.Index()), cfg),
		remote:   remote,
		served:   cfg.selection.of(c),
		encoders: map[string]*encoder{},
		arrivals: make(chan arrival),
		then:     map[string]func(context.Context, *sal.Sample){},
	}
	if len(p.served.unknown) > 0 {
		p.log.Warn("no such topics to produce, ignored", "topics", p.served.unknown)
	}
	if cfg.push {
		p.pushes = newPushes(cfg.clock, cfg.pushInterval, p.served.periodic)
		return p
	}
	for _, t := range p.served.periodic {
		p.RegisterPeriodic(p.encoder(t).category, p.newest(t))
	}
	return p
}

// newest polls a topic.
func (p *CSC) newest(t *sal.Topic) Poll {
	attr := t.Attr()
	return func(context.Context) (any, error) {
		s, ok := p.remote.Latest(attr)
		if !ok {
			return nil, nil
		}
		return p.item(s), nil
	}
}

// encoder is that of a topic; only the goroutine of Run, or before it NewCSC,
// may ask. A sample of another version of the interface has another topic; its
// encoder takes the place of the one before.
func (p *CSC) encoder(t *sal.Topic) *encoder {
	attr := t.Attr()
	e := p.encoders[attr]
	if e == nil || e.topic != t {
		e = newEncoder(t)
		p.encoders[attr] = e
	}
	return e
}

func (p *CSC) item(s *sal.Sample) love.RawValue {
	return p.encoder(s.Topic()).encode(s, p.remote.Index())
}

// Run implements [Producer]. One goroutine does all the work, so that samples
// keep their order.
func (p *CSC) Run(ctx context.Context, to Sender) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer p.begin(to)()
	unsubscribe, err := p.subscribe(ctx)
	defer unsubscribe()
	if err != nil {
		return err
	}
	telemetry := p.cfg.clock.NewTicker(p.cfg.period)
	defer telemetry.Stop()
	var heart *pulse
	var beat <-chan time.Time // never, without heartbeat
	if p.served.heartbeat {
		heart = newPulse(p.cfg.clock, p.cfg.startDelay)
		defer heart.timer.Stop()
		beat = heart.timer.C()
	}
	var pushed <-chan time.Time // never, without pushed telemetry
	if p.pushes != nil {
		defer p.pushes.timer.Stop()
		pushed = p.pushes.timer.C()
	}
	for {
		select {
		case a := <-p.arrivals:
			if a.attr != heartbeatTopic {
				p.arrived(ctx, a)
			} else if heart.arrived(a.at) {
				p.tell(ctx, to, heart)
			}
		case <-pushed:
			for _, s := range p.pushes.due(p.cfg.clock.Now()) {
				p.pass(ctx, s)
			}
		case <-beat:
			if heart.fired(p.cfg.clock.Now()) {
				p.tell(ctx, to, heart)
			}
		case <-telemetry.C():
			p.pollAll(ctx)
		case <-ctx.Done():
			return nil
		}
	}
}

// subscribe has samples sent to p.arrivals until unsubscribe is called.
func (p *CSC) subscribe(ctx context.Context) (unsubscribe func(), err error) {
	return subscribeAll(p.remote, p.live(), func(attr string, s *sal.Sample) {
		select {
		case p.arrivals <- arrival{attr, s, p.cfg.clock.Now()}:
		case <-ctx.Done():
		}
	})
}

// subscribeAll subscribes to topics. unsubscribe is to be called in any case.
func subscribeAll(r Remote, attrs []string, call func(attr string, s *sal.Sample)) (unsubscribe func(), err error) {
	var cancels []func()
	unsubscribe = func() {
		for _, cancel := range cancels {
			cancel()
		}
	}
	for _, attr := range attrs {
		cancel, err := r.Subscribe(attr, func(s *sal.Sample) { call(attr, s) })
		if err != nil {
			return unsubscribe, fmt.Errorf("producer of %s: %w", r.Component().Instance(r.Index()), err)
		}
		cancels = append(cancels, cancel)
	}
	return unsubscribe, nil
}

// live are the topics of which every sample is looked at.
func (p *CSC) live() []string {
	topics := p.served.asynchronous
	if p.pushes != nil {
		topics = slices.Concat(topics, p.served.periodic)
	}
	attrs := make([]string, 0, len(topics)+1)
	for _, t := range topics {
		attrs = append(attrs, t.Attr())
	}
	if p.served.heartbeat {
		attrs = append(attrs, heartbeatTopic)
	}
	rank := func(attr string) int {
		if i := slices.Index(p.first, attr); i >= 0 {
			return i
		}
		return len(p.first)
	}
	slices.SortStableFunc(attrs, func(a, b string) int { return rank(a) - rank(b) })
	return attrs
}

// arrived sends a sample, or keeps it back when it comes too soon.
func (p *CSC) arrived(ctx context.Context, a arrival) {
	switch {
	case !p.pushes.has(a.attr):
		p.forward(ctx, a)
	case p.pushes.arrived(a):
		p.pass(ctx, a.sample)
	}
}

// forward makes a message of a sample, which is stored.
func (p *CSC) forward(ctx context.Context, a arrival) {
	p.complain(ctx, a.attr, p.publish(ctx, stored{
		key: a.attr, category: p.encoder(a.sample.Topic()).category, object: p.item(a.sample),
	}))
	if then := p.then[a.attr]; then != nil {
		then(ctx, a.sample)
	}
}

// pass makes a message of a sample, which is not stored.
func (p *CSC) pass(ctx context.Context, s *sal.Sample) {
	item := p.item(s)
	p.turn.Lock()
	defer p.turn.Unlock()
	p.complain(ctx, s.Topic().Attr(), p.send(ctx, p.to, p.encoder(s.Topic()).category, item))
}

func (p *CSC) complain(ctx context.Context, attr string, err error) {
	if err != nil && ctx.Err() == nil {
		p.log.Warn("a sample was not sent", "topic", attr, "error", err)
	}
}

// tell sends how the heartbeat is.
func (p *CSC) tell(ctx context.Context, to Sender, heart *pulse) {
	item := heart.appendItem(nil, p.csc, p.remote.Index())
	if err := to.Send(ctx, p.message.appendBare(nil, love.CategoryEvent, item)); err != nil && ctx.Err() == nil {
		p.log.Warn("the heartbeat was not told", "error", err)
	}
}

// HandleRequest implements [Producer]. Name and index have to be those of the
// component; an event is meant before telemetry of the same name (section 6.5).
func (p *CSC) HandleRequest(ctx context.Context, r Request, to Sender) error {
	index, ok := r.index()
	if !ok || r.CSC != p.csc || index != p.remote.Index() {
		return nil
	}
	for _, kind := range []sal.Kind{sal.Event, sal.Telemetry} {
		if attr := kind.Prefix() + r.Stream; p.has(attr) {
			return p.resend(ctx, attr, to)
		}
	}
	return nil
}

func (p *CSC) has(attr string) bool {
	_, ok := p.remote.Component().Topic(attr)
	return ok
}
