package hub

import (
	"sync"
	"time"
)

// outbox is the ordered queue of one session. One consumer at a time takes
// frames from it; the outbox remembers whether somebody must still wake the
// session because frames wait.
//
// While the session keeps up, every frame goes out in order. When more than
// soft bytes wait, or frames wait longer than maxAge, the outbox conflates:
// waiting telemetry is replaced, in place, by newer telemetry of its stream, so
// that it is bounded by the number of streams. Frames that must not be lost stay
// in order and complete, up to hard bytes.
type outbox struct {
	soft, hard int
	maxAge     time.Duration
	pace       pace

	mu          sync.Mutex
	idle        sync.Cond // consuming has become false
	frames      []*frame  // nil where one was dropped
	head        int       // frames before it are taken
	lossless    int       // bytes that wait, of frames that must not be lost
	lossy       int       // bytes that wait, of telemetry
	unwritten   int       // bytes that have been taken and not yet written
	timed       int       // the frame that was queued at timedAt, counted from the first ever
	timedAt     time.Time // the oldest frame that waits is little older
	pongAt      int       // where a pong may wait, counted from the first frame ever
	wakePending bool      // somebody is going to wake the session
	consuming   bool      // there is a consumer, which looks again before it ends
	budget      queueBudget
	held        int  // bytes of the budget
	finished    bool // the last frame is a close frame; nothing may follow
	discarded   bool // nothing is written any more

	// newest is where the newest frame of each stream waits, counted from the
	// first frame ever; nil unless the outbox is conflating.
	newest map[uint64]int
	base   int // the count at frames[0]
	gaps   int // frames that are nil, because newer ones hold all their streams

	snapshots int    // bytes that wait, of snapshots
	goOn      func() // makes more of snapshots, soon
	goOnAt    int    // bytes of snapshots at which to call it; -1 for never
	heldBack  int    // bytes that wait for their max_rate, not here
}

func newOutbox(soft, hard int, maxAge time.Duration) *outbox {
	o := &outbox{soft: soft, hard: hard, maxAge: maxAge, timed: -1, goOnAt: -1}
	o.idle.L = &o.mu
	return o
}

// maxKeptFrames is the largest capacity, in frames, that an empty outbox keeps.
const maxKeptFrames = 1024

type pushResult uint8

const (
	queued     pushResult = iota // somebody will wake the session
	mustWait                     // queued, and the caller must have the pacer end the interval
	needsWake                    // queued, and the caller must wake the session
	overflowed                   // not queued: too much waits
	exhausted                    // not queued: too much waits for others, too
	refused                      // not queued: the session is closing
	inactive                     // not queued: the subscription has ended, or not begun
	later                        // not queued: enough of snapshots waits
)

// isFull reports whether there was no room.
func (r pushResult) isFull() bool { return r == overflowed || r == exhausted }

// push queues a frame for the subscription m, nil if it is for none, and returns how
// many waiting frames were replaced by newer ones. A frame of any size is queued if no
// other of its kind, telemetry or not, waits.
func (o *outbox) push(f *frame, m *member, now time.Time) (result pushResult, dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m != nil && !m.active {
		return inactive, 0
	}
	return o.pushLocked(f, now)
}

// pushSnapshot queues a frame of a snapshot like push, unless ahead bytes of snapshots
// wait: then it returns later, and calls goOn once half of them have been taken.
func (o *outbox) pushSnapshot(f *frame, m *member, now time.Time, ahead int) (result pushResult, dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case !m.active:
		return inactive, 0
	case o.finished:
		return refused, 0
	case o.snapshots >= ahead:
		o.goOnAt = o.snapshots / 2
		return later, 0
	}
	return o.pushLocked(f, now)
}

// confirm queues the confirmation f and ends old and begins next, each of which may be
// nil, at that place of the queue: what is delivered to next follows it, and
// nothing that is delivered to old does. Without room for f nothing changes.
func (o *outbox) confirm(f *frame, old, next *member, now time.Time) (result pushResult, dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f != nil {
		result, dropped = o.pushLocked(f, now)
	}
	if result.isFull() {
		return result, dropped
	}
	if old != nil {
		old.active = false
	}
	if next != nil {
		next.active = true
	}
	return result, dropped
}

func (o *outbox) pushLocked(f *frame, now time.Time) (result pushResult, dropped int) {
	if o.finished {
		return refused, 0
	}
	waiting := o.waiting()
	if o.head == len(o.frames) {
		o.newest = nil // it has caught up
	}
	if o.base+o.head > o.timed {
		o.timed, o.timedAt = o.base+len(o.frames), now
	}
	if o.replacePong(f) {
		return queued, 0
	}
	if waiting > 0 && o.newest == nil && (waiting+len(f.bytes) > o.soft || now.Sub(o.timedAt) > o.maxAge) {
		dropped = o.conflate()
	}
	if at := o.place(f); at >= 0 {
		if result := o.put(f, at); result != queued {
			return result, dropped
		}
		return queued, dropped + 1
	}
	if o.isFull(f, 0) {
		return overflowed, dropped
	}
	if !o.hold(len(f.bytes)) && !o.holdConflated(len(f.bytes), &dropped) {
		return exhausted, dropped
	}
	dropped += o.append(f)
	if o.wakePending || o.consuming {
		return queued, dropped
	}
	if o.mayWait(now) {
		if o.pace.scheduled {
			return queued, dropped
		}
		o.pace.scheduled = true
		return mustWait, dropped
	}
	o.wakePending = true
	o.pace.begin(now)
	return needsWake, dropped
}

// waiting returns how many bytes wait or are being written.
func (o *outbox) waiting() int { return o.lossless + o.lossy + o.unwritten }

// isFull reports whether too much of the kind of f waits, besides replaced bytes whose
// place f takes.
func (o *outbox) isFull(f *frame, replaced int) bool {
	n := *o.bytesLike(f) - replaced
	return n > 0 && n+len(f.bytes) > o.hard
}

// append queues f after the others and returns how many it makes obsolete.
func (o *outbox) append(f *frame) (dropped int) {
	if o.gaps > len(o.frames)/2+minGaps {
		dropped = o.conflate()
	}
	if o.head > len(o.frames)/2 {
		n := copy(o.frames, o.frames[o.head:])
		clear(o.frames[n:])
		o.frames, o.base, o.head = o.frames[:n], o.base+o.head, 0
	}
	o.frames = append(o.frames, f)
	*o.bytesLike(f) += len(f.bytes)
	if f.isLast {
		o.snapshots += len(f.bytes)
	}
	return dropped + o.track(f, o.base+len(o.frames)-1)
}

// replacePong puts a pong in the place of one that waits, and reports whether it did
// (RFC 6455, section 5.5.3). Else any number of them, each much larger in memory than in
// bytes, would wait for a peer that reads nothing.
func (o *outbox) replacePong(f *frame) bool {
	if !f.pong {
		return false
	}
	at := o.pongAt - o.base
	if at < o.head || at >= len(o.frames) || o.frames[at] == nil || !o.frames[at].pong {
		o.pongAt = o.base + len(o.frames)
		return false
	}
	o.lossless += len(f.bytes) - len(o.frames[at].bytes)
	o.frames[at] = f
	return true
}

// bytesLike returns the count of waiting bytes that those of f belong to.
func (o *outbox) bytesLike(f *frame) *int {
	if f.key == 0 {
		return &o.lossless
	}
	return &o.lossy
}

// finish queues the last frame, after dropping what waits if drop is set. It
// reports whether this call was the first, and how many messages it has dropped.
func (o *outbox) finish(f *frame, drop bool) (first bool, dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished {
		return false, 0
	}
	if drop {
		dropped = o.dropAll()
	}
	_ = o.append(f)                                // it makes nothing obsolete
	o.finished, o.goOnAt, o.heldBack = true, -1, 0 // what is held back is never sent
	o.letGo()
	return true, dropped
}

// dropAll drops what waits and returns how many of it were messages.
func (o *outbox) dropAll() (dropped int) {
	for _, f := range o.frames[o.head:] {
		if f != nil && f.counted {
			dropped++
		}
	}
	o.frames, o.head, o.newest, o.gaps = nil, 0, nil, 0
	o.lossless, o.lossy, o.snapshots = 0, 0, 0
	o.letGo()
	return dropped
}

// startConsuming makes the caller the consumer and reports true, unless there is
// one already or nothing may be written any more.
func (o *outbox) startConsuming() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.consuming || o.discarded {
		return false
	}
	o.pace.due = o.pace.due || o.wakePending
	o.wakePending, o.consuming = false, true
	return true
}

// stopConsuming ends the consumer although frames may wait. written is how many bytes
// of earlier frames have been written since the last call.
func (o *outbox) stopConsuming(written int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stopLocked(written)
}

func (o *outbox) stopLocked(written int) {
	o.unwritten -= written
	o.letGo()
	o.consuming = false
	o.idle.Broadcast()
}

// take appends waiting frames of about n bytes, at least one, to dst. written
// is how many bytes of earlier frames have been written since the last call.
// If no frame waits, the caller is no longer the consumer.
func (o *outbox) take(dst []*frame, n, written int) []*frame {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.takeLocked(dst, n, written)
}

func (o *outbox) takeLocked(dst []*frame, n, written int) []*frame {
	o.unwritten -= written
	o.letGo()
	if o.discarded {
		o.dropAll()
	}
	for o.head < len(o.frames) && n > 0 {
		f := o.frames[o.head]
		o.frames[o.head] = nil
		o.head++
		if f == nil {
			o.gaps--
			continue
		}
		*o.bytesLike(f) -= len(f.bytes)
		if f.isLast {
			o.snapshots -= len(f.bytes)
		}
		o.unwritten += len(f.bytes)
		dst = append(dst, f)
		n -= len(f.bytes)
	}
	if o.snapshots <= o.goOnAt {
		o.goOnAt = -1
		o.goOn()
	}
	if len(dst) == 0 {
		if cap(o.frames) > maxKeptFrames {
			o.base += len(o.frames)
			o.frames, o.head = nil, 0
		}
		o.consuming = false
		o.idle.Broadcast()
	}
	return dst
}

// discard drops what waits, because nothing can be written any more. It
// reports whether the outbox was still unfinished, and how many messages it has
// dropped.
func (o *outbox) discard() (first bool, dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.discarded {
		return false, 0
	}
	first = !o.finished
	o.finished, o.discarded, o.goOnAt = true, true, -1
	dropped = o.dropAll()
	o.budget.shrink(o.held) // what is being written ends soon
	o.held = 0
	return first, dropped
}

// waitUntilIdle returns when there is no consumer.
func (o *outbox) waitUntilIdle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.consuming {
		o.idle.Wait()
	}
}

func (o *outbox) isConsuming() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.consuming
}

func (o *outbox) isFinished() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.finished
}

// isHalfFull reports whether half of the frames that may wait do, of those that must not
// be lost.
func (o *outbox) isHalfFull() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lossless > o.hard/2
}

// stats returns the number of bytes not yet written, and whether the session
// is behind.
func (o *outbox) stats() (bytes int, behind bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.waiting(), o.newest != nil && o.head < len(o.frames)
}
