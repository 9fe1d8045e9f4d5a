package producer

import (
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// pushes limits pushed telemetry to one sample per topic and interval. Of the
// samples that come too soon the newest waits until the interval is over.
type pushes struct {
	interval time.Duration
	timer    love.Timer
	armed    bool
	topics   map[string]*push // by attribute name
}

// push is the state of one topic.
type push struct {
	next    time.Time   // earliest time to send the next sample
	waiting *sal.Sample // to be sent then, if not nil
}

func newPushes(clock love.Clock, interval time.Duration, topics []*sal.Topic) *pushes {
	p := &pushes{interval: interval, timer: clock.NewTimer(time.Hour), topics: map[string]*push{}}
	p.timer.Stop()
	for _, t := range topics {
		p.topics[t.Attr()] = &push{}
	}
	return p
}

// has reports whether samples of the topic are pushed.
func (p *pushes) has(attr string) bool { return p != nil && p.topics[attr] != nil }

// arrived reports whether a sample is to be sent now; otherwise it keeps it.
func (p *pushes) arrived(a arrival) bool {
	t, now := p.topics[a.attr], a.at
	if now.Before(t.next) {
		t.waiting = a.sample
		if !p.armed { // all intervals are equal: the first to wait is due first
			p.timer.Reset(t.next.Sub(now))
			p.armed = true
		}
		return false
	}
	t.waiting, t.next = nil, now.Add(p.interval)
	return true
}

// due returns the samples whose time has come. It is called when the timer fires.
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
