package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/rubin-love/love-go/love/sal"
)

// The pauses between attempts to write a sample.
const (
	shortestPause = 20 * time.Millisecond
	longestPause  = 500 * time.Millisecond
)

// creationGrace is how long a deleted topic is left to others to be created again, before
// a sample that waits for it creates it.
const creationGrace = time.Second

// stateAge is the age from which on the leaders and the number of partitions of a topic
// are asked for again.
const stateAge = 5 * time.Minute

var (
	errRecreated    = errors.New("the topic was deleted after it may have been written")
	errForgotten    = errors.New("the brokers have forgotten the numbers of the commands before it")
	errTopicMissing = errors.New("the topic was deleted")
)

// delivery is the writing of one sample, in as many attempts as it takes. A command is
// only repeated if it was certainly not written, or with its number, by which the brokers
// recognize it.
type delivery struct {
	*topicWriter
	sample    *sal.Sample
	key       []byte
	uncertain bool      // whether an attempt without an answer may have written it
	missing   time.Time // since when the topic has been missing
}

// run writes the sample. It has the turn.
func (d *delivery) run(ctx context.Context) error {
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		err := d.attempt(ctx)
		if err == nil {
			return nil
		}
		if isFinal(err) {
			return d.failed(err)
		}
		if !sleep(ctx, pause) {
			return d.failed(withCause(context.Cause(ctx), err))
		}
	}
}

// failed returns the error of the last attempt as that of Publish.
func (d *delivery) failed(err error) error {
	if errors.Is(err, kgo.ErrClientClosed) {
		err = ErrClosed
	}
	if d.uncertain {
		d.producer = nil // its next number is not known
		return &DeliveryError{Topic: d.topic, Err: err}
	}
	return &sal.NotWrittenError{Topic: d.topic, TooLarge: isTooLarge(err), Err: err}
}

// attempt tries to write the sample once.
func (d *delivery) attempt(ctx context.Context) error {
	if err := d.locate(ctx); err != nil {
		return err
	}
	if err := d.number(ctx); err != nil {
		return err
	}
	partition := d.state.partitions[partitionOf(d.key, len(d.state.partitions))]
	if partition.leader < 0 {
		d.state = nil
		return kerr.LeaderNotAvailable
	}
	request, err := d.request(ctx, partition.number)
	if err != nil {
		return err
	}
	response, err := d.bus.exchange(ctx, partition.leader, request)
	if err != nil {
		d.state = nil // there may be another leader
		d.uncertain = d.uncertain || !request.withdraw()
		return err
	}
	return d.accept(response, partition.number)
}

// locate makes sure that the leaders of the topic are known.
func (d *delivery) locate(ctx context.Context) error {
	if d.state != nil && time.Since(d.asked) < stateAge {
		return nil
	}
	found, err := d.bus.describeTopics(ctx, d.bus.writing, []string{d.name})
	if err != nil {
		return err
	}
	state := found[d.name]
	switch {
	case errors.Is(state.err, kerr.UnknownTopicOrPartition) || state.err == nil && len(state.partitions) == 0:
		return d.create(ctx)
	case state.err != nil:
		return &TopicError{Name: d.name, Err: state.err}
	case state.id.isOther(d.id):
		if d.mustStay() {
			return errRecreated
		}
		d.bus.log.Warn("a Kafka topic was deleted and created again, writing to the new one", "topic", d.name)
		d.producer = nil
		d.renewSchema(ctx)
	}
	d.id, d.state, d.asked, d.missing = state.id, &state, time.Now(), time.Time{}
	return nil
}

// mustStay reports whether the sample must not be written to another topic of the name,
// because it may be in this one.
func (d *delivery) mustStay() bool { return d.uncertain && d.topic.Kind == sal.Command }

// create creates the topic if nobody else has done so for a while.
func (d *delivery) create(ctx context.Context) error {
	if d.mustStay() {
		return errRecreated
	}
	if d.missing.IsZero() {
		d.missing = time.Now()
	}
	if time.Since(d.missing) < creationGrace {
		return errTopicMissing
	}
	d.bus.log.Warn("a Kafka topic was deleted, creating it again", "topic", d.name)
	if _, err := d.bus.ensureTopics(ctx, []*sal.Topic{d.topic}); err != nil {
		return err
	}
	d.missing = time.Time{}
	return d.locate(ctx)
}

// request returns a request that writes the sample.
func (d *delivery) request(ctx context.Context, partition int32) (*produceRequest, error) {
	record := encodeRecord(d.key, d.value(d.sample))
	if limit := d.bus.config.Tuning.batchMax(); len(record)+batchOverhead > limit {
		return nil, fmt.Errorf("%w (%d bytes, this client's limit is %d)", kerr.MessageTooLarge, len(record), limit)
	}
	n := unnumbered
	if d.producer != nil {
		n = d.producer.sequence(partition)
	}
	r := &produceRequest{ProduceRequest: kmsg.NewProduceRequest()}
	r.Acks = d.bus.acks(d.topic.Kind)
	r.TimeoutMillis = int32(d.bus.config.DeliveryTimeout.Milliseconds())
	if deadline, ok := ctx.Deadline(); ok {
		r.TimeoutMillis = int32(max(time.Until(deadline), time.Millisecond).Milliseconds())
	}
	p := kmsg.NewProduceRequestTopicPartition()
	p.Partition, p.Records = partition, recordBatch(record, time.Now(), n, d.bus.compressor)
	t := kmsg.NewProduceRequestTopic()
	t.Topic, t.TopicID, t.Partitions = d.name, d.id, append(t.Partitions, p)
	r.Topics = append(r.Topics, t)
	return r, nil
}

// exchange sends a request to a broker and waits for the answer. When ctx ends, a request
// that has not left is withdrawn; the connection stays, because others use it.
func (b *Bus) exchange(ctx context.Context, broker int32, request *produceRequest) (*kmsg.ProduceResponse, error) {
	own, cancel := context.WithCancel(b.ctx)
	stop := context.AfterFunc(ctx, func() {
		if request.withdraw() {
			cancel()
		}
	})
	response, err := ask(ctx, b, func(context.Context) (kmsg.Response, error) {
		defer cancel()
		defer stop()
		return b.writing.Broker(int(broker)).Request(own, request)
	})
	if err != nil {
		return nil, err
	}
	return response.(*kmsg.ProduceResponse), nil
}

// accept handles the answer of a broker.
func (d *delivery) accept(response *kmsg.ProduceResponse, partition int32) error {
	if len(response.Topics) != 1 || len(response.Topics[0].Partitions) != 1 {
		d.uncertain, d.state = true, nil
		return errors.New("the broker's answer is about other topics")
	}
	p := &response.Topics[0].Partitions[0]
	err := brokerError(p.ErrorCode, p.ErrorMessage)
	if err == nil || d.uncertain && errors.Is(err, kerr.DuplicateSequenceNumber) {
		if d.producer != nil {
			d.producer.advance(partition)
		}
		return nil
	}
	d.state = nil
	// A leader that is deposed while it waits for the replicas answers like one that
	// has been before, but with the place of the record.
	deposed := errors.Is(err, kerr.NotLeaderForPartition) && d.producer != nil && p.BaseOffset >= 0
	if deposed || !isOneOf(err, notAppended) {
		d.uncertain = true
	}
	switch {
	case isOneOf(err, stale) && d.mustStay():
		return fmt.Errorf("%w: %w", errRecreated, err)
	case isOneOf(err, forgotten) && d.mustStay():
		return fmt.Errorf("%w: %w", errForgotten, err)
	case isOneOf(err, forgotten):
		d.producer = nil
	}
	return err
}

// brokerError returns the error for a code in an answer, with the broker's message if
// there is one.
func brokerError(code int16, message *string) error {
	err := kerr.ErrorForCode(code)
	if err == nil || message == nil || *message == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, *message)
}
