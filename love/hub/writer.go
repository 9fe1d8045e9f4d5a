package hub

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// chunk is how much one system call writes at most.
const chunk = 64 << 10

var chunks = sync.Pool{New: func() any { return new([chunk]byte) }}

// socket is the sink of a websocket session. Whoever wakes it tries to write
// at once without blocking; only when the kernel takes no more does a goroutine
// write on, until the outbox is empty. An idle session has no writer.
type socket struct {
	session *Session
	conn    net.Conn
	raw     syscall.RawConn // nil if conn cannot be written without blocking

	// Of the writer alone:
	buf   *[chunk]byte
	batch []*frame
	next  int    // in batch
	rest  []byte // of the frame before next
	todo  []byte // filled into buf, not yet written
	sent  int    // bytes written since the outbox was last told
}

func newSocket(s *Session, conn net.Conn) *socket {
	k := &socket{session: s, conn: conn}
	if c, ok := conn.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			k.raw = raw
		}
	}
	return k
}

// wake implements sink.
func (k *socket) wake() {
	if !k.session.out.begin() {
		return
	}
	k.buf = chunks.Get().(*[chunk]byte)
	if k.raw == nil || !k.drain(k.tryWrite) {
		go k.drain(k.write)
	}
}

// abort implements sink.
func (k *socket) abort() { _ = k.conn.Close() }

// drain writes until the outbox is empty and reports true, or false as soon as
// write has not written everything it was given.
func (k *socket) drain(write func([]byte) int) bool {
	for k.fill() {
		n := write(k.todo)
		k.sent += n
		if k.todo = k.todo[n:]; len(k.todo) > 0 {
			return false
		}
	}
	return true
}

// fill puts the next bytes into todo. Without any it gives up being the writer
// and reports false; k is then another's to use.
func (k *socket) fill() bool {
	if len(k.todo) > 0 {
		return true
	}
	if len(k.rest) == 0 && k.next == len(k.batch) {
		buf, sent := k.buf, k.sent
		k.buf, k.sent, k.batch, k.next = nil, 0, k.batch[:0], 0
		batch := k.session.out.take(k.batch, chunk, sent)
		if len(batch) == 0 {
			chunks.Put(buf)
			return false
		}
		k.batch, k.buf = batch, buf
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

// tryWrite writes what the kernel takes now.
func (k *socket) tryWrite(p []byte) (n int) {
	err := k.raw.Write(func(fd uintptr) bool {
		n, _ = writeOnce(fd, p)
		return true
	})
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// write writes all of p. An error ends the session; what waits is dropped with
// it, so the writer goes on to find the outbox empty.
func (k *socket) write(p []byte) int {
	if _, err := k.conn.Write(p); err != nil {
		k.session.lost()
		k.abort()
	}
	return len(p)
}

// bound implements sink.
func (k *socket) bound(d time.Duration) { _ = k.conn.SetDeadline(time.Now().Add(d)) }
