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

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// Bus is the observatory's SAL bus. It implements [sal.Bus], and is safe for
// concurrent use. One serves a whole process.
type Bus struct {
	config   Config
	defs     *sal.Definitions
	clock    love.Clock
	log      *slog.Logger
	client   *kgo.Client
	careful  *kgo.Client // writes commands, which must not be written twice
	admin    *kadm.Client
	registry *registry
	consumer *consumer
	said     limiter // limits warnings about the brokers

	life context.Context // ends with Close
	end  context.CancelCauseFunc
	work sync.WaitGroup // goroutines that end with life

	mu    sync.Mutex
	ready map[*sal.Topic]*outlet // topics that exist and whose schema is registered

	published, refused, received, skipped atomic.Uint64
}

// outlet holds what is needed to write a topic.
type outlet struct {
	name  string // at the brokers
	id    int    // of the schema
	codec *codec
}

// Stats counts samples since the bus was made.
type Stats struct {
	Published uint64 // taken by the brokers
	Refused   uint64 // not delivered, which was an error to their writers
	Received  uint64 // read and decoded
	Skipped   uint64 // read, but not the encoding of anything known
}

// NewBus returns a bus, which connects when it is first used and reconnects when it
// has to. defs must be the definitions of the domains that use the bus. Those of a
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
	b := &Bus{
		config: config, defs: defs, clock: love.SystemClock{}, log: slog.New(slog.DiscardHandler),
		ready: map[*sal.Topic]*outlet{},
	}
	for _, o := range opts {
		o(b)
	}
	if b.registry, err = newRegistry(config.Registry, b.log); err != nil {
		return nil, err
	}
	if err := b.connect(); err != nil {
		return nil, fmt.Errorf("SAL over Kafka: %w", err)
	}
	b.admin = kadm.NewClient(b.client)
	b.life, b.end = context.WithCancelCause(context.Background())
	b.consumer = newConsumer(b)
	b.work.Go(b.consumer.run)
	b.work.Go(b.refresh)
	return b, nil
}

// Close ends all subscriptions and connections. Close domains first. It may be
// called more than once.
func (b *Bus) Close() error {
	b.end(ErrClosed)
	b.work.Wait()
	b.client.Close()
	b.careful.Close()
	b.registry.close()
	return nil
}

// Stats returns the counts of samples so far.
func (b *Bus) Stats() Stats {
	return Stats{
		Published: b.published.Load(), Refused: b.refused.Load(),
		Received: b.received.Load(), Skipped: b.skipped.Load(),
	}
}

// connect makes the clients; they connect when they have something to do.
func (b *Bus) connect() (err error) {
	if b.client, err = kgo.NewClient(b.config.clientOptions(b.log)...); err != nil {
		return err
	}
	if b.careful = b.client; b.config.Acks != AcksAll {
		careful := b.config
		careful.Acks = AcksAll
		if b.careful, err = kgo.NewClient(careful.clientOptions(b.log)...); err != nil {
			b.client.Close()
		}
	}
	return err
}

// HistorySize implements [sal.HistorySizer].
func (b *Bus) HistorySize(component string) int {
	if n, ok := b.config.HistoryOf[component]; ok {
		return n
	}
	return b.config.History
}

// Publish implements [sal.Bus]. It returns when as many replicas as configured have
// the sample. The error is a [*DeliveryError], or that of [Bus.Announce] for a topic
// that is written for the first time. A command waits for all replicas and is never
// written twice. Other samples may be written twice if a connection breaks, unless
// the configuration has [AcksAll]. Samples that several goroutines publish at the
// same time share requests.
func (b *Bus) Publish(ctx context.Context, s *sal.Sample) error {
	t := s.Topic()
	out, err := b.outlet(ctx, t)
	if err != nil {
		return err
	}
	value := make([]byte, headerSize, 256)
	binary.BigEndian.PutUint32(value[1:], uint32(out.id))
	record := &kgo.Record{Topic: out.name, Key: Key(t, s.WriterIndex()), Value: out.codec.append(value, s)}
	client := b.client
	if t.Kind == sal.Command {
		client = b.careful
	}
	if err := b.send(ctx, client, record); err != nil {
		b.refused.Add(1)
		return &DeliveryError{Topic: t, Err: err}
	}
	b.published.Add(1)
	return nil
}

// send writes a record and waits for the answer. A record that was given up is not
// sent any more, unless it is on its way already.
func (b *Bus) send(ctx context.Context, client *kgo.Client, record *kgo.Record) error {
	ctx, cancel := context.WithTimeoutCause(ctx, b.config.Delivery, fmt.Errorf("no answer within %v", b.config.Delivery))
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

// headerSize is the number of bytes before the Avro body: a zero and the id of the
// schema (spec sal-kafka, section 6).
const headerSize = 5

// outlet returns the outlet of a topic, which it announces first if need be.
func (b *Bus) outlet(ctx context.Context, t *sal.Topic) (*outlet, error) {
	if out := b.outletOf(t); out != nil {
		return out, nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.config.Delivery)
	defer cancel()
	if err := b.Announce(ctx, []*sal.Topic{t}); err != nil {
		return nil, fmt.Errorf("%s %s cannot be written: %w", t.Component, t.Attr(), err)
	}
	return b.outletOf(t), nil
}

func (b *Bus) outletOf(t *sal.Topic) *outlet {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ready[t]
}

// within returns a context that ends with ctx or with the bus.
func (b *Bus) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(b.life, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(context.Canceled) }
}
