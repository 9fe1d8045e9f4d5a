package kafka

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/rubin-love/love-go/love/sal"
)

// topicWriter writes the samples of one topic, which it announces. Events, commands and
// acknowledgements are written one after another, each in a request of its own: so one
// that was given up before it left never leaves, and it is known of each whether it has
// left. One whose partition has no leader delays the next ones until its time is over.
type topicWriter struct {
	bus   *Bus
	topic *sal.Topic
	name  string // at the brokers
	codec *codec

	schemaID   atomic.Int32 // in the registry
	registered atomic.Bool  // whether the registry has the schema under schemaID

	turn     chan struct{} // a semaphore of one, which guards what follows
	id       topicID
	state    *topicState // nil: to be asked for
	asked    time.Time   // when state was asked for
	producer *producer   // nil: to be asked for
	renewals uint64      // how often telemetry was renewed
}

// producer numbers the samples that are written to a topic.
type producer struct {
	id    int64
	epoch int16
	next  map[int32]int32 // by partition
}

func (p *producer) sequence(partition int32) sequence {
	return sequence{p.id, p.epoch, p.next[partition]}
}

// advance is called when a record has been written.
func (p *producer) advance(partition int32) {
	if n := p.next[partition]; n < math.MaxInt32 {
		p.next[partition] = n + 1
	} else {
		p.next[partition] = 0
	}
}

func newTopicWriter(b *Bus, t *sal.Topic) *topicWriter {
	return &topicWriter{bus: b, topic: t, name: TopicName(b.config.SubName, t), codec: newCodec(t), turn: make(chan struct{}, 1)}
}

// lock waits for the turn, or until ctx ends.
func (w *topicWriter) lock(ctx context.Context) error {
	select {
	case w.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *topicWriter) unlock() { <-w.turn }

// value returns a sample as the value of a record.
func (w *topicWriter) value(s *sal.Sample) []byte {
	return w.codec.append(header(int(w.schemaID.Load())), s)
}

// write writes a sample that is not telemetry.
func (w *topicWriter) write(ctx context.Context, s *sal.Sample) error {
	if err := w.lock(ctx); err != nil {
		return &sal.NotWrittenError{Topic: w.topic, Err: err}
	}
	defer w.unlock()
	d := delivery{topicWriter: w, sample: s, key: Key(w.topic, s.WriterIndex())}
	return d.run(ctx)
}

// number makes sure that samples can be numbered if all replicas confirm them; brokers
// take numbers only then.
func (w *topicWriter) number(ctx context.Context) error {
	if w.bus.acks(w.topic.Kind) != acksOfAll || w.producer != nil {
		return nil
	}
	response, err := ask(ctx, w.bus, func(ctx context.Context) (*kmsg.InitProducerIDResponse, error) {
		return kmsg.NewPtrInitProducerIDRequest().RequestWith(ctx, w.bus.writing)
	})
	if err == nil {
		err = brokerError(response.ErrorCode, nil)
	}
	if err != nil {
		return err
	}
	w.producer = &producer{response.ProducerID, response.ProducerEpoch, map[int32]int32{}}
	return nil
}

// renewSchema registers the schema again with a topic that was created again, because a
// registry may have been emptied at the same time. The id stays if the registry does not
// answer soon.
func (w *topicWriter) renewSchema(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if id, err := w.bus.registry.registerOnce(ctx, Subject(w.bus.config.SubName, w.topic), w.topic.Schema()); err == nil {
		w.schemaID.Store(int32(id))
	}
}

// produce writes a sample of telemetry, in one request with those that others write at
// the same time.
func (w *topicWriter) produce(ctx context.Context, s *sal.Sample) error {
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		if err := w.lock(ctx); err != nil {
			return err
		}
		seen := w.renewals
		w.unlock()
		record := &kgo.Record{Topic: w.name, Key: Key(w.topic, s.WriterIndex()), Value: w.value(s)}
		err := w.bus.send(ctx, record)
		if err == nil || ctx.Err() != nil || isFinal(err) {
			return err
		}
		if renewed := w.renewTelemetry(ctx, seen, err); !renewed || !sleep(ctx, pause) {
			return err
		}
	}
}

// renewTelemetry makes the client forget a topic after an error that means that it was
// deleted, or one of the client itself, and makes sure that it exists. It reports
// whether that has been done since seen was read: then the client may have given up
// samples of others as well.
func (w *topicWriter) renewTelemetry(ctx context.Context, seen uint64, err error) bool {
	if w.lock(ctx) != nil {
		return false
	}
	defer w.unlock()
	if w.renewals != seen {
		return true
	}
	if refused := (*kerr.Error)(nil); errors.As(err, &refused) && !isOneOf(err, stale) {
		return false
	}
	_, err = ask(ctx, w.bus, func(context.Context) (struct{}, error) {
		w.bus.client.PurgeTopicsFromProducing(w.name)
		return struct{}{}, nil
	})
	if err == nil {
		_, err = w.bus.ensureTopics(ctx, []*sal.Topic{w.topic})
	}
	if err != nil {
		return false
	}
	w.renewSchema(ctx)
	w.renewals++
	return true
}
