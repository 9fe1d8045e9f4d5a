package producer

import (
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// throttle limits telemetry that is sent as it comes to one sample per topic and
// interval. Of the samples that come too soon the newest waits until the interval
// is over.
type throttle struct {
	interval time.Duration
	clock    love.Clock
	timer    love.Timer
	armed    bool
	topics   map[string]*throttledTopic // by attribute name
}

type throttledTopic struct {
	next    time.Time   // earliest time to send the next sample
	waiting *sal.Sample // to be sent then, if not nil
}

func newThrottle(clock love.Clock, interval time.Duration, topics []*sal.Topic) *throttle {
	t := &throttle{interval: interval, clock: clock, timer: clock.NewTimer(time.Hour), topics: map[string]*throttledTopic{}}
	t.timer.Stop()
	for _, topic := range topics {
		t.topics[topic.Attr()] = &throttledTopic{}
	}
	return t
}

// pass reports whether a sample is to be sent now; otherwise it keeps it.
func (t *throttle) pass(a arrival) bool {
	topic := t.topics[a.attr]
	if a.at.Before(topic.next) {
		topic.waiting = a.sample
		if !t.armed { // all intervals are equal: the first to wait is due first
			t.timer.Reset(topic.next.Sub(a.at))
			t.armed = true
		}
		return false
	}
	topic.waiting, topic.next = nil, a.at.Add(t.interval)
	return true
}

// due returns the samples whose time has come. It is called when the timer fires.
func (t *throttle) due() (samples []*sal.Sample) {
	t.armed = false
	now := t.clock.Now()
	var next time.Time
	for _, topic := range t.topics {
		switch {
		case topic.waiting == nil:
		case !now.Before(topic.next):
			samples = append(samples, topic.waiting)
			topic.waiting, topic.next = nil, now.Add(t.interval)
		case next.IsZero() || topic.next.Before(next):
			next = topic.next
		}
	}
	if !next.IsZero() {
		t.timer.Reset(next.Sub(now))
		t.armed = true
	}
	return samples
}
