package kafka

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/internal/queue"
)

// subscription is one reader of the bus.
type subscription struct {
	consumer *consumer
	readers  []*topicReader
	arrivals *queue.Queue[sal.Delivery]
	pending  []sal.Delivery // not in arrivals yet; used by the consumer only
}

// queueLimit is the number of deliveries that may wait for one reader. Only a reader
// that hangs reaches it.
const queueLimit = 1 << 20

// Subscribe implements [sal.Bus]. It creates missing topics and registers schemas, as
// [Bus.Announce] does, and retries until ctx ends while the brokers do not answer.
// The subscription then survives lost connections: reading resumes where it was.
func (b *Bus) Subscribe(ctx context.Context, requests []sal.TopicRequest) (sal.Subscription, error) {
	ctx, cancel := b.withLifetime(ctx)
	defer cancel()
	topics := make([]*sal.Topic, len(requests))
	for i, r := range requests {
		topics[i] = r.Topic
	}
	found, ranges, err := b.findTopics(ctx, topics, requests)
	if err != nil {
		return nil, err
	}
	s := &subscription{consumer: b.consumer, arrivals: queue.New[sal.Delivery](queueLimit)}
	if err := b.consumer.do(ctx, func() { b.consumer.attach(s, requests, ranges, found) }); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// findTopics announces the topics of requests and returns them with where to begin
// reading. If one is deleted in between, it is announced again.
func (b *Bus) findTopics(ctx context.Context, topics []*sal.Topic, requests []sal.TopicRequest) (found map[string]topicState, ranges []map[int32]offsetRange, err error) {
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		if found, err = b.announce(ctx, topics); err != nil {
			return nil, nil, err
		}
		if ranges, err = b.offsetRanges(ctx, requests); !isOneOf(err, stale) {
			return found, ranges, err
		}
		if !sleep(ctx, pause) {
			return nil, nil, withCause(context.Cause(ctx), err)
		}
	}
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

// offsetRange is the range of offsets of the history of one partition.
type offsetRange struct {
	from  int64 // first offset to read
	until int64 // first offset after the history; equal to from if there is none
}

// offsetRanges returns where to begin reading, for each of the requests by partition
// (docs/protocol/sal-kafka.md#start-offsets).
func (b *Bus) offsetRanges(ctx context.Context, requests []sal.TopicRequest) ([]map[int32]offsetRange, error) {
	var all, withHistory []string
	for _, r := range requests {
		name := TopicName(b.config.SubName, r.Topic)
		all = append(all, name)
		if r.History > 0 {
			withHistory = append(withHistory, name)
		}
	}
	low, err := b.offsets(ctx, b.admin.ListStartOffsets, withHistory)
	if err != nil {
		return nil, err
	}
	high, err := b.offsets(ctx, b.admin.ListEndOffsets, all)
	if err != nil {
		return nil, err
	}
	out := make([]map[int32]offsetRange, len(requests))
	for i, r := range requests {
		out[i] = map[int32]offsetRange{}
		for p, h := range high[all[i]] {
			out[i][p] = historyRange(low[all[i]][p].Offset, h.Offset, r.History)
		}
	}
	return out, nil
}

func historyRange(low, high int64, history int) offsetRange {
	if history == 0 || low >= high { // low == high if retention has emptied it
		return offsetRange{high, high}
	}
	return offsetRange{max(low, high-int64(history)), high}
}

// offsets asks for an offset of each partition of the topics. The error is one of [stale]
// if a topic was deleted.
func (b *Bus) offsets(ctx context.Context, list func(context.Context, ...string) (kadm.ListedOffsets, error), topics []string) (found kadm.ListedOffsets, err error) {
	if len(topics) == 0 {
		return nil, nil // asking for none would list all
	}
	var deleted error
	err = b.retry(ctx, "asking for offsets", func() error {
		found, err = ask(ctx, b, func(ctx context.Context) (kadm.ListedOffsets, error) { return list(ctx, topics...) })
		if err != nil {
			return err
		}
		for _, name := range topics {
			if len(found[name]) == 0 {
				deleted = &TopicError{Name: name, Err: kerr.UnknownTopicOrPartition}
				return nil
			}
		}
		if err = found.Error(); isOneOf(err, stale) {
			deleted = err
			return nil
		}
		return err
	})
	if err == nil {
		err = deleted
	}
	return found, err
}
