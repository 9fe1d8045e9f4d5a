package kafka

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// consumer reads the topics of all subscriptions. One goroutine polls the client,
// decodes and delivers. Between polls it runs posted functions, so that readers need
// no lock and a partition is never moved while its records are being handled.
type consumer struct {
	bus     *Bus
	readers map[string]*topicReader // by name at the brokers
	// touched lists the subscriptions with deliveries since the last flush.
	touched         []*subscription
	incompleteSince time.Time            // since when a history has been incomplete
	failing         map[string]time.Time // when reading a topic last failed for good
	outage          *outage.Log          // of reading
	checking        bool                 // whether checkHistories is under way

	mu     sync.Mutex
	posted []func()
	wake   context.CancelFunc // ends the current poll
	ended  bool
}

func newConsumer(b *Bus) *consumer {
	return &consumer{
		bus: b, readers: map[string]*topicReader{}, failing: map[string]time.Time{}, wake: func() {},
		outage: outage.New(b.log, slog.LevelWarn, "reading from Kafka failed, trying again", "all Kafka topics can be read again"),
	}
}

// post makes the consumer run f between two polls. It returns false if the consumer
// has ended.
func (c *consumer) post(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false
	}
	c.posted = append(c.posted, f)
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
	for c.bus.ctx.Err() == nil {
		fetches := c.poll()
		received := love.TAI(time.Now())
		fetches.EachError(c.handleError)
		fetches.EachTopic(func(t kgo.FetchTopic) {
			if r := c.readers[t.Topic]; r != nil {
				r.handleFetch(t.Partitions, received)
			}
		})
		for _, f := range c.takePosted() {
			f()
		}
		c.flush()
	}
}

// poll waits for records or for a posted function.
func (c *consumer) poll() kgo.Fetches {
	ctx, cancel := context.WithCancel(c.bus.ctx)
	defer cancel()
	c.mu.Lock()
	c.wake = cancel
	hasPosted := len(c.posted) > 0
	c.mu.Unlock()
	switch {
	case hasPosted:
		return nil
	case c.checking || !c.historyIncomplete():
		c.incompleteSince = time.Time{}
	case c.incompleteSince.IsZero():
		c.incompleteSince = time.Now()
		fallthrough
	default:
		timer := time.AfterFunc(historyTimeout-time.Since(c.incompleteSince), func() { c.post(c.checkHistories) })
		defer timer.Stop()
	}
	return c.bus.client.PollFetches(ctx)
}

func (c *consumer) takePosted() []func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	posted := c.posted
	c.posted = nil
	return posted
}

// stop ends all subscriptions.
func (c *consumer) stop() {
	c.mu.Lock()
	c.ended = true
	posted := c.posted
	c.posted = nil
	c.mu.Unlock()
	for _, f := range posted {
		f()
	}
	c.flush()
	for _, r := range c.readers {
		for _, l := range r.listeners {
			l.sub.arrivals.Fail(ErrClosed)
		}
	}
}

// deliver adds a delivery, which flush passes to the subscription.
func (c *consumer) deliver(s *subscription, d sal.Delivery) {
	if len(s.pending) == 0 {
		c.touched = append(c.touched, s)
	}
	s.pending = append(s.pending, d)
}

func (c *consumer) flush() {
	for _, s := range c.touched {
		s.arrivals.PutAll(s.pending)
		clear(s.pending)
		s.pending = s.pending[:0]
	}
	clear(c.touched)
	c.touched = c.touched[:0]
}

// handleError handles an error that came in place of records. The client recovers by
// itself, except from a topic that was deleted.
func (c *consumer) handleError(topic string, partition int32, err error) {
	r := c.readers[topic]
	var refused *kerr.Error
	switch {
	case r == nil: // the poll was ended, or the topic is not read any more
	case isOneOf(err, stale):
		c.suspend(r)
	case errors.As(err, &refused) && refused.Retriable: // as when a leader changes
	default:
		c.failing[topic] = time.Now()
		c.outage.Failed(time.Now(), err, "topic", topic, "partition", partition)
	}
}

// readable notes that a topic can be read; another may not be.
func (c *consumer) readable(topic string) {
	if _, failed := c.failing[topic]; !failed {
		return
	}
	delete(c.failing, topic)
	if len(c.failing) == 0 {
		c.outage.Succeeded(time.Now())
	}
}
