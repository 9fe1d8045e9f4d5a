package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love/sal"
)

// headerSize is the number of bytes before the Avro body: a zero and the id of the
// schema (docs/protocol/sal-kafka.md#message-bytes).
const headerSize = 5

// header returns the beginning of a message with the schema.
func header(schemaID int) []byte {
	b := make([]byte, headerSize, 256)
	binary.BigEndian.PutUint32(b[1:], uint32(schemaID))
	return b
}

// Publish implements [sal.Bus]. It returns when as many replicas as configured have
// the sample, at the latest after the DeliveryTimeout of the configuration. A topic that
// is written for the first time is announced first; one that was deleted is found again,
// or created again.
//
// The error is a [*sal.NotWrittenError] if the sample was certainly not written and will
// not be, and a [*DeliveryError] if it may have been.
//
// A command waits for all replicas and is never written twice. Other samples may be
// written twice if a connection breaks, unless the configuration has [AcksAll]. Samples
// of telemetry that several goroutines publish at the same time share requests.
func (b *Bus) Publish(ctx context.Context, s *sal.Sample) error {
	ctx, cancel := b.withLifetime(ctx)
	defer cancel()
	timeout := b.config.DeliveryTimeout
	ctx, cancelTimeout := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %v", timeout))
	defer cancelTimeout()
	if err := b.publish(ctx, s); err != nil {
		b.refused.Add(1)
		return err
	}
	b.published.Add(1)
	return nil
}

func (b *Bus) publish(ctx context.Context, s *sal.Sample) error {
	t := s.Topic()
	if ctx.Err() != nil {
		return &sal.NotWrittenError{Topic: t, Err: context.Cause(ctx)}
	}
	w, err := b.writer(ctx, t)
	if err != nil {
		return &sal.NotWrittenError{Topic: t, Err: err}
	}
	if t.Kind != sal.Telemetry && b.acks(t.Kind) != acksOfNone {
		return w.write(ctx, s)
	}
	switch err := w.produce(ctx, s); {
	case err == nil:
		return nil
	case isOneOf(err, notAppended) && isFinal(err):
		return &sal.NotWrittenError{Topic: t, TooLarge: isTooLarge(err), Err: err}
	default:
		return &DeliveryError{Topic: t, Err: err}
	}
}

// writer returns the writer of a topic, which it announces first if necessary.
func (b *Bus) writer(ctx context.Context, t *sal.Topic) (*topicWriter, error) {
	if w := b.topicWriter(t); w.registered.Load() {
		return w, nil
	}
	if err := b.Announce(ctx, []*sal.Topic{t}); err != nil {
		return nil, err
	}
	return b.topicWriter(t), nil
}

// topicWriter finds or makes the writer of a topic.
func (b *Bus) topicWriter(t *sal.Topic) *topicWriter {
	b.mu.Lock()
	defer b.mu.Unlock()
	w := b.topics[t]
	if w == nil {
		w = newTopicWriter(b, t)
		b.topics[t] = w
	}
	return w
}

// How many replicas must have a record, as requests have it.
const (
	acksOfNone   int16 = 0
	acksOfLeader int16 = 1
	acksOfAll    int16 = -1
)

// acks returns how many replicas must have a sample of the kind.
func (b *Bus) acks(kind sal.Kind) int16 {
	switch {
	case kind == sal.Command || b.config.Acks == AcksAll:
		return acksOfAll
	case b.config.Acks == AcksNone:
		return acksOfNone
	}
	return acksOfLeader
}

// send writes a record and waits for the answer.
func (b *Bus) send(ctx context.Context, record *kgo.Record) error {
	answer := make(chan error, 1)
	b.client.Produce(ctx, record, func(_ *kgo.Record, err error) { answer <- err })
	select {
	case err := <-answer:
		if errors.Is(err, kgo.ErrClientClosed) {
			return ErrClosed
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
