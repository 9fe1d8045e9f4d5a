package hub

import (
	"context"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
)

// Broker carries the messages that one hub receives to every hub that acts as
// one with it. [MemoryBroker] connects the hubs of one process, package
// love/hub/redis those of several; every implementation must pass lovetest.RunBroker.
//
// These two methods are enough for messages. What a broker may have besides:
//
//   - A method Check(context.Context) error, if it can fail: see [Hub.BrokerCheck].
//   - The methods of an [InterestBroker], to carry to a hub only what its sessions want,
//     and to tell it the last values of what was published before.
//   - The method of a [PeerBroker], if it knows the other hubs.
//   - The method of a [FlushBroker], if a message reaches its own hub earlier than the others.
type Broker interface {
	// Publish hands a batch to every attached hub, including the publisher's own.
	// Batches of one caller arrive in the order of the calls, each once; between those of
	// different hubs there is no order. The broker must
	// not keep the batch or its payloads after it returns, and must not block
	// for long: sessions and the hub's own goroutine wait for it. An error means that
	// the batch may not have reached every hub; the hub's own may have it.
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
	// EnvelopeLost is what a broker delivers, and nobody publishes: the hub of Source ended
	// or cannot be reached, so that it does not say of the source that it has gone. Each hub
	// tells its own sessions. It has no payload.
	EnvelopeLost
	// EnvelopeFound is what a broker delivers, and nobody publishes: Source is connected to
	// another hub, and there was no message that said so. It has no payload.
	EnvelopeFound
)

// Envelope is one message between hubs. A broker between processes carries the
// exported fields.
type Envelope struct {
	Kind     EnvelopeKind
	Payload  []byte    // JSON; shared: do not change it
	Received time.Time // when the first hub received it
	Source   string    // the ID of the session that sent it, unique in all hubs

	// Number rises from each message of a Source to the next, in the count of the broker: a
	// hub skips what it has learned with the same number, or a higher one. Only what comes from a broker that also tells last values has one, else it is 0.
	// Publishers leave it 0.
	Number uint64

	source *source       // with the ID Source; nil if it belongs to another process
	parsed *wire.Message // the parsed Payload; nil if this process has not parsed it

	missed   bool // a last value that sessions have missed, which may be older than a subscription
	admitted bool // a request of another hub for which the limiter has made room
}

// message returns the parsed payload. An envelope that this process has not parsed yet
// keeps it, so that its hubs need not do so again.
func (e *Envelope) message() (*wire.Message, error) {
	if e.parsed == nil {
		m := new(wire.Message)
		if err := m.Parse(e.Payload); err != nil {
			return nil, err
		}
		e.parsed = m
	}
	return e.parsed, nil
}

// FlushBroker is what a [Broker] may also implement whose messages reach other hubs later
// than their own. A hub that is shut down first closes the sessions that publish, then waits
// for Flush, then closes the others: a client that connects to another hub gets from it, in
// a snapshot, no older value than it had here.
type FlushBroker interface {
	Broker
	// Flush waits until what was published before is where the other hubs find it. It
	// returns an error when ctx ends, and at once while the others cannot be reached.
	Flush(ctx context.Context) error
}

// Peer is another hub that acts as one with this one.
type Peer struct {
	ID   string    // unique
	Name string    // for people
	Beat time.Time // of its last sign of life, by its own clock
}

// PeerBroker is what a [Broker] may also implement that knows the other hubs. The heartbeat
// of the manager then has theirs as well.
type PeerBroker interface {
	Broker
	// Peers returns the hubs in other processes that are alive.
	Peers() []Peer
}
