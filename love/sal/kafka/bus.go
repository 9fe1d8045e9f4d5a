package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love/sal"
)

// Bus is the observatory's SAL bus. It implements [sal.Bus], and is safe for
// concurrent use. One serves a whole process.
type Bus struct {
	config        Config
	defs          *sal.Definitions
	log           *slog.Logger
	client        *kgo.Client
	commandClient *kgo.Client // writes commands, which must not be written twice
	admin         *kadm.Client
	registry      *registry
	consumer      *consumer
	warnings      logLimiter // of warnings about the brokers

	ctx        context.Context // ends with Close
	cancel     context.CancelCauseFunc
	goroutines sync.WaitGroup // end with ctx

	mu     sync.Mutex
	topics map[*sal.Topic]*busTopic

	published, refused, received, skipped atomic.Uint64
}

// busTopic is a topic that exists and whose schema is registered.
type busTopic struct {
	name     string // at the brokers
	schemaID int
	codec    *codec
}

// Stats counts samples since the bus was made.
type Stats struct {
	Published uint64 // accepted by the brokers
	Refused   uint64 // not delivered, which was an error for their writers
	Received  uint64 // read and decoded
	Skipped   uint64 // read, but impossible to decode
}

// NewBus returns a bus, which connects when it is first used and reconnects when
// necessary. defs must be the definitions of the domains that use the bus. Those of a
// simulation are refused with [ErrSimulated], because their schemas would be
// registered. Other errors say what is wrong with the configuration. Close the bus
// when done.
func NewBus(config Config, defs *sal.Definitions, opts ...Option) (*Bus, error) {
	if defs.Simulated() {
		return nil, ErrSimulated
	}
	config, err := config.complete()
	if err != nil {
		return nil, fmt.Errorf("SAL over Kafka: %w", err)
	}
	b := &Bus{config: config, defs: defs, log: slog.New(slog.DiscardHandler), topics: map[*sal.Topic]*busTopic{}}
	for _, o := range opts {
		o(b)
	}
	if b.registry, err = newRegistry(config.Registry, b.log); err != nil {
		return nil, err
	}
	if err := b.makeClients(); err != nil {
		return nil, fmt.Errorf("SAL over Kafka: %w", err)
	}
	b.admin = kadm.NewClient(b.client)
	b.ctx, b.cancel = context.WithCancelCause(context.Background())
	b.consumer = newConsumer(b)
	b.goroutines.Go(b.consumer.run)
	b.goroutines.Go(b.refreshPartitions)
	return b, nil
}

// makeClients makes the clients; they connect when they have something to do.
func (b *Bus) makeClients() (err error) {
	if b.client, err = kgo.NewClient(b.config.clientOptions(b.log)...); err != nil {
		return err
	}
	if b.commandClient = b.client; b.config.Acks != AcksAll {
		config := b.config
		config.Acks = AcksAll
		if b.commandClient, err = kgo.NewClient(config.clientOptions(b.log)...); err != nil {
			b.client.Close()
		}
	}
	return err
}

// Close ends all subscriptions and connections. Close domains first. It may be
// called more than once.
func (b *Bus) Close() error {
	b.cancel(ErrClosed)
	b.goroutines.Wait()
	b.client.Close()
	b.commandClient.Close()
	b.registry.close()
	return nil
}

// withLifetime returns a context that ends with ctx or with the bus.
func (b *Bus) withLifetime(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(b.ctx, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(context.Canceled) }
}

// Stats returns the counts of samples so far.
func (b *Bus) Stats() Stats {
	return Stats{
		Published: b.published.Load(), Refused: b.refused.Load(),
		Received: b.received.Load(), Skipped: b.skipped.Load(),
	}
}

// HistorySize implements [sal.HistorySizer].
func (b *Bus) HistorySize(component string) int {
	if n, ok := b.config.HistoryOf[component]; ok {
		return n
	}
	return b.config.History
}

// headerSize is the number of bytes before the Avro body: a zero and the id of the
// schema (docs/protocol/sal-kafka.md#message-bytes).
const headerSize = 5

// Publish implements [sal.Bus]. It returns when as many replicas as configured have
// the sample. The error is a [*DeliveryError], or that of [Bus.Announce] for a topic
// that is written for the first time. A command waits for all replicas and is never
// written twice. Other samples may be written twice if a connection breaks, unless
// the configuration has [AcksAll]. Samples that several goroutines publish at the
// same time share requests.
func (b *Bus) Publish(ctx context.Context, s *sal.Sample) error {
	t := s.Topic()
	if ctx.Err() != nil {
		return &sal.NotWrittenError{Topic: t, Err: context.Cause(ctx)}
	}
	topic, err := b.prepare(ctx, t)
	if err != nil {
		return err
	}
	value := make([]byte, headerSize, 256)
	binary.BigEndian.PutUint32(value[1:], uint32(topic.schemaID))
	record := &kgo.Record{Topic: topic.name, Key: Key(t, s.WriterIndex()), Value: topic.codec.append(value, s)}
	client := b.client
	if t.Kind == sal.Command {
		client = b.commandClient
	}
	if err := b.send(ctx, client, record); err != nil {
		b.refused.Add(1)
		return &DeliveryError{Topic: t, Err: err}
	}
	b.published.Add(1)
	return nil
}

// prepare returns a topic, which it announces first if necessary.
func (b *Bus) prepare(ctx context.Context, t *sal.Topic) (*busTopic, error) {
	if topic := b.topic(t); topic != nil {
		return topic, nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.config.DeliveryTimeout)
	defer cancel()
	if err := b.Announce(ctx, []*sal.Topic{t}); err != nil {
		return nil, fmt.Errorf("%s %s cannot be written: %w", t.Component, t.Attr(), err)
	}
	return b.topic(t), nil
}

// topic returns a topic, nil if it has not been announced.
func (b *Bus) topic(t *sal.Topic) *busTopic {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.topics[t]
}

// send writes a record and waits for the answer. A record that was given up is not
// sent any more, unless it is on its way already.
func (b *Bus) send(ctx context.Context, client *kgo.Client, record *kgo.Record) error {
	timeout := b.config.DeliveryTimeout
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("no answer within %v", timeout))
	defer cancel()
	answer := make(chan error, 1)
	client.Produce(ctx, record, func(_ *kgo.Record, err error) { answer <- err })
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
