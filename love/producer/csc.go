package producer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// Remote is the part of a SAL remote that a [CSC] needs; [*sal.Remote]
// implements it.
type Remote interface {
	Component() *sal.Component
	Index() int
	// Subscribe calls f on another goroutine with the newest late joiner sample
	// and then with every sample, in order.
	Subscribe(attr string, f func(*sal.Sample)) (cancel func(), err error)
	// Latest returns the newest sample of a topic, and whether there is one.
	Latest(attr string) (*sal.Sample, bool)
}

// CSC is the producer of one SAL component (producer spec, section 6). It sends
// each event at once, the newest telemetry once a period, and a summary of the
// heartbeats. Use [NewCSC].
type CSC struct {
	*Base
	remote   Remote
	index    love.SalIndex // of the remote
	beats    Header        // of the heartbeat messages
	topics   servedTopics
	encoders map[string]*encoder // by attribute name
	arrivals chan arrival
	pushes   *pushes // nil if telemetry is polled

	// Set before Run by types that embed CSC.
	first []string                                      // topics whose late joiner data come first
	then  map[string]func(context.Context, *sal.Sample) // by attribute name; called after a sample is sent
}

// arrival is a sample on its way to the goroutine of Run.
type arrival struct {
	attr   string
	sample *sal.Sample
	at     time.Time
}

var _ Producer = (*CSC)(nil)

// NewCSC returns the producer of the remote's component. It does not watch the
// heartbeat of a component that has no heartbeat event. The caller closes the
// remote.
func NewCSC(remote Remote, opts ...CSCOption) *CSC { return newCSC(remote, newConfig(opts)) }

func newCSC(remote Remote, cfg config) *CSC {
	c := remote.Component()
	p := &CSC{
		Base:     newBase(c.Name, c.Instance(remote.Index()), cfg),
		remote:   remote,
		index:    love.Index(remote.Index()),
		topics:   cfg.selection.of(c),
		encoders: map[string]*encoder{},
		arrivals: make(chan arrival),
		then:     map[string]func(context.Context, *sal.Sample){},
	}
	p.beats = Header{
		Category: love.CategoryEvent, CSC: heartbeatCSC, Streams: stateStream[:], Source: p.name, Replaceable: true,
	}
	if len(p.topics.unknown) > 0 {
		p.log.Warn("no such topics to produce, ignored", "topics", p.topics.unknown)
	}
	if cfg.push {
		p.pushes = newPushes(cfg.clock, cfg.pushInterval, p.topics.periodic)
		return p
	}
	for _, t := range p.topics.periodic {
		header := p.encoder(t).header(p.index)
		p.poll(p.newest(t), func(love.RawValue) Header { return header })
	}
	return p
}

// newest returns a Poll of the newest sample of a topic.
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

// encoder returns the encoder of a topic. Only the goroutine of Run may call it,
// and NewCSC before that. A sample written with another version of the interface
// has another topic, whose encoder replaces the previous one.
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

// Run implements [Producer]. A single goroutine handles all samples, so that they
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
	var beat <-chan time.Time // nil if the heartbeat is not watched
	if p.topics.heartbeat {
		heart = newPulse(p.cfg.clock, p.cfg.startDelay)
		defer heart.timer.Stop()
		beat = heart.timer.C()
	}
	var pushed <-chan time.Time // nil if telemetry is polled
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

// subscribe forwards samples to p.arrivals until unsubscribe is called.
func (p *CSC) subscribe(ctx context.Context) (unsubscribe func(), err error) {
	return subscribeAll(p.remote, p.live(), func(attr string, s *sal.Sample) {
		select {
		case p.arrivals <- arrival{attr, s, p.cfg.clock.Now()}:
		case <-ctx.Done():
		}
	})
}

// subscribeAll subscribes to topics. unsubscribe must be called even after an
// error.
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

// live returns the attribute names of the topics to subscribe to, those in
// p.first first.
func (p *CSC) live() []string {
	topics := p.topics.asynchronous
	if p.pushes != nil {
		topics = slices.Concat(topics, p.topics.periodic)
	}
	attrs := make([]string, 0, len(topics)+1)
	for _, t := range topics {
		attrs = append(attrs, t.Attr())
	}
	if p.topics.heartbeat {
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

// arrived sends a sample, unless it is pushed telemetry that comes too soon and
// has to wait.
func (p *CSC) arrived(ctx context.Context, a arrival) {
	switch {
	case !p.pushes.has(a.attr):
		p.forward(ctx, a)
	case p.pushes.arrived(a):
		p.pass(ctx, a.sample)
	}
}

// forward stores a sample and sends it.
func (p *CSC) forward(ctx context.Context, a arrival) {
	p.complain(ctx, a.attr, p.publish(ctx, stored{
		key: a.attr, header: p.encoder(a.sample.Topic()).header(p.index), object: p.item(a.sample),
	}))
	if then := p.then[a.attr]; then != nil {
		then(ctx, a.sample)
	}
}

// pass sends a sample without storing it.
func (p *CSC) pass(ctx context.Context, s *sal.Sample) {
	item := p.item(s)
	p.turn.Lock()
	defer p.turn.Unlock()
	p.complain(ctx, s.Topic().Attr(), p.send(ctx, p.to, p.encoder(s.Topic()).header(p.index), item))
}

func (p *CSC) complain(ctx context.Context, attr string, err error) {
	if err != nil && ctx.Err() == nil {
		p.log.Warn("a sample was not sent", "topic", attr, "error", err)
	}
}

// tell sends the summary of the heartbeats.
func (p *CSC) tell(ctx context.Context, to Sender, heart *pulse) {
	item := heart.appendItem(nil, p.csc, p.remote.Index())
	d := Data{p.beats, p.message.appendBare(nil, love.CategoryEvent, item)}
	if err := to.Send(ctx, d); err != nil && ctx.Err() == nil {
		p.log.Warn("the heartbeat was not told", "error", err)
	}
}

// HandleRequest implements [Producer]. It ignores requests whose component or
// index is not its own. An event takes precedence over telemetry of the same
// name (producer spec, section 6.5).
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
