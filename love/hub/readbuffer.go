package hub

import (
	"net"
	"sync"

	"github.com/gobwas/ws"
)

// readBuffer holds what reading needs only while something arrives: the bytes,
// and the state of a burst. Busy connections take one from a pool; idle ones,
// which are nearly all of ten thousand, have none.
type readBuffer struct {
	conn     net.Conn
	messages messageHandler
	control  [ws.MaxControlFramePayloadSize]byte // headers and control payloads

	buf   [16 << 10]byte // usually enough for one burst of a producer
	begin int            // of the unread bytes in buf
	end   int
	taken int // bytes out of buf since the header of a frame began
}

var readBuffers = sync.Pool{New: func() any { return new(readBuffer) }}

// buffered returns the bytes read from the connection but not yet from the
// buffer.
func (b *readBuffer) buffered() []byte { return b.buf[b.begin:b.end] }

// Read reads from the buffer, or from the connection if the buffer is empty.
func (b *readBuffer) Read(p []byte) (n int, err error) {
	if b.begin == b.end {
		if len(p) >= len(b.buf) {
			return b.conn.Read(p)
		}
		b.begin = 0
		if b.end, err = b.conn.Read(b.buf[:]); b.end == 0 {
			return 0, err
		}
	}
	n = copy(p, b.buffered())
	b.begin += n
	b.taken += n
	return n, nil
}

func (r *reader) acquireBuffer() {
	b := readBuffers.Get().(*readBuffer)
	b.conn, b.begin, b.end = r.idle.conn, 0, 0
	b.messages.session = r.session
	r.readBuffer = b
}

func (r *reader) releaseBuffer() {
	b := r.readBuffer
	b.conn, b.messages.session = nil, nil
	readBuffers.Put(b)
	r.readBuffer = nil
}

// wait waits until something arrives, and leaves it in a read buffer.
func (r *reader) wait() error {
	switch {
	case len(r.idle.early) > 0:
		r.acquireBuffer()
		r.end = copy(r.buf[:], r.idle.early)
		r.idle.early = r.idle.early[r.end:]
		return nil
	case r.idle.raw == nil:
		r.acquireBuffer()
		n, err := r.conn.Read(r.buf[:])
		if r.end = n; n > 0 {
			return nil
		}
		return err
	}
	if err := r.idle.raw.Read(r.idle.poll); err != nil {
		return err
	}
	return r.idle.err
}

// poll reads what has arrived. If that is nothing it returns false and is
// called again when there may be something. Every idle connection keeps the
// stack that poll has used, so neither it nor what it calls may need much.
func (r *reader) poll(fd uintptr) (done bool) {
	r.acquireBuffer()
	r.end, r.idle.err = readOnce(fd, r.buf[:])
	if r.idle.err == errWouldBlock {
		r.releaseBuffer()
		return false
	}
	return true
}
