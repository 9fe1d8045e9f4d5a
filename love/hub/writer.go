package hub

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// chunk is the most that one system call writes, in bytes.
const chunk = 64 << 10

// pen holds what a writer needs; sockets share a pool of them.
type pen struct {
	buf   [chunk]byte
	batch []*frame
	next  int    // in batch
	rest  []byte // not yet in buf, of the frame before next
	todo  []byte // filled into buf, not yet written
	sent  int    // bytes written since the outbox was last told

	// attempt writes as much of todo as the kernel accepts now, and sets
	// taken to the number of bytes.
	attempt func(fd uintptr) bool
	taken   int
}

var pens = sync.Pool{New: func() any {
	p := new(pen)
	p.attempt = func(fd uintptr) bool {
		p.taken, _ = writeOnce(fd, p.todo)
		return true
	}
	return p
}}

// socket is the sink of a websocket session. Whoever wakes it tries to write
// at once without blocking. Only when the kernel accepts no more does a
// goroutine continue, until the outbox is empty. An idle session has no
// writer.
type socket struct {
	session *Session
	conn    net.Conn
	raw     syscall.RawConn // nil if conn cannot be written without blocking
	*pen                    // for the writer only; nil without one
}

func newSocket(s *Session, conn net.Conn, raw syscall.RawConn) *socket {
	return &socket{session: s, conn: conn, raw: raw}
}

// wake implements sink.
func (k *socket) wake() {
	if !k.session.out.begin() {
		return
	}
	k.pen = pens.Get().(*pen)
	if k.raw == nil || !k.drain(k.tryWrite) {
		go k.drain(k.write)
	}
}

// abort implements sink.
func (k *socket) abort() { _ = k.conn.Close() }

// drain writes until the outbox is empty and reports true, or reports false as
// soon as write has written less than todo.
func (k *socket) drain(write func() int) bool {
	for k.fill() {
		n := write()
		k.sent += n
		if k.todo = k.todo[n:]; len(k.todo) > 0 {
			return false
		}
	}
	return true
}

// fill puts the next bytes into todo. If nothing waits, it reports false: the
// caller is no longer the writer and must leave k to the next one.
func (k *socket) fill() bool {
	if len(k.todo) > 0 {
		return true
	}
	if len(k.rest) == 0 && k.next == len(k.batch) && !k.take() {
		return false
	}
	n := 0
	for n < chunk && (len(k.rest) > 0 || k.next < len(k.batch)) {
		if len(k.rest) == 0 {
			k.rest, k.batch[k.next] = k.batch[k.next].bytes, nil
			k.next++
		}
		c := copy(k.buf[n:], k.rest)
		n, k.rest = n+c, k.rest[c:]
	}
	k.todo = k.buf[:n]
	return true
}

// take gets the next frames from the outbox. It lets go of the pen first,
// because without frames another may become the writer at once.
func (k *socket) take() bool {
	p := k.pen
	k.pen = nil
	sent := p.sent
	p.sent, p.next = 0, 0
	p.batch = k.session.out.take(p.batch[:0], chunk, sent)
	if len(p.batch) == 0 {
		pens.Put(p)
		return false
	}
	k.pen = p
	return true
}

// tryWrite writes what the kernel accepts now and returns the number of bytes.
func (k *socket) tryWrite() int {
	k.taken = 0
	if err := k.raw.Write(k.attempt); err != nil {
		return 0
	}
	return max(k.taken, 0)
}

// write writes all of todo. An error ends the session and drops what waits, so
// the writer then finds the outbox empty.
func (k *socket) write() int {
	if _, err := k.conn.Write(k.todo); err != nil {
		k.session.lost()
		k.abort()
	}
	return len(k.todo)
}

// bound implements sink.
func (k *socket) bound(d time.Duration) { _ = k.conn.SetDeadline(time.Now().Add(d)) }
