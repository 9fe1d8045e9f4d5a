package redis

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
)

// kind is what a message in Redis is. Those of published envelopes have the numbers of
// [hub.EnvelopeKind].
type kind byte

const (
	kindGone   = kind(hub.EnvelopeGone) // the last of those that are published
	kindMarker = kind(16)               // the number of a reading, in its manager's own channel
	kindBeat   = kind(17)               // a sign of life: the manager's name
	kindUp     = kind(18)               // a source that publishes for the first time
	kindBye    = kind(19)               // a manager that ends
	kindReread = kind(20)               // a manager whose sources and last values must be read again
)

// codecVersion is the first byte of every message and value. A manager ignores what has
// another one.
const codecVersion = 1

// A message is a header and the payload as it was published:
//
//	version 1 byte, kind 1 byte, origin 8 bytes, number 8 bytes (big endian),
//	received varint (UNIX ns), length of the source varint, source, payload
const numberAt = 10

// message is a message in Redis.
type message struct {
	kind     kind
	origin   uint64 // of the manager that published it
	number   uint64 // rises from each message of the origin to the next
	received time.Time
	source   string
	payload  []byte
}

func (m *message) append(buf []byte) []byte {
	buf = append(buf, codecVersion, byte(m.kind))
	buf = binary.BigEndian.AppendUint64(buf, m.origin)
	buf = binary.BigEndian.AppendUint64(buf, m.number)
	buf = binary.AppendVarint(buf, m.received.UnixNano())
	buf = binary.AppendUvarint(buf, uint64(len(m.source)))
	return append(append(buf, m.source...), m.payload...)
}

var (
	errShort   = errors.New("it ends too early")
	errVersion = errors.New("it is of another version of this program")
)

// parse parses a message. Source and payload share its memory.
func (m *message) parse(text []byte) error {
	if len(text) < 2 {
		return errShort
	}
	if text[0] != codecVersion {
		return errVersion
	}
	m.kind = kind(text[1])
	if m.kind > kindGone && (m.kind < kindMarker || m.kind > kindReread) {
		return fmt.Errorf("%w: kind %d", errVersion, m.kind)
	}
	r := bytesReader{rest: text[2:]}
	m.origin, m.number = r.uint64(), r.uint64()
	m.received = r.time()
	m.source = string(r.bytes())
	m.payload = r.rest
	return r.err
}

// envelope returns the envelope in a message of a hub.
func (m *message) envelope() hub.Envelope {
	return hub.Envelope{Kind: hub.EnvelopeKind(m.kind), Payload: m.payload, Received: m.received, Source: m.source, Number: m.number}
}

// A last value is a text of 16 hexadecimal digits, by which Redis compares when values were
// received, and
//
//	version 1 byte, origin 8 bytes, number 8 bytes, source, csc and salindex,
//	each with its length before it, and the value
const receivedDigits = 16

func appendReceived(buf []byte, t time.Time) []byte {
	return fmt.Appendf(buf, "%016x", uint64(t.UnixNano()))
}

func appendValue(buf []byte, origin, number uint64, v *hub.LastValue) []byte {
	buf = append(appendReceived(buf, v.Received), codecVersion)
	buf = binary.BigEndian.AppendUint64(buf, origin)
	buf = binary.BigEndian.AppendUint64(buf, number)
	buf = appendCounted(buf, v.Source)
	buf = appendCounted(buf, string(v.CSC))
	buf = appendCounted(buf, string(v.SalIndex))
	return append(buf, v.Value...)
}

func appendCounted(buf []byte, text string) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(text))), text...)
}

// parseValue parses a last value of a stream. It shares the memory of text.
func parseValue(category love.Category, stream string, text []byte) (origin uint64, v hub.LastValue, err error) {
	if len(text) <= receivedDigits {
		return 0, v, errShort
	}
	ns, err := strconv.ParseUint(string(text[:receivedDigits]), 16, 64)
	if err != nil {
		return 0, v, errors.New("it does not begin with a time")
	}
	if text[receivedDigits] != codecVersion {
		return 0, v, errVersion
	}
	r := bytesReader{rest: text[receivedDigits+1:]}
	origin = r.uint64()
	v = hub.LastValue{Category: category, Stream: []byte(stream), Received: time.Unix(0, int64(ns)).UTC(), Number: r.uint64()}
	v.Source = string(r.bytes())
	v.CSC, v.SalIndex = r.bytes(), r.bytes()
	v.Value = r.rest
	if r.err == nil {
		r.err = checkValue(&v)
	}
	return origin, v, r.err
}

// checkValue checks that the value and the names are JSON, because the hub puts them into
// messages unseen.
func checkValue(v *hub.LastValue) error {
	e := hub.Envelope{Payload: fmt.Appendf(nil, `{"category":"","data":[{"csc":%s,"salindex":%s,"data":{%s:%s}}]}`, v.CSC, v.SalIndex, v.Stream, v.Value)}
	found := 0
	for got := range e.LastValues() {
		if string(got.Value) != string(v.Value) || string(got.CSC) != string(v.CSC) || string(got.SalIndex) != string(v.SalIndex) || string(got.Stream) != string(v.Stream) {
			return errNotJSON
		}
		found++
	}
	if found != 1 {
		return errNotJSON
	}
	return nil
}

var errNotJSON = errors.New("its names or its value are not JSON")

// bytesReader reads parts of a text, until one is missing.
type bytesReader struct {
	rest []byte
	err  error
}

func (r *bytesReader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.rest, r.err = nil, errShort
		return nil
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *bytesReader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (r *bytesReader) time() time.Time {
	ns, n := binary.Varint(r.rest)
	if n <= 0 {
		r.rest, r.err = nil, errShort
		return time.Time{}
	}
	r.rest = r.rest[n:]
	return time.Unix(0, ns).UTC()
}

// bytes reads a text with its length before it.
func (r *bytesReader) bytes() []byte {
	length, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest, r.err = nil, errShort
		return nil
	}
	r.rest = r.rest[n:]
	return r.take(length)
}
