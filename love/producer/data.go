package producer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/rubin-love/love-go/love"
)

// Data is one data message for the manager, with a header that describes what it
// holds, so that the message need not be parsed. [Message.Data] makes one. As JSON it
// is the message.
type Data struct {
	Header
	JSON []byte // the whole message
}

// MarshalJSON implements json.Marshaler: it returns the message in strict JSON, with
// null for NaN and the infinities.
func (d Data) MarshalJSON() ([]byte, error) { return love.RawValue(d.JSON).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler: it reads a message and fills in the
// header. The error says why no manager could distribute it.
func (d *Data) UnmarshalJSON(text []byte) error {
	read := Data{JSON: bytes.Clone(text)}
	err := read.complete()
	if err == nil {
		*d = read
	}
	return err
}

// complete fills in a header without streams. It returns an error for a message that
// must not be sent.
func (d *Data) complete() error {
	if !utf8.Valid(d.JSON) {
		return errNotUTF8
	}
	if len(d.Streams) > 0 {
		return nil
	}
	m, err := love.ParseMessage(d.JSON)
	if err != nil {
		return fmt.Errorf("not a data message: %w", err)
	}
	d.Category = m.Category
	streams := 0
	for _, it := range m.Data {
		streams += len(it.Streams)
	}
	switch {
	case streams == 0:
		return errors.New("no manager can distribute a data message without streams")
	case len(m.Data) == 1: // of several, a header cannot tell
		object, err := json.Marshal(m.Data[0])
		if err != nil {
			return err
		}
		d.Header = headerOf(m.Category, object)
	}
	return nil
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
