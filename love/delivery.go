package love

import (
	"bytes"
	"fmt"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
)

// Delivery is one message that a subscription delivered, whether over a websocket
// (package client) or within the process (package hub).
type Delivery struct {
	// Raw is the message as it was received. Do not change it: others may have it, too.
	Raw RawValue `json:"message"`
	// Group is the text of the group that it was delivered to.
	Group string `json:"group"`
	// Received is when it arrived.
	Received time.Time `json:"received"`
}

// Message parses the message. Heartbeats and answers of the manager are no data
// messages, and give an error; read their Raw.
func (d Delivery) Message() (Message, error) {
	m, err := ParseMessage(d.Raw)
	if err != nil {
		return Message{}, fmt.Errorf("a message to %s: %w", d.Group, err)
	}
	return m, nil
}

// Decode decodes the fields of one stream of the message into v; see
// [Message.Decode]. To read several streams, call [Delivery.Message] once.
func (d Delivery) Decode(stream string, v any) error {
	m, err := d.Message()
	if err != nil {
		return err
	}
	return m.Decode(stream, v)
}

// Recorded returns when a message of the past was recorded, for a subscription with a
// History; ok is false for every other message.
func (d Delivery) Recorded() (t time.Time, ok bool) {
	if !bytes.Contains(d.Raw, historyMember) { // nearly always
		return t, false
	}
	var m wire.Message
	if m.Parse(d.Raw) != nil || string(m.History) != "true" {
		return t, false
	}
	at, err := strconv.ParseFloat(string(m.Recorded), 64)
	return time.UnixMicro(int64(math.Round(at * 1e6))).UTC(), err == nil
}

var historyMember = []byte(`"history":true`)

// Streams yields the streams of a message, each with the group of its name. In a
// message to group …-all it yields the streams of the component, as in any other.
func (m Message) Streams() iter.Seq2[Group, Stream] {
	return func(yield func(Group, Stream) bool) {
		for _, it := range m.Data {
			g := Group{Category: m.Category, CSC: it.CSC, SalIndex: it.SalIndex.String(), Stream: All}
			streams := it.Streams
			if len(streams) == 1 && streams[0].Name == it.CSC && m.Subscription == g.String() {
				streams = membersOf(streams[0].Value)
			}
			for _, s := range streams {
				g.Stream = s.Name
				if !yield(g, s) {
					return
				}
			}
		}
	}
}

func membersOf(v RawValue) (all []Stream) {
	for name, value := range wire.Members(v) {
		all = append(all, Stream{Name: name, Value: value})
	}
	return all
}

// Decode decodes the fields of the stream of that name into v; see [Stream.Decode].
// If the message has none of that name, or several (of several components; see
// [Message.Streams]), the error names what it has.
func (m Message) Decode(stream string, v any) error {
	var found []Stream
	var groups, all []string
	for g, s := range m.Streams() {
		all = append(all, g.String())
		if s.Name == stream {
			found, groups = append(found, s), append(groups, g.String())
		}
	}
	switch len(found) {
	case 0:
		return &DecodeError{Stream: stream, Problem: "the message does not have it, only " + listed(all)}
	case 1:
		return found[0].Decode(v)
	}
	return &DecodeError{Stream: stream, Problem: "the message has several, " + listed(groups) + ": choose one with Message.Streams"}
}

// listed returns names for an error.
func listed(names []string) string {
	const most = 10
	switch {
	case len(names) == 0:
		return "no streams"
	case len(names) > most:
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
	}
	return strings.Join(names, ", ")
}
