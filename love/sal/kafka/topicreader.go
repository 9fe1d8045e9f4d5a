package kafka

import (
	"bytes"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/internal/outage"
	"github.com/rubin-love/love-go/love/sal"
)

// topicReader reads one topic for all its listeners. Only the goroutine of the
// consumer uses it.
type topicReader struct {
	consumer  *consumer
	name      string // at the brokers
	topic     *sal.Topic
	decoder   *decoder
	id        topicID
	next      map[int32]int64       // next offset by partition
	last      map[int32]*kgo.Record // by partition
	listeners []*listener
	handled   uint64          // number of records so far
	waiting   []waitingRecord // the first record that waits for a schema, and all after it
	paused    bool            // whether fetching is paused because too many wait
	suspended time.Time       // since when the brokers do not know the topic; zero if they do
	// checking has the partitions whose last record is read again, to see whether they
	// are those of before.
	checking map[int32]bool
	// rewinding has the partitions that turned out to be others; until they are read
	// from their beginning, records are dropped.
	rewinding map[int32]bool
	unread    *outage.Log // records that cannot be read; without an end, because others can
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
func (c *consumer) attach(s *subscription, requests []sal.TopicRequest, ranges []map[int32]offsetRange, found map[string]topicState) {
	start := map[string]map[int32]kgo.Offset{}
	rewound := map[string][]int32{}
	for i, request := range requests {
		r := c.reader(request.Topic, found, ranges[i])
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

// reader finds or makes the reader of a topic, whose newest state is in found.
func (c *consumer) reader(t *sal.Topic, found map[string]topicState, ranges map[int32]offsetRange) *topicReader {
	w := c.bus.topicWriter(t)
	state := found[w.name]
	state.ends = map[int32]int64{}
	for p, offsets := range ranges {
		state.ends[p] = max(offsets.from, offsets.until)
	}
	r := c.readers[w.name]
	switch {
	case r == nil:
		r = &topicReader{
			consumer: c, name: w.name, topic: t, id: state.id, decoder: newDecoder(w.codec, int(w.schemaID.Load())),
			next: map[int32]int64{}, last: map[int32]*kgo.Record{}, checking: map[int32]bool{}, rewinding: map[int32]bool{},
			unread: outage.New(c.bus.log.With("topic", w.name), slog.LevelWarn, "skipped a sample that cannot be read", ""),
		}
		c.readers[w.name] = r
	case state.id.isOther(r.id) || !r.suspended.IsZero() || len(r.checking) > 0:
		c.updateReader(r, state)
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
		c.readable(r.name)
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
	r.waiting = slices.DeleteFunc(r.waiting, func(w waitingRecord) bool { return w.Partition == p && !w.former })
}

// begin is called when the topic was created again: all that is known of its partitions
// is about the former one.
func (r *topicReader) begin() {
	for p := range r.next {
		r.restarted(p)
	}
	clear(r.next)
	clear(r.last)
	for i := range r.waiting {
		r.waiting[i].former = true
	}
	r.decoder.checkAll() // a registry may have been emptied with the topics
}

// isShorter reports whether a topic without an id is certainly not the one that was read,
// because it has fewer partitions or ends before what was read. It is only asked while
// nothing is read.
func (r *topicReader) isShorter(state topicState) bool {
	for p, end := range state.ends {
		if end < r.next[p] {
			return true
		}
	}
	return len(state.partitions) < len(r.next)
}

// goOn returns where to go on reading a partition that had disappeared. Without the ids
// of topics, its last record is read again to see whether it is the same partition.
func (r *topicReader) goOn(p int32, noID bool) kgo.Offset {
	next := r.next[p]
	if noID && r.last[p] != nil && next > 0 {
		r.checking[p] = true
		next--
	}
	return kgo.NewOffset().At(next)
}

// restarted is called when a partition starts again, with smaller offsets.
func (r *topicReader) restarted(p int32) {
	r.next[p] = 0
	delete(r.checking, p)
	delete(r.rewinding, p)
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
	if r.rewinding[d.Partition] {
		return
	}
	if d.err == errSchemaNotLoaded || len(r.waiting) > 0 {
		r.wait(d.Record)
		return
	}
	if d.Offset < r.next[d.Partition] && !r.accepts(d.Record) {
		return
	}
	delete(r.checking, d.Partition)
	r.next[d.Partition], r.last[d.Partition] = d.Offset+1, d.Record
	r.count(d)
	for _, l := range r.listeners {
		if d.sample != nil && d.Offset >= l.from[d.Partition] {
			r.consumer.deliver(l.sub, sal.Delivery{Topic: r.topic, Sample: d.sample})
		}
		if until, ok := l.until[d.Partition]; ok && d.Offset+1 >= until {
			r.endHistory(l, d.Partition)
		}
	}
}

// handleFormer delivers a record of the topic that was deleted, which had waited.
func (r *topicReader) handleFormer(d decodedRecord) {
	r.count(d)
	if d.sample == nil {
		return
	}
	for _, l := range r.listeners {
		r.consumer.deliver(l.sub, sal.Delivery{Topic: r.topic, Sample: d.sample})
	}
}

// accepts decides about a record with a smaller offset than was expected: whether it is
// one of a topic that was created again.
func (r *topicReader) accepts(record *kgo.Record) bool {
	p := record.Partition
	if r.isRepeated(record) {
		delete(r.checking, p)
		return false
	}
	r.consumer.bus.log.Warn("a Kafka topic was deleted and created again, reading it from its beginning", "topic", r.name, "partition", p)
	again := r.checking[p]
	r.restarted(p)
	if again && record.Offset > 0 { // its last record was read in between
		r.rewinding[p] = true
		r.consumer.post(func() { r.rewind(p) })
		return false
	}
	return true
}

// rewind begins to read a partition from its beginning.
func (r *topicReader) rewind(p int32) {
	if !r.rewinding[p] || r.consumer.readers[r.name] != r {
		return
	}
	delete(r.rewinding, p)
	client := r.consumer.bus.client
	client.RemoveConsumePartitions(map[string][]int32{r.name: {p}})
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{r.name: {p: kgo.NewOffset().AtStart()}})
}

// count counts a record.
func (r *topicReader) count(d decodedRecord) {
	r.handled++
	switch {
	case d.err != nil:
		r.skipped(d)
	case d.sample != nil:
		r.consumer.bus.received.Add(1)
	}
}

// isRepeated reports whether a record that comes again is the one that came before.
// After a change of leaders the client goes back a little, to be safe. A record that
// was written in place of a lost one is of a later leader; one in a topic that was
// created again is younger.
func (r *topicReader) isRepeated(record *kgo.Record) bool {
	last := r.last[record.Partition]
	if last == nil || record.Offset == last.Offset && !bytes.Equal(record.Value, last.Value) {
		return false
	}
	return record.LeaderEpoch <= last.LeaderEpoch && !record.Timestamp.After(last.Timestamp)
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

// skipped counts a record that could not be decoded, and logs it if it is not one of many.
func (r *topicReader) skipped(d decodedRecord) {
	r.consumer.bus.skipped.Add(1)
	r.unread.Failed(time.Now(), d.err, "partition", d.Partition, "offset", d.Offset)
}
