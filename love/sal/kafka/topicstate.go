package kafka

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// topicState is the brokers' answer about a topic.
type topicState struct {
	id         topicID
	partitions []partitionState // by number
	ends       map[int32]int64  // the next offset by partition, if it was asked for
	err        error            // kerr.UnknownTopicOrPartition if it does not exist
}

// topicID is the identity of a topic, which changes when it is deleted and created
// again. It is zero with brokers before Kafka 2.8.
type topicID [16]byte

// isOther reports whether both are known and differ.
func (id topicID) isOther(before topicID) bool {
	return id != before && id != topicID{} && before != topicID{}
}

// partitionState is a partition with the broker that leads it, −1 if it has none now.
type partitionState struct{ number, leader int32 }

// describeTopics asks the brokers about topics. It bypasses the client's cache, which
// does not have topics that were just created, and refreshes it.
func (b *Bus) describeTopics(ctx context.Context, client *kgo.Client, names []string) (map[string]topicState, error) {
	request := kmsg.NewPtrMetadataRequest()
	request.AllowAutoTopicCreation = false
	for _, name := range names {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		request.Topics = append(request.Topics, t)
	}
	response, err := ask(ctx, b, func(ctx context.Context) (*kmsg.MetadataResponse, error) {
		return client.RequestCachedMetadata(ctx, request, 1)
	})
	if err != nil {
		return nil, err
	}
	found := map[string]topicState{}
	for _, t := range response.Topics {
		if t.Topic == nil {
			continue
		}
		s := topicState{id: t.TopicID, err: kerr.ErrorForCode(t.ErrorCode)}
		for _, p := range t.Partitions {
			s.partitions = append(s.partitions, partitionState{p.Partition, p.Leader})
		}
		slices.SortFunc(s.partitions, func(a, b partitionState) int { return int(a.number - b.number) })
		found[*t.Topic] = s
	}
	return found, nil
}

// ask makes a request of a Kafka client, and returns when ctx ends even if the client
// does not: it does not notice while a broker accepts connections without answering.
func ask[T any](ctx context.Context, b *Bus, request func(context.Context) (T, error)) (answer T, err error) {
	type result struct {
		answer T
		err    error
	}
	results := make(chan result, 1)
	started := b.start(func() {
		answer, err := request(ctx)
		results <- result{answer, err}
	})
	if !started {
		return answer, ErrClosed
	}
	select {
	case r := <-results:
		return r.answer, r.err
	case <-ctx.Done():
		return answer, context.Cause(ctx)
	}
}
