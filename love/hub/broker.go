package hub

import (
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
)

// Broker carries what one hub takes in to every hub that acts as one with it.
// The one in memory is [MemoryBroker]; lovetest.TestBroker is the suite that
// each has to pass.
type Broker interface {
	// Publish hands a batch to every attached hub, the publisher's own too.
	// Batches of one caller arrive in the order of the calls. The broker must
	// not keep the batch or its payloads after it returns, and must not block
	// for long: sessions and the hub's own loop wait for it. An error means that
	// the batch may not have reached every hub.
	Publish(batch []Envelope) error
	// Attach has deliver called with every batch, for one publisher never
	// twice at a time. The returned function ends that and waits for calls
	// under way; it must not be called from deliver.
	Attach(deliver func(batch []Envelope)) (detach func())
}

// EnvelopeKind is what an [Envelope] carries.
type EnvelopeKind uint8

// The kinds of envelopes.
const (
	// EnvelopeData is a data message as a client sent it.
	EnvelopeData EnvelopeKind = iota
	// EnvelopeInitialState is a request to producers: a data message of
	// category initial_state with one element and one stream, whose value is
	// the name of the event.
	EnvelopeInitialState
	// EnvelopeHub is a data message of a hub itself. It reaches only those who
	// name its component: who asked for everything of a category expects what
	// producers send, and nothing else.
	EnvelopeHub
	// EnvelopeGone says that Source publishes no more. It has no payload.
	EnvelopeGone
)

// Envelope is one message between hubs. A broker between processes carries the
// exported fields.
type Envelope struct {
	Kind     EnvelopeKind
	Payload  []byte    // JSON; shared, not to be changed
	Received time.Time // when the first hub had it
	Source   string    // the ID of the session that sent it, unique in all hubs

	source *source     // of Source, if it is of this process
	cut    *wire.Frame // Payload cut open, if this process did so already
}

// MemoryBroker connects the hubs of one process.
type MemoryBroker struct {
	mu   sync.RWMutex
	hubs []*func([]Envelope)
}

// NewMemoryBroker returns a broker for hubs of this process.
func NewMemoryBroker() *MemoryBroker { return &MemoryBroker{} }

// Publish implements [Broker]. It returns when every hub has routed the batch.
func (b *MemoryBroker) Publish(batch []Envelope) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, deliver := range b.hubs {
		(*deliver)(batch)
	}
	return nil
}

// Attach implements [Broker].
func (b *MemoryBroker) Attach(deliver func([]Envelope)) (detach func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hubs = append(b.hubs, &deliver)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.hubs = slices.DeleteFunc(b.hubs, func(f *func([]Envelope)) bool { return f == &deliver })
	}
}

// publish hands a batch to the broker and reports what it does not take.
func (h *Hub) publish(batch []Envelope) {
	if err := h.broker.Publish(batch); err != nil {
		for range batch {
			h.counters.deny(DenyBroker)
		}
		h.log.Error("messages were not published", "count", len(batch), "error", err)
	}
}
