package kafka

import (
	"context"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// topicState is the brokers' answer about a topic.
type topicState struct {
	partitions []int32
	err        error // kerr.UnknownTopicOrPartition if it does not exist
}

// lookUp asks the brokers about topics. It bypasses the client's cache, which does
// not know topics that were just made, and refreshes it.
func (b *Bus) lookUp(ctx context.Context, names []string) (map[string]topicState, error) {
	question := kmsg.NewPtrMetadataRequest()
	question.AllowAutoTopicCreation = false
	for _, name := range names {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		question.Topics = append(question.Topics, t)
	}
	answer, err := b.client.RequestCachedMetadata(ctx, question, 1)
	if err != nil {
		return nil, err
	}
	found := map[string]topicState{}
	for _, t := range answer.Topics {
		if t.Topic == nil {
			continue
		}
		s := topicState{err: kerr.ErrorForCode(t.ErrorCode)}
		for _, p := range t.Partitions {
			s.partitions = append(s.partitions, p.Partition)
		}
		found[*t.Topic] = s
	}
	return found, nil
}
