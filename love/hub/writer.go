package hub

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rubin-love/love-go/internal/deflate"
)

// maxWrite is the most that one system call writes, in bytes.
const maxWrite = 64 << 10

// writer is the sink of a websocket session. Whoever wakes it consumes the
// outbox and tries to write without blocking. Only when the kernel accepts no
// more does a goroutine continue, until the outbox is empty. An idle writer has
// neither a goroutine nor a buffer.
type writer struct {
	session      *session
	conn         net.Conn
	raw          syscall.RawConn // nil if conn cannot be written without blocking
	window       window          // what is on the way to the peer
	blocked      atomic.Bool     // the outbox's consumer waits for the kernel
	*writeBuffer                 // of the outbox's consumer; nil without one
}

// writeBuffer holds what writing needs only while something waits; writers
// share a pool of them.
type writeBuffer struct {
	buf     [maxWrite]byte
	batch   []*frame
	ping    *frame // of the window, at the end of batch; nil if there is none
	next    int    // in batch
	rest    []byte // not yet in buf, of the frame before next
	pending []byte // in buf, not yet written
	written int    // bytes of batch
	waiting int    // bytes that were left in the outbox
	failed  bool   // nothing more can be written

	// attempt writes as much of pending as the kernel accepts now, and sets
	// accepted to the number of bytes.
	attempt  func(fd uintptr) bool
	accepted int
}

var writeBuffers = sync.Pool{New: func() any {
	b := new(writeBuffer)
	b.attempt = func(fd uintptr) bool {
		b.accepted, _ = writeOnce(fd, b.pending)
		return true
	}
	return b
}}

func newWriter(s *session, conn net.Conn, raw syscall.RawConn) *writer {
	return &writer{session: s, conn: conn, raw: raw, window: window{maxAge: s.hub.limits.BacklogAge, size: firstWindow}}
}

// wake implements sink.
func (w *writer) wake() {
	if w.window.isBlocked() && !w.session.out.isFinished() || !w.session.out.startConsuming() {
		return
	}
	w.writeBuffer = writeBuffers.Get().(*writeBuffer)
	w.blocked.Store(false)
	if w.raw == nil || !w.consume(w.tryWrite) {
		w.blocked.Store(true)
		go w.consume(w.write)
	}
}

// press implements sink.
func (w *writer) press() {
	w.window.widen()
	w.session.out.endPause()
	w.wake()
	for w.session.out.isConsuming() && !w.blocked.Load() { // another goroutine writes
		runtime.Gosched()
	}
}

// answered implements sink.
func (w *writer) answered(payload []byte) bool {
	known, unblocked := w.window.answered(payload, w.session.hub.clock.Now())
	if unblocked {
		w.wake()
	}
	return known
}

// probeFrame asks the writer for another ping, if some were not answered. It has no bytes.
var probeFrame = new(frame)

// watch has the window checked at a time, unless that is zero, until the peer has
// answered all pings. A user's session that stays behind is closed, because it shows old
// data; a process may be busy.
func (w *writer) watch(at time.Time) {
	if at.IsZero() || w.session.out.isFinished() {
		return
	}
	w.session.hub.schedule.at(at, func(now time.Time) {
		if w.session.out.isFinished() {
			return
		}
		late, tooLate, next := w.window.check(now)
		switch {
		case tooLate && w.session.user != nil:
			w.session.close(CloseSlow)
			return
		case late:
			var wakes wakeList
			w.session.send(probeFrame, now, &wakes)
			wakes.wakeAll()
		}
		w.wake()
		w.watch(next)
	})
}

// abort implements sink.
func (w *writer) abort() { _ = w.conn.Close() }

// lag implements sink.
func (w *writer) lag(now time.Time) time.Duration { return w.window.lag(now) }

// setTimeout implements sink.
func (w *writer) setTimeout(d time.Duration) { _ = w.conn.SetDeadline(time.Now().Add(d)) }

// consume writes until the outbox is empty and reports true, or reports false as
// soon as write has written less than pending.
func (w *writer) consume(write func() int) bool {
	for w.fill() {
		n := write()
		w.written += n
		if w.pending = w.pending[n:]; w.failed {
			w.giveUp()
		} else if len(w.pending) > 0 {
			return false
		}
	}
	return true
}

// giveUp ends the session after a failed write, and skips the rest of the batch.
func (w *writer) giveUp() {
	w.session.lost()
	w.abort()
	w.pending, w.rest, w.next = nil, nil, len(w.batch)
}

// fill puts the next bytes into pending. If nothing waits, it reports false: the
// caller no longer consumes the outbox and must leave w to the next one.
func (w *writer) fill() bool {
	if len(w.pending) > 0 {
		return true
	}
	if len(w.rest) == 0 && w.next == len(w.batch) && !w.take() {
		return false
	}
	n := 0
	for n < maxWrite && (len(w.rest) > 0 || w.next < len(w.batch)) {
		if len(w.rest) == 0 {
			w.rest = w.batch[w.next].wire(w.session.deflate)
			w.next++
		}
		c := copy(w.buf[n:], w.rest)
		n, w.rest = n+c, w.rest[c:]
	}
	w.pending = w.buf[:n]
	return true
}

// take gets the next frames from the outbox. It lets go of the buffer first,
// because without frames another may begin to consume at once.
func (w *writer) take() bool {
	b := w.writeBuffer
	w.writeBuffer = nil
	now := w.session.hub.clock.Now()
	done := w.count(b, now)
	clear(b.batch)
	b.batch, b.ping, b.written, b.failed, b.next = b.batch[:0], nil, 0, false, 0
	out := w.session.out
	room := w.window.room(now)
	if out.isFinished() {
		room = maxWrite // the end does not wait
	}
	if room == 0 {
		writeBuffers.Put(b)
		w.waitForAnswer(done)
		return false
	}
	var due time.Time
	b.batch, due, b.waiting = out.takePaced(b.batch, min(room, maxWrite), done, now)
	if len(b.batch) == 0 {
		writeBuffers.Put(b)
		if !due.IsZero() {
			w.session.hub.pacer.add(w.session, due)
		}
		return false
	}
	w.probe(b, now)
	w.writeBuffer = b
	return true
}

// waitForAnswer stops writing until there is room in the window. written is how many bytes
// have been written since the outbox was last informed.
func (w *writer) waitForAnswer(written int) {
	w.session.out.stopConsuming(written)
	// The answer, or the end, may have come since the writer looked for it.
	if !w.window.isBlocked() || w.session.out.isFinished() {
		w.wake()
	}
}

// probe adds a ping to a batch, if one is due.
func (w *writer) probe(b *writeBuffer, now time.Time) {
	bytes, largest, asked := 0, 0, false
	for _, f := range b.batch {
		size := len(f.wire(w.session.deflate))
		bytes += size
		largest = max(largest, size)
		asked = asked || f == pingFrame || f == probeFrame
	}
	if w.session.out.isFinished() { // nothing may follow a close frame
		return
	}
	var watch time.Time
	if b.ping, watch = w.window.add(bytes, largest, asked, now); b.ping != nil {
		b.batch = append(b.batch, b.ping)
	}
	w.watch(watch)
}

// count counts the messages of the batch that is done with, as delivered if they were
// written whole and else as dropped. It returns the bytes that came from the outbox,
// which counts those of frames before they are compressed.
func (w *writer) count(b *writeBuffer, now time.Time) (bytes int) {
	delivered, lost, sent, oldest := 0, 0, 0, int64(0)
	for _, f := range b.batch {
		if f == b.ping {
			continue // it is the last
		}
		bytes += len(f.bytes)
		sent += len(f.wire(w.session.deflate))
		switch {
		case !f.counted:
		case sent <= b.written:
			delivered++
			if f.born != 0 && (oldest == 0 || f.born < oldest) {
				oldest = f.born
			}
		default:
			lost++
		}
	}
	if b.written > 0 {
		w.session.hub.counters.writes.Add(1)
	}
	if w.session.deflate != deflate.None && sent <= b.written {
		w.session.hub.counters.compress(bytes, sent)
	}
	if delivered > 0 && w.session.hub.observed {
		w.observe(oldest, b.waiting, now)
	}
	w.session.hub.counters.deliver(delivered)
	w.session.hub.counters.drop(DropClosed, lost)
	return bytes
}

// observe tells the observer of a write. oldest is when the oldest message had left its
// producer, 0 if that is not known.
func (w *writer) observe(oldest int64, waiting int, now time.Time) {
	of := Write{Age: -1, Waiting: waiting}
	if oldest != 0 {
		of.Age = max(0, time.Duration(now.UnixNano()-oldest))
	}
	w.session.hub.observer.Written(of)
}

// tryWrite writes what the kernel accepts now and returns the number of bytes.
func (w *writer) tryWrite() int {
	w.accepted = 0
	if err := w.raw.Write(w.attempt); err != nil {
		return 0
	}
	return max(w.accepted, 0)
}

// write writes all of pending, unless it fails, and returns the number of bytes.
func (w *writer) write() int {
	n, err := w.conn.Write(w.pending)
	w.failed = err != nil
	return n
}
