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

// describeTopics asks the brokers about topics. It bypasses the client's cache, which
// does not have topics that were just created, and refreshes it.
func (b *Bus) describeTopics(ctx context.Context, names []string) (map[string]topicState, error) {
	request := kmsg.NewPtrMetadataRequest()
	request.AllowAutoTopicCreation = false
	for _, name := range names {
		t := kmsg.NewMetadataRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		request.Topics = append(request.Topics, t)
	}
	response, err := b.client.RequestCachedMetadata(ctx, request, 1)
	if err != nil {
		return nil, err
	}
	found := map[string]topicState{}
	for _, t := range response.Topics {
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
