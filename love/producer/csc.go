package producer

import (
	"context"
	"fmt"
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
	encoders map[*sal.Topic]*encoder
	arrivals chan arrival
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
		encoders: map[*sal.Topic]*encoder{},
		arrivals: make(chan arrival),
	}
	if len(p.served.unknown) > 0 {
		p.log.Warn("no such topics to produce, ignored", "topics", p.served.unknown)
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
		return p.encoder(s.Topic()).encode(s), nil
	}
}

// encoder is that of a topic; only the goroutine of Run, or before it NewCSC,
// may ask.
func (p *CSC) encoder(t *sal.Topic) *encoder {
	e := p.encoders[t]
	if e == nil {
		e = newEncoder(t, p.remote.Index())
		p.encoders[t] = e
	}
	return e
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
	for {
		select {
		case a := <-p.arrivals:
			if a.attr != heartbeatTopic {
				p.forward(ctx, a)
			} else if heart.arrived(a.at) {
				p.tell(ctx, to, heart)
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
	var cancels []func()
	unsubscribe = func() {
		for _, cancel := range cancels {
			cancel()
		}
	}
	attrs := make([]string, 0, len(p.served.asynchronous)+1)
	for _, t := range p.served.asynchronous {
		attrs = append(attrs, t.Attr())
	}
	if p.served.heartbeat {
		attrs = append(attrs, heartbeatTopic)
	}
	for _, attr := range attrs {
		cancel, err := p.remote.Subscribe(attr, func(s *sal.Sample) {
			select {
			case p.arrivals <- arrival{attr, s, p.cfg.clock.Now()}:
			case <-ctx.Done():
			}
		})
		if err != nil {
			return unsubscribe, fmt.Errorf("producer of %s: %w", p.name, err)
		}
		cancels = append(cancels, cancel)
	}
	return unsubscribe, nil
}

// forward makes a message of a sample.
func (p *CSC) forward(ctx context.Context, a arrival) {
	e := p.encoder(a.sample.Topic())
	if err := p.publish(ctx, a.attr, e.category, e.encode(a.sample)); err != nil && ctx.Err() == nil {
		p.log.Warn("a sample was not sent", "topic", a.attr, "error", err)
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
