package sim

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/internal/queue"
)

// Bus is a SAL bus in memory: a published sample reaches every subscription of the
// topic immediately, and events are kept for late joiners. It is safe for concurrent
// use and has no goroutine.
type Bus struct {
	clock   love.Clock
	history int
	queue   int
	delay   time.Duration

	mu     sync.Mutex
	topics map[topicName]*channel
}

// topicName identifies a topic on the bus.
type topicName struct{ component, attr string }

// channel is one topic on the bus.
type channel struct {
	history []*sal.Sample // events only, newest last
	readers []listener
}

// listener is a subscription, with its own definition of the topic.
type listener struct {
	sub   *subscription
	topic *sal.Topic
}

// BusOption changes a default of [NewBus].
type BusOption func(*Bus)

// WithClock sets the clock for the time of reception. Default: the machine's clock.
func WithClock(c love.Clock) BusOption { return func(b *Bus) { b.clock = c } }

// WithHistory sets how many samples of each event to keep for late joiners, at least
// one. Default: 1000.
func WithHistory(n int) BusOption { return func(b *Bus) { b.history = max(n, 1) } }

// WithQueue sets how many samples may wait for one reader, at least one. Beyond that,
// the oldest is dropped. Default: 100000.
func WithQueue(n int) BusOption { return func(b *Bus) { b.queue = max(n, 1) } }

// WithLatency sets the time that every sample takes from writer to reader. Default:
// none.
func WithLatency(d time.Duration) BusOption { return func(b *Bus) { b.delay = max(d, 0) } }

// NewBus makes an empty bus.
func NewBus(opts ...BusOption) *Bus {
	b := &Bus{clock: love.SystemClock{}, history: 1000, queue: 100_000, topics: map[topicName]*channel{}}
	for _, o := range opts {
		o(b)
	}
	return b
}

// Publish implements [sal.Bus].
func (b *Bus) Publish(ctx context.Context, s *sal.Sample) error {
	t := s.Topic()
	if ctx.Err() != nil {
		return &sal.NotWrittenError{Topic: t, Err: context.Cause(ctx)}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	ch := b.channel(t)
	if t.Kind != sal.Event && len(ch.readers) == 0 {
		return nil
	}
	s = s.ReceivedAt(love.TAI(b.clock.Now().Add(b.delay)))
	if t.Kind == sal.Event {
		if len(ch.history) >= 2*b.history { // trimmed rarely, because it moves all
			ch.history = append(ch.history[:0:0], ch.history[len(ch.history)-b.history:]...)
		}
		ch.history = append(ch.history, s)
	}
	for _, r := range ch.readers {
		r.sub.arrivals.Put(sal.Delivery{Topic: r.topic, Sample: s})
	}
	return nil
}

func (b *Bus) channel(t *sal.Topic) *channel {
	name := topicName{t.Component, t.Attr()}
	ch := b.topics[name]
	if ch == nil {
		ch = &channel{}
		b.topics[name] = ch
	}
	return ch
}

// Subscribe implements [sal.Bus].
func (b *Bus) Subscribe(_ context.Context, topics []sal.TopicRequest) (sal.Subscription, error) {
	sub := &subscription{bus: b, topics: topics, arrivals: queue.New[sal.Delivery](b.queue)}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range topics {
		ch := b.channel(t.Topic)
		if t.History > 0 {
			for _, s := range ch.history[max(0, len(ch.history)-min(t.History, b.history)):] {
				sub.arrivals.Put(sal.Delivery{Topic: t.Topic, Sample: s})
			}
			sub.arrivals.Put(sal.Delivery{Topic: t.Topic})
		}
		ch.readers = append(ch.readers, listener{sub, t.Topic})
	}
	return sub, nil
}

// subscription is one reader of the bus.
type subscription struct {
	bus      *Bus
	topics   []sal.TopicRequest
	arrivals *queue.Queue[sal.Delivery]
	delayed  []sal.Delivery // taken off the queue, but not due yet
}

// Receive implements [sal.Subscription].
func (s *subscription) Receive(ctx context.Context) ([]sal.Delivery, error) {
	if len(s.delayed) == 0 {
		batch, err := s.arrivals.Take(ctx)
		if err != nil || s.bus.delay == 0 {
			return batch, err
		}
		s.delayed = batch
	}
	if err := s.await(ctx, s.delayed[0]); err != nil {
		return nil, err
	}
	n, now := 1, love.TAI(s.bus.clock.Now())
	for n < len(s.delayed) && due(s.delayed[n]) <= now {
		n++
	}
	batch := s.delayed[:n]
	s.delayed = s.delayed[n:]
	return batch, nil
}

// due returns the time when a delivery arrives: TAI, UNIX seconds.
func due(d sal.Delivery) float64 {
	if d.Sample == nil {
		return 0
	}
	return d.Sample.Float("private_rcvStamp")
}

// await waits until a delivery is due.
func (s *subscription) await(ctx context.Context, d sal.Delivery) error {
	wait := time.Duration((due(d) - love.TAI(s.bus.clock.Now())) * float64(time.Second))
	if wait <= 0 {
		return nil
	}
	timer := s.bus.clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close implements [sal.Subscription].
func (s *subscription) Close() error {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	for _, t := range s.topics {
		ch := s.bus.channel(t.Topic)
		ch.readers = slices.DeleteFunc(ch.readers, func(l listener) bool { return l.sub == s })
	}
	return nil
}
