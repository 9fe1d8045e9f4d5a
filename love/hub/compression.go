package hub

import (
	"errors"
	"net/http"

	"github.com/gobwas/ws"

	"github.com/rubin-love/love-go/internal/deflate"
	"github.com/rubin-love/love-go/internal/websocket"
)

// The sizes of the smallest messages that are compressed, in bytes: of those for many
// sessions, of which smaller ones would save too little, because the code of a message
// comes with it; and of those for one session, which nobody shares the work for.
const (
	minCompressed       = 256
	minCompressedSingle = 1 << 10
)

// rsv1 is the reserved bit that marks a compressed message, as in ws.Header.
var rsv1 = ws.Rsv(true, false, false)

// agreeOnCompression chooses among what the header of a handshake offers. It returns the
// window for the peer, and the line that tells it; neither if nothing is compressed.
func (h *Hub) agreeOnCompression(header http.Header) (w deflate.Window, line string) {
	if !h.compression {
		return deflate.None, ""
	}
	answer, bits := websocket.AcceptDeflate(header, deflate.SmallBits)
	switch bits {
	case 0:
		return deflate.None, ""
	case deflate.SmallBits:
		w = deflate.Small
	default:
		w = deflate.Large
	}
	return w, "Sec-WebSocket-Extensions: " + answer + "\r\n"
}

// wire returns the bytes that are written to a peer with that window. A message is
// compressed on first use, once for all peers: what is conflated before is not, and the
// limits of what may wait count the bytes before, which are the most that it takes.
func (f *frame) wire(w deflate.Window) []byte {
	n := len(f.bytes) - int(f.header)
	if w == deflate.None || n < minCompressed || n < minCompressedSingle && (f.single || !f.counted) || f.bytes[0] != 0x80|byte(ws.OpText) {
		return f.bytes
	}
	if n <= deflate.SmallSize {
		w = deflate.Small // the same for both
	}
	kept := &f.compressed[w-1]
	if made := kept.Load(); made != nil {
		return *made
	}
	made := f.compress(w)
	if !kept.CompareAndSwap(nil, &made) { // another has made it meanwhile
		return *kept.Load()
	}
	return made
}

// compress returns the frame as a compressed message, or as it is if that saves little.
func (f *frame) compress(w deflate.Window) []byte {
	buf := deflate.Compress(newBuffer(0), f.payload(), w)
	if len(buf)-maxHeader > (len(f.bytes)-int(f.header))*9/10 {
		return f.bytes
	}
	made := textFrame(buf).bytes
	made[0] |= rsv1 << 4
	return made
}

// inflate returns the message of a compressed payload, of no more than limit bytes.
func inflate(payload []byte, limit int64) ([]byte, error) {
	message, err := deflate.Inflate(nil, payload, int(limit))
	switch {
	case errors.Is(err, deflate.ErrTooBig):
		return nil, violation(CloseTooBig)
	case err != nil:
		return nil, violation(CloseProtocol)
	}
	return message, nil
}

// grownPerRequest is by how many bytes a message may grow for each request that it counts
// as: else a user could have the hub handle a thousand times what he sends.
const grownPerRequest = 4 << 10

// mayGrow takes the requests that a message counts as which has grown by so many bytes.
func (m *messageHandler) mayGrow(bytes int) bool {
	for ; bytes >= grownPerRequest; bytes -= grownPerRequest {
		if !m.mayRequest() {
			return false
		}
	}
	return true
}
