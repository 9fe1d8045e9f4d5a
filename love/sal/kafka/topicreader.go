package kafka

import (
	"math"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love/sal"
)

// topicReader reads one topic for all its listeners. Only the goroutine of the
// consumer uses it.
type topicReader struct {
	consumer  *consumer
	name      string // at the brokers
	topic     *sal.Topic
	decoder   *decoder
	next      map[int32]int64       // next offset by partition
	last      map[int32]*kgo.Record // by partition
	listeners []*listener
	handled   uint64        // number of records so far
	waiting   []*kgo.Record // the first record that waits for a schema, and all after it
	paused    bool          // whether fetching is paused because too many wait
	deleted   bool          // whether the topic has disappeared from the brokers
}

// listener is a subscription to the topic of a reader.
type listener struct {
	sub *subscription
	// from is the first offset to deliver, by partition.
	from map[int32]int64
	// until is the offset at which the history ends, by partition; a partition that
	// has reached it is removed.
	until map[int32]int64
}

// attach begins to read for a subscription.
func (c *consumer) attach(s *subscription, requests []sal.TopicRequest, ranges []map[int32]offsetRange) {
	start := map[string]map[int32]kgo.Offset{}
	rewound := map[string][]int32{}
	for i, request := range requests {
		r := c.reader(request.Topic)
		l := &listener{sub: s, from: map[int32]int64{}, until: map[int32]int64{}}
		for p, offsets := range ranges[i] {
			l.from[p] = offsets.from
			if offsets.until > offsets.from {
				l.until[p] = offsets.until
			}
			next, known := r.next[p]
			if known && offsets.from >= next {
				continue
			}
			if known { // go back; the other listeners skip what they already had
				r.skip(p, next)
				rewound[r.name] = append(rewound[r.name], p)
			}
			r.next[p] = offsets.from
			setOffset(start, r.name, p, kgo.NewOffset().At(offsets.from))
		}
		r.listeners = append(r.listeners, l)
		s.readers = append(s.readers, r)
		if request.History > 0 && len(l.until) == 0 {
			c.deliver(s, sal.Delivery{Topic: r.topic})
		}
	}
	c.bus.client.RemoveConsumePartitions(rewound)
	c.bus.client.AddConsumePartitions(start)
}

// reader finds or makes the reader of a topic.
func (c *consumer) reader(t *sal.Topic) *topicReader {
	topic := c.bus.topic(t)
	r := c.readers[topic.name]
	if r == nil {
		r = &topicReader{
			consumer: c, name: topic.name, topic: t, decoder: newDecoder(topic.codec, topic.schemaID),
			next: map[int32]int64{}, last: map[int32]*kgo.Record{},
		}
		c.readers[topic.name] = r
	}
	return r
}

// detach ends reading for a subscription.
func (c *consumer) detach(s *subscription) {
	unused := map[string][]int32{}
	for _, r := range s.readers {
		r.listeners = slices.DeleteFunc(r.listeners, func(l *listener) bool { return l.sub == s })
		if len(r.listeners) > 0 {
			continue
		}
		delete(c.readers, r.name)
		r.resume()
		for p := range r.next {
			unused[r.name] = append(unused[r.name], p)
		}
	}
	s.readers = nil
	if c.bus.ctx.Err() == nil {
		c.bus.client.RemoveConsumePartitions(unused)
	}
}

// skip makes all present listeners skip the records before an offset.
func (r *topicReader) skip(p int32, next int64) {
	for _, l := range r.listeners {
		l.from[p] = max(l.from[p], next)
	}
	r.waiting = slices.DeleteFunc(r.waiting, func(record *kgo.Record) bool { return record.Partition == p })
}

// restarted is called when a partition starts again, with smaller offsets.
func (r *topicReader) restarted(p int32) {
	r.next[p] = 0
	for _, l := range r.listeners {
		delete(l.from, p)
		r.endHistory(l, p)
	}
}

// handleFetch handles the records of all partitions, each partition in order, and
// merges them by the time when they were sent. Otherwise readers would drop a sample
// that comes after a newer one of its instance.
func (r *topicReader) handleFetch(partitions []kgo.FetchPartition, received float64) {
	var queues [][]*kgo.Record
	for _, p := range partitions {
		if len(p.Records) > 0 {
			queues = append(queues, p.Records)
		}
	}
	if len(queues) == 1 {
		r.handleRecords(queues[0], received)
		return
	}
	heads := make([]decodedRecord, len(queues))
	for i, q := range queues {
		heads[i] = r.decode(q[0], received)
	}
	for len(queues) > 0 {
		first := 0
		for i := range heads {
			if heads[i].sent() < heads[first].sent() {
				first = i
			}
		}
		r.handle(heads[first])
		if queues[first] = queues[first][1:]; len(queues[first]) > 0 {
			heads[first] = r.decode(queues[first][0], received)
			continue
		}
		queues, heads = slices.Delete(queues, first, first+1), slices.Delete(heads, first, first+1)
	}
}

// handleRecords handles records of one partition.
func (r *topicReader) handleRecords(records []*kgo.Record, received float64) {
	for _, record := range records {
		r.handle(r.decode(record, received))
	}
}

// decodedRecord is a record with its sample.
type decodedRecord struct {
	*kgo.Record
	sample *sal.Sample // nil after an error and for control records of the brokers
	err    error
}

func (r *topicReader) decode(record *kgo.Record, received float64) decodedRecord {
	if len(r.waiting) > 0 {
		return decodedRecord{record, nil, errSchemaNotLoaded}
	}
	s, err := r.decoder.decode(record, received)
	return decodedRecord{record, s, err}
}

// sent returns the time when the sample was sent, negative infinity if it is not
// known.
func (d decodedRecord) sent() float64 {
	if d.sample == nil {
		return math.Inf(-1)
	}
	return d.sample.Sent()
}

// handle delivers a record, or keeps it until its schema is loaded.
func (r *topicReader) handle(d decodedRecord) {
	if d.err == errSchemaNotLoaded || len(r.waiting) > 0 {
		r.wait(d.Record)
		return
	}
	if d.Offset < r.next[d.Partition] {
		if r.isRepeated(d.Record) {
			return
		}
		r.consumer.bus.log.Warn("a Kafka topic was created again", "topic", r.name, "partition", d.Partition)
		r.restarted(d.Partition)
	}
	r.next[d.Partition], r.last[d.Partition] = d.Offset+1, d.Record
	r.handled++
	switch {
	case d.err != nil:
		r.skipped(d)
	case d.sample != nil:
		r.consumer.bus.received.Add(1)
	}
	for _, l := range r.listeners {
		if d.sample != nil && d.Offset >= l.from[d.Partition] {
			r.consumer.deliver(l.sub, sal.Delivery{Topic: r.topic, Sample: d.sample})
		}
		if until, ok := l.until[d.Partition]; ok && d.Offset+1 >= until {
			r.endHistory(l, d.Partition)
		}
	}
}

// isRepeated reports whether a record that comes again is the one that came before.
// After a change of leaders the client goes back a little, to be safe. A record that
// was written in place of a lost one is of a later leader; one in a topic that was
// created again is younger.
func (r *topicReader) isRepeated(record *kgo.Record) bool {
	last := r.last[record.Partition]
	return last != nil && record.LeaderEpoch <= last.LeaderEpoch && !record.Timestamp.After(last.Timestamp)
}

// endHistory notes that a listener has the history of a partition, and delivers the
// end of the history when it has that of all partitions.
func (r *topicReader) endHistory(l *listener, p int32) {
	if _, ok := l.until[p]; !ok {
		return
	}
	delete(l.until, p)
	if len(l.until) == 0 {
		r.consumer.deliver(l.sub, sal.Delivery{Topic: r.topic})
	}
}

// skipped counts a record that could not be decoded, and logs the first of a topic,
// then every tenth.
func (r *topicReader) skipped(d decodedRecord) {
	r.consumer.bus.skipped.Add(1)
	if n := r.decoder.failed; n%10 == 1 {
		r.consumer.bus.log.Warn("skipped a sample that cannot be read", "topic", r.name, "partition", d.Partition, "offset", d.Offset, "skipped", n, "error", d.err)
	}
}
