package hub

import (
	"iter"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// Topic is what an [InterestBroker] tells messages apart by: the component that a message
// is about. With an empty CSC and SalIndex it is a whole category: as the topic of a
// message, one about several components; as what a hub wants, everything of the category.
type Topic struct {
	Category love.Category
	CSC      string
	SalIndex string // as in the name of a group: "1"; "all" for a request to producers
}

// IsCategory reports whether the topic is a whole category.
func (t Topic) IsCategory() bool { return t.CSC == "" && t.SalIndex == "" }

// InterestBroker is what a [Broker] may also implement, to carry to a hub only what its
// sessions want, and to tell it the last values of that. A hub that finds AttachReceiver
// does not call Attach. Both parts can be had separately: Deliver may get more than
// is wanted, and Want may return true where there are no last values to tell.
//
// A hub must get, of what is published:
//
//   - a message with a topic, if it wants that topic or the topic's whole category;
//   - a message whose topic is a whole category, if it wants anything of the category;
//   - every [EnvelopeGone];
//   - an [EnvelopeLost] or [EnvelopeFound] of what the broker itself finds out, if it does.
type InterestBroker interface {
	Broker
	// AttachReceiver attaches a hub, which wants nothing at first.
	AttachReceiver(Receiver) Link
}

// Link is a hub's place in an [InterestBroker]. The hub calls its methods one at a time.
// They must not block, nor call the [Receiver].
type Link interface {
	// Want says that the hub wants what is published to a topic. If Want returns false,
	// the broker calls [Receiver.Ready] once the hub gets that, and has what was published
	// before: the subscription is confirmed then, or after a second. A broker that cannot
	// know when that will be, because of a failure, returns true.
	Want(t Topic) (ready bool)
	// Unwant ends a Want.
	Unwant(t Topic)
	// Detach ends the deliveries, and waits for calls of the receiver in progress. The
	// receiver must not call it.
	Detach()
}

// Receiver is a hub, as an [InterestBroker] sees it. Its methods may be called from
// several goroutines.
//
// A hub joins what comes to the last values without a gap, without doubling, and
// without an older value behind a newer one, if the broker, for a topic that the
// hub wants now,
//
//  1. begins to deliver what is published to the topic,
//  2. calls Mark,
//  3. reads the last values of the topic, with those that the hub itself published before
//     Mark,
//  4. delivers what had been published when it read them, or before,
//  5. calls Learn, then Ready, and
//  6. delivers what was published later.
//
// After a time in which the broker could not deliver, it does the same for each topic that
// is still wanted.
type Receiver interface {
	// Deliver routes a batch. One call at a time for each publisher; the payloads may be
	// used again afterwards.
	Deliver(batch []Envelope)
	// Mark returns a mark in the course of what the hub has received.
	Mark() uint64
	// Learn tells the hub last values of a topic; it can be called several times. Of a
	// stream that has got a message since mark, nothing is learned. Before the topic is
	// ready, values are kept for snapshots; after it, they are what the hub's
	// sessions have missed, and are delivered to them if they are newer than what those
	// have; a session that wants nothing from before its subscription gets none that were
	// received more than a second before it. The zero Topic is for a broker that delivers everything, when a hub attaches.
	Learn(t Topic, mark uint64, values []LastValue)
	// Ready says that Deliver gets the messages of the topic, and Learn was called with
	// all its last values.
	Ready(t Topic)
	// LastValues yields the last values that the hub has; own for only those that its
	// own sessions have published. Each may be used until the next is yielded.
	LastValues(own bool) iter.Seq[LastValue]
}

// LastValue is the newest value of a stream. The names are raw JSON, as the publisher
// wrote them: quoted, or a number.
type LastValue struct {
	Category love.Category
	CSC      []byte
	SalIndex []byte
	Stream   []byte
	Value    []byte // raw JSON

	// Of the message: see [Envelope].
	Received time.Time
	Source   string
	Number   uint64

	Stale bool // the source had gone

	source *source // with the ID Source; nil if it belongs to another process
}

// Topic returns the topic of the value's component.
func (v *LastValue) Topic() Topic {
	return Topic{v.Category, string(wire.Text(v.CSC)), string(indexText(v.SalIndex))}
}

func (v *LastValue) group() love.Group {
	return love.Group{
		Category: v.Category, CSC: string(wire.Text(v.CSC)), SalIndex: string(indexText(v.SalIndex)), Stream: string(wire.Text(v.Stream)),
	}
}

// Topic returns the topic of a message. That of what is not a message, such as an
// [EnvelopeGone], is the zero Topic.
func (e *Envelope) Topic() Topic {
	msg := e.dataMessage()
	if msg == nil {
		return Topic{}
	}
	t := Topic{Category: love.Category(wire.Text(msg.Category))}
	var first *wire.Item
	for i := range msg.Items {
		it := &msg.Items[i]
		switch {
		case it.Err != nil:
		case first == nil:
			first = it
		case string(it.CSC) != string(first.CSC) || string(it.SalIndex) != string(first.SalIndex):
			return t
		}
	}
	if first != nil {
		t.CSC, t.SalIndex = string(wire.Text(first.CSC)), string(indexText(first.SalIndex))
	}
	if e.Kind == EnvelopeInitialState {
		t.SalIndex = love.All // producers subscribe to the requests for all indices
	}
	return t
}

// dataMessage returns the message in the payload, nil if there is none.
func (e *Envelope) dataMessage() *wire.Message {
	if e.Kind >= EnvelopeGone {
		return nil
	}
	msg, err := e.message()
	if err != nil || !wire.IsText(msg.Category) {
		return nil
	}
	return msg
}

// LastValues yields the values that a data message leaves as the last of their streams.
// They share the memory of the payload.
func (e *Envelope) LastValues() iter.Seq[LastValue] {
	return func(yield func(LastValue) bool) {
		msg := e.dataMessage()
		if msg == nil || e.Kind == EnvelopeInitialState {
			return
		}
		v := LastValue{Category: love.Category(wire.Text(msg.Category)), Received: e.Received, Source: e.Source, Number: e.Number, source: e.source}
		for i := range msg.Items {
			it := &msg.Items[i]
			if it.Err != nil {
				continue
			}
			v.CSC, v.SalIndex = it.CSC, it.SalIndex
			for _, s := range msg.Streams(it) {
				v.Stream, v.Value = s.Name, s.Value
				if !yield(v) {
					return
				}
			}
		}
	}
}

// topicOf returns the topic that a session wants that is in a group.
func topicOf(g love.Group) Topic {
	if g == love.CategoryGroup(g.Category) || g.CSC == wildcard || g.SalIndex == wildcard {
		return Topic{Category: g.Category}
	}
	return Topic{g.Category, g.CSC, g.SalIndex}
}
