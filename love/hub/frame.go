package hub

import (
	"encoding/binary"
	"sync"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/internal/wire"
)

// maxHeader is the longest header of an unmasked frame.
const maxHeader = 10

// frame is one encoded websocket frame, shared by all sessions it goes to and
// never changed.
type frame struct {
	bytes   []byte // header and payload
	payload int    // where the payload begins

	strictOnce sync.Once
	strictForm *frame
}

// newBuffer returns a buffer for a payload of about n bytes with room for the
// header in front; textFrame completes it.
func newBuffer(n int) []byte { return make([]byte, maxHeader, maxHeader+n) }

// textFrame makes the frame of a buffer that newBuffer gave.
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
	return &frame{bytes: buf[start:], payload: maxHeader - start}
}

func controlFrame(op ws.OpCode, payload []byte) *frame {
	return newFrame(op, append(newBuffer(len(payload)), payload...))
}

func closeFrame(body []byte) *frame { return controlFrame(ws.OpClose, body) }

// text is the payload.
func (f *frame) text() []byte { return f.bytes[f.payload:] }

// strict is the frame with null for NaN and the infinities, made at most once.
func (f *frame) strict() *frame {
	f.strictOnce.Do(func() {
		f.strictForm = f
		if wire.MayHoldNonFinite(f.text()) {
			f.strictForm = textFrame(wire.AppendStrict(newBuffer(len(f.text())), f.text()))
		}
	})
	return f.strictForm
}
