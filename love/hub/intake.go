package hub

import (
	"net"
	"sync"

	"github.com/gobwas/ws"
)

// intake holds what reading needs only while something arrives: a buffer, and
// the state of a burst. Busy connections take one from a pool; idle ones,
// which are nearly all of ten thousand, have none.
type intake struct {
	conn net.Conn
	in   inbound
	bin  [ws.MaxControlFramePayloadSize]byte // headers and control payloads

	buf   [16 << 10]byte // usually enough for one burst of a producer
	begin int            // of the unread bytes in buf
	end   int
}

var intakes = sync.Pool{New: func() any { return new(intake) }}

// buffered returns the bytes read from the connection but not yet from the
// intake.
func (k *intake) buffered() []byte { return k.buf[k.begin:k.end] }

// Read reads from the buffer, or from the connection if the buffer is empty.
func (k *intake) Read(p []byte) (n int, err error) {
	if k.begin == k.end {
		if len(p) >= len(k.buf) {
			return k.conn.Read(p)
		}
		k.begin = 0
		if k.end, err = k.conn.Read(k.buf[:]); k.end == 0 {
			return 0, err
		}
	}
	n = copy(p, k.buffered())
	k.begin += n
	return n, nil
}

func (r *reader) takeIntake() {
	k := intakes.Get().(*intake)
	k.conn, k.begin, k.end = r.rest.conn, 0, 0
	k.in.session = r.session
	r.intake = k
}

func (r *reader) dropIntake() {
	k := r.intake
	k.conn, k.in.session = nil, nil
	intakes.Put(k)
	r.intake = nil
}

// wait waits until something arrives, and leaves it in an intake.
func (r *reader) wait() error {
	switch {
	case len(r.rest.early) > 0:
		r.takeIntake()
		r.intake.end = copy(r.buf[:], r.rest.early)
		r.rest.early = r.rest.early[r.intake.end:]
		return nil
	case r.rest.raw == nil:
		r.takeIntake()
		n, err := r.conn.Read(r.buf[:])
		if r.intake.end = n; n > 0 {
			return nil
		}
		return err
	}
	if err := r.rest.raw.Read(r.rest.poll); err != nil {
		return err
	}
	return r.rest.err
}

// poll reads what has arrived. If that is nothing it returns false and is
// called again when there may be something. Every idle connection keeps the
// stack that poll has used, so neither it nor what it calls may need much.
func (r *reader) poll(fd uintptr) (done bool) {
	r.takeIntake()
	r.intake.end, r.rest.err = readOnce(fd, r.buf[:])
	if r.rest.err == errWouldBlock {
		r.dropIntake()
		return false
	}
	return true
}
