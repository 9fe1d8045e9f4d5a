package kafka

import (
	"context"
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
	config     Config
	defs       *sal.Definitions
	log        *slog.Logger
	client     *kgo.Client // reads, and writes telemetry
	writing    *kgo.Client // writes everything else
	compressor kgo.Compressor
	admin      *kadm.Client
	registry   *registry
	consumer   *consumer
	brokers    *calls // requests to them

	ctx        context.Context // ends with Close
	cancel     context.CancelCauseFunc
	goroutines sync.WaitGroup // end with ctx

	mu     sync.Mutex
	topics map[*sal.Topic]*topicWriter
	look   chan struct{} // wakes watchTopics

	published, refused, received, skipped atomic.Uint64
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
	b := &Bus{config: config, defs: defs, log: slog.New(slog.DiscardHandler), topics: map[*sal.Topic]*topicWriter{}, look: make(chan struct{}, 1)}
	for _, o := range opts {
		o(b)
	}
	b.ctx, b.cancel = context.WithCancelCause(context.Background())
	b.brokers = newCalls(b.log, "the Kafka brokers do not do what is asked, trying again", "the Kafka brokers do what is asked again")
	if b.registry, err = newRegistry(config.Registry, b.log); err != nil {
		return nil, err
	}
	if err := b.makeClients(); err != nil {
		return nil, fmt.Errorf("SAL over Kafka: %w", err)
	}
	b.admin = kadm.NewClient(b.client)
	b.consumer = newConsumer(b)
	b.goroutines.Go(b.consumer.run)
	b.goroutines.Go(b.watchTopics)
	b.goroutines.Go(b.watchRegistry)
	return b, nil
}

// makeClients makes the clients; they connect when they have something to do.
func (b *Bus) makeClients() (err error) {
	if b.compressor, err = kgo.DefaultCompressor(b.config.Tuning.codec()); err != nil {
		return err
	}
	monitor := kgo.WithHooks(newBrokerMonitor(b))
	if b.client, err = kgo.NewClient(append(b.config.clientOptions(b.log), monitor)...); err != nil {
		return err
	}
	writing := b.config
	writing.Acks = AcksLeader // each request sets how many it needs
	if b.writing, err = kgo.NewClient(append(writing.clientOptions(b.log), monitor)...); err != nil {
		b.client.Close()
	}
	return err
}

// start runs f in a goroutine that Close waits for. It returns false if the bus is
// closed.
func (b *Bus) start(f func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx.Err() != nil {
		return false
	}
	b.goroutines.Go(f)
	return true
}

// Close ends all subscriptions and connections. Close domains first. It may be
// called more than once.
func (b *Bus) Close() error {
	b.mu.Lock()
	b.cancel(ErrClosed)
	b.mu.Unlock()
	b.client.Close()
	b.writing.Close()
	b.goroutines.Wait()
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
