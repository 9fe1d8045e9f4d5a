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
	careful  *kgo.Client // for what must not be written twice
	admin    *kadm.Client
	registry *registry
	consumer *consumer
	said     limiter // how often to complain of the brokers

	life context.Context // until Close
	end  context.CancelCauseFunc
	work sync.WaitGroup // goroutines that live no longer than life

	mu    sync.Mutex
	ready map[*sal.Topic]*outlet // topics that exist and whose schema is registered

	published, refused, received, skipped atomic.Uint64
}

// outlet is what it takes to write a topic.
type outlet struct {
	name string // at the brokers
	id   int    // of the schema
}

// Stats counts samples since the bus was made.
type Stats struct {
	Published uint64 // taken by the brokers
	Refused   uint64 // not delivered, which was an error to their writers
	Received  uint64 // read and decoded
	Skipped   uint64 // read, but not the encoding of anything known
}

// NewBus makes a bus; it connects when it is used first, and again whenever it
// has to. Definitions are those of the domains that use the bus, and of no
// simulation ([ErrSimulated]): their schemas get registered. The error says
// what in the configuration is wrong. Close the bus when done.
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

// Close ends all subscriptions and connections. It may be called again. Close
// domains first.
func (b *Bus) Close() error {
	b.end(ErrClosed)
	b.work.Wait()
	b.client.Close()
	b.careful.Close()
	b.registry.close()
	return nil
}

// Stats tells what went through the bus.
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

// HistoryWindow implements [sal.Windowed].
func (b *Bus) HistoryWindow(component string) int {
	if n, ok := b.config.HistoryOf[component]; ok {
		return n
	}
	if b.config.History > 0 {
		return b.config.History
	}
	return sal.DefaultHistoryWindow
}

// Publish implements [sal.Bus]: it returns when the brokers have taken the
// sample, as many as the configuration asks for. The error is a
// [*DeliveryError], or that of [Bus.Announce] for a topic that is written for
// the first time. A command is not written twice, whatever happens: it waits
// for all replicas. Of other samples, a connection that breaks may leave a
// second copy, unless the configuration has AcksAll. Samples that are published at the same time, by several
// goroutines, share requests.
func (b *Bus) Publish(ctx context.Context, s *sal.Sample) error {
	t := s.Topic()
	out, err := b.outlet(ctx, t)
	if err != nil {
		return err
	}
	value := make([]byte, headerSize, 256)
	binary.BigEndian.PutUint32(value[1:], uint32(out.id))
	record := &kgo.Record{Topic: out.name, Key: Key(t, s.WriterIndex()), Value: s.AppendAvro(value)}
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

// send waits for the brokers. A record that was given up is not sent any more,
// unless it is on its way already.
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

// headerSize is how many bytes stand before the Avro body: a zero and the id
// of the schema (spec sal-kafka, section 6).
const headerSize = 5

// outlet is what it takes to write a topic; one that was not announced is
// announced now.
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

// within is a context that ends with ctx and with the bus.
func (b *Bus) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(b.life, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(context.Canceled) }
}
