package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/internal/queue"
)

// subscription is one reader of the bus.
type subscription struct {
	consumer *consumer
	feeds    []*feed
	arrivals *queue.Queue[sal.Delivery]
	fresh    []sal.Delivery // to be put into arrivals; used by the consumer only
}

// queueLimit is the number of deliveries that may wait for one reader. Only a reader
// that hangs reaches it.
const queueLimit = 1 << 20

// Subscribe implements [sal.Bus]. It makes missing topics and registers schemas, as
// [Bus.Announce] does, and retries until ctx ends while the brokers do not answer.
// The subscription then survives lost connections: reading goes on where it was.
func (b *Bus) Subscribe(ctx context.Context, wants []sal.TopicRequest) (sal.Subscription, error) {
	ctx, cancel := b.within(ctx)
	defer cancel()
	topics := make([]*sal.Topic, len(wants))
	for i, w := range wants {
		topics[i] = w.Topic
	}
	if err := b.Announce(ctx, topics); err != nil {
		return nil, err
	}
	stretches, err := b.stretches(ctx, wants)
	if err != nil {
		return nil, err
	}
	s := &subscription{consumer: b.consumer, arrivals: queue.New[sal.Delivery](queueLimit)}
	if err := b.consumer.do(ctx, func() { b.consumer.attach(s, wants, stretches) }); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Receive implements [sal.Subscription].
func (s *subscription) Receive(ctx context.Context) ([]sal.Delivery, error) {
	return s.arrivals.Take(ctx)
}

// Close implements [sal.Subscription].
func (s *subscription) Close() error {
	s.consumer.post(func() { s.consumer.detach(s) })
	return nil
}

// stretch is the range of offsets of the past of one partition.
type stretch struct {
	from  int64 // first offset to read
	until int64 // first offset after the past; equal to from if there is no past
}

// stretches returns where to begin reading, for each of the wants by partition (spec
// sal-kafka, section 9.1).
func (b *Bus) stretches(ctx context.Context, wants []sal.TopicRequest) ([]map[int32]stretch, error) {
	var all, withPast []string
	for _, w := range wants {
		name := TopicName(b.config.SubName, w.Topic)
		all = append(all, name)
		if w.History > 0 {
			withPast = append(withPast, name)
		}
	}
	low, err := b.offsets(ctx, b.admin.ListStartOffsets, withPast)
	if err != nil {
		return nil, err
	}
	high, err := b.offsets(ctx, b.admin.ListEndOffsets, all)
	if err != nil {
		return nil, err
	}
	out := make([]map[int32]stretch, len(wants))
	for i, w := range wants {
		out[i] = map[int32]stretch{}
		for p, h := range high[all[i]] {
			out[i][p] = stretchOf(low[all[i]][p].Offset, h.Offset, w.History)
		}
	}
	return out, nil
}

func stretchOf(low, high int64, past int) stretch {
	if past == 0 || low >= high { // low == high if retention has emptied it (19.5)
		return stretch{high, high}
	}
	return stretch{max(low, high-int64(past)), high}
}

// offsets asks for an offset of each partition of the topics.
func (b *Bus) offsets(ctx context.Context, list func(context.Context, ...string) (kadm.ListedOffsets, error), topics []string) (found kadm.ListedOffsets, err error) {
	if len(topics) == 0 {
		return nil, nil // asking for none would list all
	}
	err = b.insist(ctx, "asking for offsets", func() error {
		if found, err = list(ctx, topics...); err != nil {
			return err
		}
		for _, name := range topics {
			if len(found[name]) == 0 {
				return fmt.Errorf("the brokers list no partition of %s", name)
			}
		}
		return found.Error()
	})
	return found, err
}
