package kafka

import (
	"context"
	"time"
)

// pending reports whether any past is not complete.
func (c *consumer) pending() bool {
	for _, f := range c.feeds {
		if f.pending() {
			return true
		}
	}
	return false
}

func (f *feed) pending() bool {
	for _, l := range f.listeners {
		if len(l.until) > 0 {
			return true
		}
	}
	return false
}

// prove finds out whether a past that is still incomplete can end at all: retention
// or compaction may have removed its last samples meanwhile. If the brokers answer
// but nothing is read for a while, nothing more will come and the past ends.
func (c *consumer) prove() {
	before := map[string]uint64{}
	var names []string
	for name, f := range c.feeds {
		if f.pending() && len(f.waiting) == 0 {
			before[name] = f.handled
			names = append(names, name)
		}
	}
	if c.proving || len(names) == 0 {
		return
	}
	c.proving = true
	c.bus.work.Go(func() {
		quiet := c.quiet(names)
		c.post(func() {
			c.proving = false
			if quiet {
				c.endPast(before)
			}
		})
	})
}

// quiet waits a while and reports whether the brokers answered all the time.
func (c *consumer) quiet(names []string) bool {
	for range 2 {
		ctx, cancel := context.WithTimeout(c.bus.life, 5*time.Second)
		found, err := c.bus.admin.ListEndOffsets(ctx, names...)
		cancel()
		if err != nil || found.Error() != nil {
			return false
		}
		select {
		case <-time.After(slowest / 2):
		case <-c.bus.life.Done():
			return false
		}
	}
	return true
}

// endPast ends the past of topics that have had no records since before was taken.
func (c *consumer) endPast(before map[string]uint64) {
	for name, handled := range before {
		f := c.feeds[name]
		if f == nil || f.handled != handled || len(f.waiting) > 0 {
			continue
		}
		c.bus.log.Info("the end of a topic's past was removed meanwhile", "topic", name)
		for _, l := range f.listeners {
			for p := range l.until {
				f.pastEnded(l, p)
			}
		}
	}
}
