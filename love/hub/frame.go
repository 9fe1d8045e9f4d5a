package hub

import (
	"encoding/binary"
	"strconv"
	"sync/atomic"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/internal/deflate"
	"github.com/rubin-love/love-go/internal/wire"
)

// maxHeader is the length of the longest header of an unmasked frame, in
// bytes.
const maxHeader = 10

// frame is one encoded websocket frame, shared by all sessions it goes to and
// never changed.
type frame struct {
	bytes []byte // header and payload
	born  int64  // when the message left its producer, in ns of UNIX time; 0 if that is not known

	// key marks frames of which only the newest counts: telemetry of the same
	// streams to the same group. A frame with key 0 must not be lost.
	key     uint64
	streams []uint64 // keys of the streams, if the message may hold several; even if key is 0
	barrier bool     // newer frames never replace one queued before it: a change of subscriptions, a snapshot
	pong    bool     // replaces one that waits: the peer needs the answer to its last ping only
	counted bool     // a message to subscribers, not an answer or a control frame: see counters
	isLast  bool     // a last value of a snapshot
	single  bool     // made for one session; so are answers and control frames
	header  uint8    // where the payload begins
	seq     uint64   // number within its stream, sent with variantSeq

	variants   [frameVariants]atomic.Pointer[frame]
	compressed [deflate.Large]atomic.Pointer[[]byte] // by window, for those that take it: see wire
}

// variant is a set of changes to a frame that some subscriptions ask for.
type variant uint8

// The bits of a variant.
const (
	variantStrict variant = 1 << iota // null for NaN and the infinities
	variantSeq                        // with "seq"
	frameVariants
)

// as returns the variant v of f, making it on first use.
func (f *frame) as(v variant) *frame {
	if v == 0 {
		return f
	}
	if made := f.variants[v].Load(); made != nil {
		return made
	}
	text := f.payload()
	strict := v&variantStrict != 0 && wire.MayHoldNonFinite(text)
	made := f
	if strict || v&variantSeq != 0 {
		buf := newBuffer(len(text) + 32)
		if strict {
			buf = wire.AppendStrict(buf, text)
		} else {
			buf = append(buf, text...)
		}
		if v&variantSeq != 0 {
			buf = strconv.AppendUint(append(buf[:len(buf)-1], `,"seq":`...), f.seq, 10)
			buf = append(buf, '}')
		}
		made = textFrame(buf)
		made.key, made.streams, made.barrier, made.counted, made.isLast, made.single = f.key, f.streams, f.barrier, f.counted, f.isLast, f.single
		made.born = f.born
	}
	f.variants[v].Store(made)
	return made
}

// streamKeys returns the keys of the streams of a frame that has a key. The caller must
// not change the list.
func (f *frame) streamKeys() []uint64 {
	if len(f.streams) > 0 {
		return f.streams
	}
	return []uint64{f.key}
}

// newBuffer returns a buffer for a payload of about n bytes with room for the
// header in front; textFrame completes it.
func newBuffer(n int) []byte { return make([]byte, maxHeader, maxHeader+n) }

// textFrame makes a text frame of a buffer obtained from newBuffer.
func textFrame(buf []byte) *frame { return newFrame(ws.OpText, buf) }

func newFrame(op ws.OpCode, buf []byte) *frame {
	n := len(buf) - maxHeader
	start := maxHeader - 2
	switch {
	case n < 126:
		buf[start+1] = byte(n)
	case n <= 0xffff:
		start -= 2
		buf[start+1] = 126
		binary.BigEndian.PutUint16(buf[start+2:], uint16(n))
	default:
		start -= 8
		buf[start+1] = 127
		binary.BigEndian.PutUint64(buf[start+2:], uint64(n))
	}
	buf[start] = 0x80 | byte(op)
	return &frame{bytes: buf[start:], header: uint8(maxHeader - start)}
}

func controlFrame(op ws.OpCode, payload []byte) *frame {
	return newFrame(op, append(newBuffer(len(payload)), payload...))
}

func closeFrame(body []byte) *frame { return controlFrame(ws.OpClose, body) }

// payload returns the payload.
func (f *frame) payload() []byte { return f.bytes[f.header:] }
