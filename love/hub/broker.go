package hub

import (
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
)

// Broker carries the messages that one hub receives to every hub that acts as
// one with it. [MemoryBroker] connects the hubs of one process; every
// implementation must pass lovetest.RunBroker. One that can fail should also have
// a method Check(context.Context) error, see [Hub.BrokerCheck].
type Broker interface {
	// Publish hands a batch to every attached hub, including the publisher's own.
	// Batches of one caller arrive in the order of the calls. The broker must
	// not keep the batch or its payloads after it returns, and must not block
	// for long: sessions and the hub's own goroutine wait for it. An error means that
	// the batch may not have reached every hub.
	Publish(batch []Envelope) error
	// Attach makes the broker call deliver with every batch, one call at a
	// time for each publisher. detach stops that and waits for calls in
	// progress; it must not be called from deliver.
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
	// EnvelopeHub is a data message of a hub itself. It is delivered only to
	// groups that name its component: a subscription to a whole category gets
	// what producers send, and nothing else.
	EnvelopeHub
	// EnvelopeGone announces that Source will publish no more. It has no payload.
	EnvelopeGone
)

// Envelope is one message between hubs. A broker between processes carries the
// exported fields.
type Envelope struct {
	Kind     EnvelopeKind
	Payload  []byte    // JSON; shared: do not change it
	Received time.Time // when the first hub received it
	Source   string    // the ID of the session that sent it, unique in all hubs

	source *source       // with the ID Source; nil if it belongs to another process
	parsed *wire.Message // the parsed Payload; nil if this process has not parsed it
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
