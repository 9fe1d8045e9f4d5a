package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// refresh looks from time to time for partitions that operators have added
// (spec sal-kafka, section 5), and for topics that were deleted and made again.
func (b *Bus) refresh() {
	tick := time.NewTicker(b.config.Refresh)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-b.life.Done():
			return
		}
		names := b.consumer.names()
		if len(names) == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(b.life, b.config.Refresh)
		found, err := b.lookUp(ctx, names)
		cancel()
		if err == nil {
			b.consumer.post(func() { b.consumer.grow(found) })
		}
	}
}

// names lists the topics that are being read.
func (c *consumer) names() []string {
	var names []string
	err := c.do(c.bus.life, func() {
		for name := range c.feeds {
			names = append(names, name)
		}
	})
	if err != nil { // the bus has ended; names may still be written to
		return nil
	}
	return names
}

// grow begins to read new partitions from their first offset, because all records in
// them are new, too.
func (c *consumer) grow(found map[string]topicState) {
	begin := map[string]map[int32]kgo.Offset{}
	var again []string
	for name, d := range found {
		f := c.feeds[name]
		if f == nil || d.err != nil {
			continue
		}
		if f.lost {
			again = append(again, name)
			for p := range f.next {
				f.restarted(p)
			}
			clear(f.next)
			f.lost = false
		}
		for _, p := range d.partitions {
			if _, known := f.next[p]; !known {
				f.next[p] = 0
				if begin[name] == nil {
					begin[name] = map[int32]kgo.Offset{}
				}
				begin[name][p] = kgo.NewOffset().AtStart()
				c.bus.log.Info("reading a partition that is new", "topic", name, "partition", p)
			}
		}
	}
	if len(again) > 0 {
		c.bus.client.PurgeTopicsFromConsuming(again...)
	}
	c.bus.client.AddConsumePartitions(begin)
}
