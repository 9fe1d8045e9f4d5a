package kafka

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love/sal"
)

// The pauses between two checks of topics that have disappeared.
const (
	shortestLook = 50 * time.Millisecond
	longestLook  = time.Second
)

// watchTopics looks periodically for partitions that operators have added
// (docs/protocol/sal-kafka.md#topics-and-keys) and for topics that were deleted, and at
// once when reading a topic fails because it was.
func (b *Bus) watchTopics() {
	interval := b.config.RefreshInterval
	timer := time.NewTimer(interval)
	defer timer.Stop()
	for quick, calm := shortestLook, true; ; {
		select {
		case <-b.look:
			if calm {
				timer.Reset(min(quick, interval))
			}
			calm = false
			continue
		case <-b.ctx.Done():
			return
		case <-timer.C:
		}
		calm = !b.lookAtTopics() && calm
		if calm {
			quick = shortestLook
			timer.Reset(interval)
			continue
		}
		calm = true
		timer.Reset(min(quick, interval))
		quick = min(2*quick, longestLook)
	}
}

// lookAtTopics asks for the topics that are read. It reports whether some have
// disappeared.
func (b *Bus) lookAtTopics() bool {
	ctx, cancel := context.WithTimeout(b.ctx, max(b.config.RefreshInterval, time.Second))
	defer cancel()
	names, suspended := b.consumer.names()
	if len(names) == 0 {
		return false
	}
	found, err := b.describeTopics(ctx, b.client, names)
	if err == nil {
		err = b.addEnds(ctx, found, suspended)
	}
	if err != nil {
		return true
	}
	changes := make(chan topicChanges, 1)
	if err := b.consumer.do(ctx, func() { changes <- b.consumer.update(found) }); err != nil {
		return true
	}
	c := <-changes
	if len(c.missing) > 0 {
		// Whoever writes them may wait for that. A failure is logged, and tried again
		// with the next look.
		_, err = b.ensureTopics(ctx, c.missing)
	}
	return c.unsettled || err != nil
}

// topicChanges is what has happened to topics that are read.
type topicChanges struct {
	unsettled bool         // whether some have disappeared
	missing   []*sal.Topic // those that nobody has created again for some time
}

// addEnds asks for the ends of topics without an id, which show whether they are the ones
// that were read.
func (b *Bus) addEnds(ctx context.Context, found map[string]topicState, names []string) error {
	names = slices.DeleteFunc(names, func(name string) bool { return found[name].err != nil || found[name].id != topicID{} })
	if len(names) == 0 {
		return nil // asking for none would ask for all
	}
	ends, err := ask(ctx, b, func(ctx context.Context) (kadm.ListedOffsets, error) { return b.admin.ListEndOffsets(ctx, names...) })
	if err != nil {
		return err
	}
	for _, name := range names {
		state := found[name]
		state.ends = map[int32]int64{}
		for p, end := range ends[name] {
			if end.Err != nil {
				return end.Err
			}
			state.ends[p] = end.Offset
		}
		found[name] = state
	}
	return nil
}

// names lists the topics that are being read, and those among them that are suspended.
func (c *consumer) names() (names, suspended []string) {
	lists := make(chan [2][]string, 1)
	err := c.do(c.bus.ctx, func() {
		var names, suspended []string
		for name, r := range c.readers {
			names = append(names, name)
			if !r.suspended.IsZero() {
				suspended = append(suspended, name)
			}
		}
		lists <- [2][]string{names, suspended}
	})
	if err != nil { // the bus has ended
		return nil, nil
	}
	both := <-lists
	return both[0], both[1]
}

// update compares the topics that are read with those that the brokers have.
func (c *consumer) update(found map[string]topicState) (changes topicChanges) {
	for name, state := range found {
		r := c.readers[name]
		switch {
		case r == nil:
		case errors.Is(state.err, kerr.UnknownTopicOrPartition):
			c.suspend(r)
			changes.unsettled = true
			if time.Since(r.suspended) > c.bus.config.RefreshInterval {
				changes.missing = append(changes.missing, r.topic)
			}
		case state.err == nil:
			c.updateReader(r, state)
			if failed, ok := c.failing[name]; ok && time.Since(failed) > longestLook {
				c.readable(name)
			}
		default:
			changes.unsettled = changes.unsettled || !r.suspended.IsZero()
		}
	}
	return changes
}

// suspend ends reading a topic that the brokers do not know any more, or not under its
// id, until update finds it.
func (c *consumer) suspend(r *topicReader) {
	if !r.suspended.IsZero() {
		return
	}
	r.suspended = time.Now()
	c.bus.client.PurgeTopicsFromConsuming(r.name)
	select {
	case c.bus.look <- struct{}{}:
	default:
	}
}

// updateReader begins to read new partitions from their first offset, because all
// records in them are new, too, and goes on with a topic that had disappeared.
func (c *consumer) updateReader(r *topicReader, state topicState) {
	again := !r.suspended.IsZero()
	start := map[string]map[int32]kgo.Offset{}
	switch {
	case state.id.isOther(r.id) || (again || len(r.checking) > 0) && r.isShorter(state):
		c.suspend(r)
		c.bus.log.Warn("a Kafka topic was deleted and created again, reading it from its beginning", "topic", r.name, "partitions", len(state.partitions))
		r.begin()
	case again:
		for p := range r.next {
			setOffset(start, r.name, p, r.goOn(p, state.id == topicID{}))
		}
	}
	if r.suspended = (time.Time{}); state.id != (topicID{}) {
		r.id = state.id
	}
	for _, p := range state.partitions {
		if _, known := r.next[p.number]; !known {
			r.next[p.number] = 0
			setOffset(start, r.name, p.number, kgo.NewOffset().AtStart())
			c.bus.log.Debug("reading a new partition", "topic", r.name, "partition", p.number)
		}
	}
	c.bus.client.AddConsumePartitions(start)
}

func setOffset(offsets map[string]map[int32]kgo.Offset, topic string, partition int32, o kgo.Offset) {
	if offsets[topic] == nil {
		offsets[topic] = map[int32]kgo.Offset{}
	}
	offsets[topic][partition] = o
}
