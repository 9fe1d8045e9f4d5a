package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// refreshPartitions looks periodically for partitions that operators have added
// (docs/protocol/sal-kafka.md#topics-and-keys), and for topics that were deleted and
// created again.
func (b *Bus) refreshPartitions() {
	ticker := time.NewTicker(b.config.RefreshInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-b.ctx.Done():
			return
		}
		names := b.consumer.names()
		if len(names) == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(b.ctx, b.config.RefreshInterval)
		found, err := b.describeTopics(ctx, names)
		cancel()
		if err == nil {
			b.consumer.post(func() { b.consumer.addPartitions(found) })
		}
	}
}

// names lists the topics that are being read.
func (c *consumer) names() []string {
	var names []string
	err := c.do(c.bus.ctx, func() {
		for name := range c.readers {
			names = append(names, name)
		}
	})
	if err != nil { // the bus has ended; names may still be written to
		return nil
	}
	return names
}

// addPartitions begins to read new partitions from their first offset, because all
// records in them are new, too.
func (c *consumer) addPartitions(found map[string]topicState) {
	start := map[string]map[int32]kgo.Offset{}
	var recreated []string
	for name, state := range found {
		r := c.readers[name]
		if r == nil || state.err != nil {
			continue
		}
		if r.deleted {
			recreated = append(recreated, name)
			for p := range r.next {
				r.restarted(p)
			}
			clear(r.next)
			r.deleted = false
		}
		for _, p := range state.partitions {
			if _, known := r.next[p]; !known {
				r.next[p] = 0
				setOffset(start, name, p, kgo.NewOffset().AtStart())
				c.bus.log.Info("reading a new partition", "topic", name, "partition", p)
			}
		}
	}
	if len(recreated) > 0 {
		c.bus.client.PurgeTopicsFromConsuming(recreated...)
	}
	c.bus.client.AddConsumePartitions(start)
}

func setOffset(offsets map[string]map[int32]kgo.Offset, topic string, partition int32, o kgo.Offset) {
	if offsets[topic] == nil {
		offsets[topic] = map[int32]kgo.Offset{}
	}
	offsets[topic][partition] = o
}
