package kafka

import (
	"context"
	"time"
)

// historyTimeout is how long a history may stay incomplete before checkHistories
// finds out why.
const historyTimeout = time.Second

// historyIncomplete reports whether any history is incomplete.
func (c *consumer) historyIncomplete() bool {
	for _, r := range c.readers {
		if r.historyIncomplete() {
			return true
		}
	}
	return false
}

func (r *topicReader) historyIncomplete() bool {
	for _, l := range r.listeners {
		if len(l.until) > 0 {
			return true
		}
	}
	return false
}

// checkHistories finds out whether a history that is still incomplete can end at all:
// retention or compaction may have removed its last samples meanwhile. If the brokers
// answer but nothing is read for a while, nothing more will come and the history ends.
func (c *consumer) checkHistories() {
	before := map[string]uint64{}
	var names []string
	for name, r := range c.readers {
		if r.historyIncomplete() && len(r.waiting) == 0 {
			before[name] = r.handled
			names = append(names, name)
		}
	}
	if c.checking || len(names) == 0 {
		return
	}
	c.checking = true
	c.bus.goroutines.Go(func() {
		answered := c.brokersAnswer(names)
		c.post(func() {
			c.checking = false
			if answered {
				c.endHistories(before)
			}
		})
	})
}

// brokersAnswer waits a while and reports whether the brokers answered all the time.
func (c *consumer) brokersAnswer(names []string) bool {
	for range 2 {
		ctx, cancel := context.WithTimeout(c.bus.ctx, 5*time.Second)
		found, err := c.bus.admin.ListEndOffsets(ctx, names...)
		cancel()
		if err != nil || found.Error() != nil {
			return false
		}
		select {
		case <-time.After(historyTimeout / 2):
		case <-c.bus.ctx.Done():
			return false
		}
	}
	return true
}

// endHistories ends the history of topics that have had no records since before was
// taken.
func (c *consumer) endHistories(before map[string]uint64) {
	for name, handled := range before {
		r := c.readers[name]
		if r == nil || r.handled != handled || len(r.waiting) > 0 {
			continue
		}
		c.bus.log.Info("the end of a topic's history was removed meanwhile", "topic", name)
		for _, l := range r.listeners {
			for p := range l.until {
				r.endHistory(l, p)
			}
		}
	}
}
