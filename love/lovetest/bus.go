package lovetest

import (
	"context"
	"sync"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// Bus is a SAL bus in memory for tests: it records what is published, and fails on
// demand. It is safe for concurrent use.
type Bus struct {
	bus *sim.Bus

	mu        sync.Mutex
	err       error
	published []*sal.Sample
	ends      []context.CancelCauseFunc // of the subscriptions
}

// NewBus returns a bus.
func NewBus(opts ...sim.BusOption) *Bus { return &Bus{bus: sim.NewBus(opts...)} }

// Fail makes publishing and subscribing fail with err from now on, until it is
// called with nil.
func (b *Bus) Fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// Break ends all subscriptions with err, as when the bus goes down.
func (b *Bus) Break(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, end := range b.ends {
		end(err)
	}
	b.ends = nil
}

// Published returns what was published so far, in order.
func (b *Bus) Published() []*sal.Sample {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]*sal.Sample(nil), b.published...)
}

// Publish implements [sal.Bus].
func (b *Bus) Publish(ctx context.Context, s *sal.Sample) error {
	b.mu.Lock()
	err := b.err
	if err == nil {
		b.published = append(b.published, s)
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	return b.bus.Publish(ctx, s)
}

// Subscribe implements [sal.Bus].
func (b *Bus) Subscribe(ctx context.Context, wants []sal.TopicRequest) (sal.Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return nil, b.err
	}
	sub, err := b.bus.Subscribe(ctx, wants)
	if err != nil {
		return nil, err
	}
	life, end := context.WithCancelCause(context.Background())
	b.ends = append(b.ends, end)
	return &fakeSubscription{Subscription: sub, life: life, end: end}, nil
}

// fakeSubscription is a subscription that can be broken.
type fakeSubscription struct {
	sal.Subscription
	life context.Context
	end  context.CancelCauseFunc
}

// Receive implements [sal.Subscription].
func (s *fakeSubscription) Receive(ctx context.Context) ([]sal.Delivery, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.life, func() { cancel(context.Cause(s.life)) })
	defer stop()
	defer cancel(nil)
	return s.Subscription.Receive(ctx)
}

// Close implements [sal.Subscription].
func (s *fakeSubscription) Close() error {
	s.end(sal.ErrClosed)
	return s.Subscription.Close()
}
