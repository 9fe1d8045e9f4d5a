package kafka

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// consumer reads the topics of all subscriptions. One goroutine polls the client,
// decodes and delivers. Between polls it runs what others post, so that feeds need
// no lock and a partition is never moved while its records are being handled.
type consumer struct {
	bus   *Bus
	feeds map[string]*feed // by name at the brokers
	// fresh lists the subscriptions with deliveries since the last flush.
	fresh   []*subscription
	since   time.Time // since when a past has been incomplete
	proving bool      // whether prove is finding out why

	mu       sync.Mutex
	requests []func()
	wake     context.CancelFunc // ends the poll under way
	ended    bool
}

func newConsumer(b *Bus) *consumer {
	return &consumer{bus: b, feeds: map[string]*feed{}, wake: func() {}}
}

// post makes the consumer run f between two polls. It returns false if the consumer
// has ended.
func (c *consumer) post(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.requests = append(c.requests, f)
	c.wake()
	return true
}

// do makes the consumer run f between two polls and waits for it. If ctx ends before
// that, f may still run.
func (c *consumer) do(ctx context.Context, f func()) error {
	done := make(chan struct{})
	if !c.post(func() { f(); close(done) }) {
		return ErrClosed
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// run is the goroutine of the consumer, until the bus is closed.
func (c *consumer) run() {
	defer c.stop()
	for c.bus.life.Err() == nil {
		fetches := c.poll()
		received := love.TAI(c.bus.clock.Now())
		fetches.EachError(c.trouble)
		fetches.EachTopic(func(t kgo.FetchTopic) {
			if f := c.feeds[t.Topic]; f != nil {
				f.takeAll(t.Partitions, received)
			}
		})
		for _, f := range c.asked() {
			f()
		}
		c.flush()
	}
}

// slowest is how long a past may stay incomplete before prove finds out why.
const slowest = time.Second

// poll waits for records or for a posted function.
func (c *consumer) poll() kgo.Fetches {
	ctx, cancel := context.WithCancel(c.bus.life)
	defer cancel()
	c.mu.Lock()
	c.wake = cancel
	waiting := len(c.requests) > 0
	c.mu.Unlock()
	switch {
	case waiting:
		return nil
	case c.proving || !c.pending():
		c.since = time.Time{}
	case c.since.IsZero():
		c.since = time.Now()
		fallthrough
	default:
		timer := time.AfterFunc(slowest-time.Since(c.since), func() { c.post(c.prove) })
		defer timer.Stop()
	}
	return c.bus.client.PollFetches(ctx)
}

func (c *consumer) asked() []func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	requests := c.requests
	c.requests = nil
	return requests
}

// stop ends all subscriptions.
func (c *consumer) stop() {
	c.mu.Lock()
	c.ended = true
	requests := c.requests
	c.requests = nil
	c.mu.Unlock()
	for _, f := range requests {
		f()
	}
	c.flush()
	for _, f := range c.feeds {
		for _, l := range f.listeners {
			l.sub.arrivals.Fail(ErrClosed)
		}
	}
}

// deliver adds a delivery, which flush hands to the subscription.
func (c *consumer) deliver(s *subscription, d sal.Delivery) {
	if len(s.fresh) == 0 {
		c.fresh = append(c.fresh, s)
	}
	s.fresh = append(s.fresh, d)
}

func (c *consumer) flush() {
	for _, s := range c.fresh {
		s.arrivals.PutAll(s.fresh)
		clear(s.fresh)
		s.fresh = s.fresh[:0]
	}
	clear(c.fresh)
	c.fresh = c.fresh[:0]
}

// trouble handles an error that came in place of records. The client recovers by
// itself, except from a topic that was deleted and made again.
func (c *consumer) trouble(topic string, partition int32, err error) {
	f := c.feeds[topic]
	switch {
	case f == nil: // the poll was ended, or nobody reads the topic any more
		return
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID), errors.Is(err, kerr.InconsistentTopicID):
		f.lost = true
	}
	if c.bus.said.allow(complaintPause) {
		c.bus.log.Warn("reading from Kafka is in trouble and goes on", "topic", topic, "partition", partition, "error", err)
	}
}
