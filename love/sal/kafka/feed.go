package kafka

import (
	"math"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love/sal"
)

// feed is one topic that is being read for all its listeners. Only the goroutine of
// the consumer uses it.
type feed struct {
	consumer  *consumer
	name      string // at the brokers
	topic     *sal.Topic
	decoder   *decoder
	next      map[int32]int64 // next offset by partition
	last      map[int32]*kgo.Record
	listeners []*listener
	handled   uint64        // number of records so far
	waiting   []*kgo.Record // the first record that waits for a schema, and all after it
	paused    bool          // whether fetching is paused because too many wait
	lost      bool          // whether the topic is gone from the brokers
}

// listener is a subscription's share in a feed.
type listener struct {
	sub *subscription
	// from is the first offset to deliver, by partition.
	from map[int32]int64
	// until is the offset at which the past ends, by partition; a partition that has
	// reached it is removed.
	until map[int32]int64
}

// attach begins to read for a subscription.
func (c *consumer) attach(s *subscription, wants []sal.TopicRequest, stretches []map[int32]stretch) {
	begin := map[string]map[int32]kgo.Offset{}
	again := map[string][]int32{}
	for i, w := range wants {
		f := c.feed(w.Topic)
		l := &listener{sub: s, from: map[int32]int64{}, until: map[int32]int64{}}
		for p, st := range stretches[i] {
			l.from[p] = st.from
			if st.until > st.from {
				l.until[p] = st.until
			}
			next, known := f.next[p]
			if known && st.from >= next {
				continue
			}
			if known { // go back; the other listeners skip what they already had
				f.skip(p, next)
				again[f.name] = append(again[f.name], p)
			}
			f.next[p] = st.from
			if begin[f.name] == nil {
				begin[f.name] = map[int32]kgo.Offset{}
			}
			begin[f.name][p] = kgo.NewOffset().At(st.from)
		}
		f.listeners = append(f.listeners, l)
		s.feeds = append(s.feeds, f)
		if w.History > 0 && len(l.until) == 0 {
			c.deliver(s, sal.Delivery{Topic: f.topic})
		}
	}
	c.bus.client.RemoveConsumePartitions(again)
	c.bus.client.AddConsumePartitions(begin)
}

// feed finds or makes the feed of a topic.
func (c *consumer) feed(t *sal.Topic) *feed {
	out := c.bus.outletOf(t)
	f := c.feeds[out.name]
	if f == nil {
		f = &feed{consumer: c, name: out.name, topic: t, decoder: newDecoder(out.codec, out.id), next: map[int32]int64{}, last: map[int32]*kgo.Record{}}
		c.feeds[out.name] = f
	}
	return f
}

// detach ends reading for a subscription.
func (c *consumer) detach(s *subscription) {
	gone := map[string][]int32{}
	for _, f := range s.feeds {
		f.listeners = slices.DeleteFunc(f.listeners, func(l *listener) bool { return l.sub == s })
		if len(f.listeners) > 0 {
			continue
		}
		delete(c.feeds, f.name)
		f.resume()
		for p := range f.next {
			gone[f.name] = append(gone[f.name], p)
		}
	}
	s.feeds = nil
	if c.bus.life.Err() == nil {
		c.bus.client.RemoveConsumePartitions(gone)
	}
}

// skip makes all present listeners skip the records before an offset.
func (f *feed) skip(p int32, next int64) {
	for _, l := range f.listeners {
		l.from[p] = max(l.from[p], next)
	}
	f.waiting = slices.DeleteFunc(f.waiting, func(r *kgo.Record) bool { return r.Partition == p })
}

// restarted is called when a partition begins anew, with smaller offsets.
func (f *feed) restarted(p int32) {
	f.next[p] = 0
	for _, l := range f.listeners {
		delete(l.from, p)
		f.pastEnded(l, p)
	}
}

// takeAll handles the records of all partitions, each partition in order, and merges
// them by the time when they were sent. Otherwise readers would drop a sample that
// comes after a newer one of its instance.
func (f *feed) takeAll(partitions []kgo.FetchPartition, received float64) {
	var queues [][]*kgo.Record
	for _, p := range partitions {
		if len(p.Records) > 0 {
			queues = append(queues, p.Records)
		}
	}
	if len(queues) == 1 {
		f.take(queues[0], received)
		return
	}
	heads := make([]arrival, len(queues))
	for i, q := range queues {
		heads[i] = f.decode(q[0], received)
	}
	for len(queues) > 0 {
		first := 0
		for i := range heads {
			if heads[i].sent() < heads[first].sent() {
				first = i
			}
		}
		f.handle(heads[first])
		if queues[first] = queues[first][1:]; len(queues[first]) > 0 {
			heads[first] = f.decode(queues[first][0], received)
			continue
		}
		queues, heads = slices.Delete(queues, first, first+1), slices.Delete(heads, first, first+1)
	}
}

// take handles records of one partition.
func (f *feed) take(records []*kgo.Record, received float64) {
	for _, r := range records {
		f.handle(f.decode(r, received))
	}
}

// arrival is a record with its decoded sample.
type arrival struct {
	*kgo.Record
	sample *sal.Sample // nil after an error and for control records of the brokers
	err    error
}

func (f *feed) decode(r *kgo.Record, received float64) arrival {
	if len(f.waiting) > 0 {
		return arrival{r, nil, errNotLoaded}
	}
	s, err := f.decoder.decode(r, received)
	return arrival{r, s, err}
}

// sent returns the time when the sample was sent, negative infinity if it is not
// known.
func (a arrival) sent() float64 {
	if a.sample == nil {
		return math.Inf(-1)
	}
	return a.sample.Sent()
}

// handle delivers a record, or keeps it until its schema is loaded.
func (f *feed) handle(r arrival) {
	if r.err == errNotLoaded || len(f.waiting) > 0 {
		f.wait(r.Record)
		return
	}
	if r.Offset < f.next[r.Partition] {
		if f.repeated(r.Record) {
			return
		}
		f.consumer.bus.log.Warn("a Kafka topic begins anew", "topic", f.name, "partition", r.Partition)
		f.restarted(r.Partition)
	}
	f.next[r.Partition], f.last[r.Partition] = r.Offset+1, r.Record
	f.handled++
	switch {
	case r.err != nil:
		f.skipped(r)
	case r.sample != nil:
		f.consumer.bus.received.Add(1)
	}
	for _, l := range f.listeners {
		if r.sample != nil && r.Offset >= l.from[r.Partition] {
			f.consumer.deliver(l.sub, sal.Delivery{Topic: f.topic, Sample: r.sample})
		}
		if until, ok := l.until[r.Partition]; ok && r.Offset+1 >= until {
			f.pastEnded(l, r.Partition)
		}
	}
}

// repeated reports whether a record that comes again is the one that came before.
// After a change of leaders the client goes back a little, to be safe. A record
// that was written in place of one that got lost is of a later leader; one in a
// topic that was made anew is younger.
func (f *feed) repeated(r *kgo.Record) bool {
	last := f.last[r.Partition]
	return last != nil && r.LeaderEpoch <= last.LeaderEpoch && !r.Timestamp.After(last.Timestamp)
}

// pastEnded notes that a listener has the past of a partition, and delivers the end
// of the past when it has that of all partitions.
func (f *feed) pastEnded(l *listener, p int32) {
	if _, ok := l.until[p]; !ok {
		return
	}
	delete(l.until, p)
	if len(l.until) == 0 {
		f.consumer.deliver(l.sub, sal.Delivery{Topic: f.topic})
	}
}

// skipped reports a record that could not be decoded: the first of a topic,
// then every tenth.
func (f *feed) skipped(r arrival) {
	f.consumer.bus.skipped.Add(1)
	if n := f.decoder.failed; n%10 == 1 {
		f.consumer.bus.log.Warn("skipped a sample that cannot be read", "topic", f.name, "partition", r.Partition, "offset", r.Offset, "skipped", n, "error", r.err)
	}
}
