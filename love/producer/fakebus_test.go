package producer_test

import (
	"context"
	"sync"

	"github.com/rubin-love/love-go/love/sal"
)

// fakeBus is a SAL bus on which a test writes the samples itself, private
// fields and all.
type fakeBus struct {
	mu      sync.Mutex
	history []*sal.Sample
	subs    []*fakeSubscription
	// commanded is called with each command, if not nil.
	commanded func(*sal.Sample)
}

func (b *fakeBus) Publish(_ context.Context, s *sal.Sample) error {
	if b.commanded != nil {
		b.commanded(s)
	}
	return nil
}

func (b *fakeBus) Subscribe(_ context.Context, wants []sal.TopicRequest) (sal.Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &fakeSubscription{wants: wants, deliveries: make(chan []sal.Delivery, 1000)}
	for _, w := range wants {
		if w.History == 0 {
			continue
		}
		var past []sal.Delivery
		for _, h := range b.history {
			if h.Topic() == w.Topic {
				past = append(past, sal.Delivery{Topic: w.Topic, Sample: h})
			}
		}
		past = past[max(0, len(past)-w.History):]
		s.deliveries <- append(past, sal.Delivery{Topic: w.Topic})
	}
	b.subs = append(b.subs, s)
	return s, nil
}

// write delivers a sample to the readers of its topic.
func (b *fakeBus) write(sample *sal.Sample) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.subs {
		for _, w := range s.wants {
			if w.Topic == sample.Topic() {
				s.deliveries <- []sal.Delivery{{Topic: w.Topic, Sample: sample}}
			}
		}
	}
}

type fakeSubscription struct {
	wants      []sal.TopicRequest
	deliveries chan []sal.Delivery
}

func (s *fakeSubscription) Receive(ctx context.Context) ([]sal.Delivery, error) {
	select {
	case d := <-s.deliveries:
		return d, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (s *fakeSubscription) Close() error { return nil }

// writeTo delivers a sample, of any definition, to the readers of a topic.
func (b *fakeBus) writeTo(attr string, sample *sal.Sample) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.subs {
		for _, w := range s.wants {
			if w.Topic.Attr() == attr {
				s.deliveries <- []sal.Delivery{{Topic: w.Topic, Sample: sample}}
			}
		}
	}
}
