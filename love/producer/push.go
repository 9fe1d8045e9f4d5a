package producer

import (
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// pushes lets telemetry through as it comes, of each topic at most one sample
// per interval: what comes too soon waits, the newest only, for its time.
type pushes struct {
	interval time.Duration
	timer    love.Timer
	armed    bool
	topics   map[string]*push // by attribute name
}

// push is the turn of one topic.
type push struct {
	next    time.Time   // not before
	waiting *sal.Sample // until then
}

func newPushes(clock love.Clock, interval time.Duration, topics []*sal.Topic) *pushes {
	p := &pushes{interval: interval, timer: clock.NewTimer(time.Hour), topics: map[string]*push{}}
	p.timer.Stop()
	for _, t := range topics {
		p.topics[t.Attr()] = &push{}
	}
	return p
}

// has tells whether samples of the topic are pushed.
func (p *pushes) has(attr string) bool { return p != nil && p.topics[attr] != nil }

// arrived takes a sample and reports whether it is to be sent now.
func (p *pushes) arrived(a arrival) bool {
	t, now := p.topics[a.attr], a.at
	if now.Before(t.next) {
		t.waiting = a.sample
		if !p.armed { // all intervals are equal: who waits first is due first
			p.timer.Reset(t.next.Sub(now))
			p.armed = true
		}
		return false
	}
	t.waiting, t.next = nil, now.Add(p.interval)
	return true
}

// due are the samples whose time has come; it is called when the timer fired.
func (p *pushes) due(now time.Time) (samples []*sal.Sample) {
	p.armed = false
	var next time.Time
	for _, t := range p.topics {
		switch {
		case t.waiting == nil:
		case !now.Before(t.next):
			samples = append(samples, t.waiting)
			t.waiting, t.next = nil, now.Add(p.interval)
		case next.IsZero() || t.next.Before(next):
			next = t.next
		}
	}
	if !next.IsZero() {
		p.timer.Reset(next.Sub(now))
		p.armed = true
	}
	return samples
}
