package producer

import (
	"strings"

	"github.com/rubin-love/love-go/love"
)

// Data is one data message for the manager, with a header that describes what it
// holds, so that the message need not be parsed.
type Data struct {
	Header
	JSON []byte // the whole message
}

// Header describes what a data message holds.
type Header struct {
	Category love.Category
	CSC      string
	SalIndex love.SalIndex
	// Streams names the streams in the message, usually one. Without any, no manager
	// can distribute the message.
	Streams []string
	// Source distinguishes messages that share their streams but do not replace each
	// other: a heartbeat has the name of its component there. Usually empty.
	Source string
	// Replaceable means that a newer message of the same streams and source makes
	// this one superfluous: telemetry, or a whole state.
	Replaceable bool
}

// streamKey identifies a stream and its source.
type streamKey struct {
	category love.Category
	csc      string
	index    love.SalIndex
	stream   string
	source   string
}

// key identifies the messages that replace each other. ok is false for a message
// that no other replaces.
func (h *Header) key() (key streamKey, ok bool) {
	if !h.Replaceable || len(h.Streams) == 0 {
		return streamKey{}, false
	}
	return h.streamKey(strings.Join(h.Streams, " ")), true
}

// streamKey returns the key of one stream of the message.
func (h *Header) streamKey(stream string) streamKey {
	return streamKey{h.Category, h.CSC, h.SalIndex, stream, h.Source}
}
