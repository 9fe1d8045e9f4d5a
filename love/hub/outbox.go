package hub

import (
	"sync"
	"time"
)

// outbox is the ordered queue of one session. One writer at a time drains it;
// the queue records whether somebody still has to be told that frames wait.
//
// While the session keeps up, every frame goes out in order. When more than
// soft bytes wait, or frames wait longer than patience, the queue conflates: waiting
// telemetry is replaced, in place, by newer telemetry of its stream, so that
// it is bounded by the number of streams. Frames that must not be lost stay in
// order and complete, up to hard bytes.
type outbox struct {
	soft, hard int
	patience   time.Duration

	mu       sync.Mutex
	idle     sync.Cond // writing has become false
	frames   []*frame
	head     int       // frames before it are taken
	lossless int       // bytes that wait, of frames that must not be lost
	lossy    int       // bytes that wait, of telemetry
	held     int       // bytes that the writer has taken and not yet written
	mark     int       // the frame that since belongs to, counted from the first ever
	since    time.Time // when that frame was queued; the oldest that waits is little older
	noted    bool      // somebody is going to wake the session
	writing  bool      // a writer is at work and looks again before it ends
	finished bool      // the last frame is a close frame; nothing may follow
	shut     bool      // nothing is written any more

	// newest is where the newest frame of each key waits, counted from the
	// first frame ever; nil unless the queue is conflating.
	newest map[uint64]int
	base   int // the count at frames[0]
}

func newOutbox(soft, hard int, patience time.Duration) *outbox {
	o := &outbox{soft: soft, hard: hard, patience: patience, mark: -1}
	o.idle.L = &o.mu
	return o
}

// keptFrames is the largest capacity, in frames, that an empty queue keeps.
const keptFrames = 1024

type pushResult uint8

const (
	queued     pushResult = iota // queued, and somebody will wake the session
	pushed                       // queued, and the caller has to wake the session
	overflowed                   // not queued: too much waits
	refused                      // not queued: the session is closing
)

// push queues a frame and returns how many waiting frames were replaced by
// newer ones. A frame of any size is queued if no other of its kind, telemetry
// or not, waits.
func (o *outbox) push(f *frame, now time.Time) (result pushResult, dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished {
		return refused, 0
	}
	waiting := o.lossless + o.lossy + o.held
	if o.head == len(o.frames) {
		o.newest = nil // it has caught up
	}
	if o.base+o.head > o.mark {
		o.mark, o.since = o.base+len(o.frames), now
	}
	if waiting > 0 && o.newest == nil && (waiting+len(f.bytes) > o.soft || now.Sub(o.since) > o.patience) {
		dropped = o.conflate()
	}
	if o.replace(f) {
		return queued, dropped + 1
	}
	if full := o.lossy; f.key == 0 {
		full = o.lossless
		if full > 0 && full+len(f.bytes) > o.hard {
			return overflowed, dropped
		}
	} else if full > 0 && full+len(f.bytes) > o.hard {
		return overflowed, dropped
	}
	o.append(f)
	if o.noted || o.writing {
		return queued, dropped
	}
	o.noted = true
	return pushed, dropped
}

// replace puts f in the place of waiting telemetry with the same key, if the
// queue is conflating, and reports whether it did.
func (o *outbox) replace(f *frame) bool {
	if o.newest == nil || f.key == 0 {
		return false
	}
	at, waits := o.newest[f.key]
	if at -= o.base; !waits || at < o.head {
		return false
	}
	o.lossy += len(f.bytes) - len(o.frames[at].bytes)
	o.frames[at] = f
	return true
}

func (o *outbox) append(f *frame) {
	if o.head > len(o.frames)/2 {
		n := copy(o.frames, o.frames[o.head:])
		clear(o.frames[n:])
		o.frames, o.base, o.head = o.frames[:n], o.base+o.head, 0
	}
	switch {
	case o.newest == nil:
	case f.barrier:
		clear(o.newest)
	case f.key != 0:
		o.newest[f.key] = o.base + len(o.frames)
	}
	o.frames = append(o.frames, f)
	o.count(f, 1)
}

// count adds the bytes of f, or subtracts them if sign is -1.
func (o *outbox) count(f *frame, sign int) {
	if f.key == 0 {
		o.lossless += sign * len(f.bytes)
	} else {
		o.lossy += sign * len(f.bytes)
	}
}

// conflate begins conflating: of the waiting telemetry of each key the newest
// stays, in the place of the oldest. It returns how many frames were dropped.
func (o *outbox) conflate() (dropped int) {
	o.newest = make(map[uint64]int)
	kept := o.frames[:o.head]
	for _, f := range o.frames[o.head:] {
		if o.replace(f) {
			o.lossy -= len(f.bytes) // its own bytes had been counted already
			dropped++
			continue
		}
		switch {
		case f.barrier:
			clear(o.newest)
		case f.key != 0:
			o.newest[f.key] = o.base + len(kept)
		}
		kept = append(kept, f)
	}
	clear(o.frames[len(kept):])
	o.frames = kept
	return dropped
}

// finish queues the last frame, after dropping what waits if drop is set. It
// reports whether this call was the first, and how many frames it has dropped.
func (o *outbox) finish(f *frame, drop bool) (first bool, dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished {
		return false, 0
	}
	if drop {
		dropped = o.empty()
	}
	o.append(f)
	o.finished = true
	return true, dropped
}

func (o *outbox) empty() (dropped int) {
	dropped = len(o.frames) - o.head
	o.frames, o.head, o.newest = nil, 0, nil
	o.lossless, o.lossy = 0, 0
	return dropped
}

// begin makes the caller the writer and reports true, unless there is a writer
// already or nothing may be written any more.
func (o *outbox) begin() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writing || o.shut {
		return false
	}
	o.noted, o.writing = false, true
	return true
}

// wrote records that n of the bytes taken have been written.
func (o *outbox) wrote(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held -= n
}

// take appends waiting frames of about n bytes, at least one, to dst. written
// is how many bytes of earlier frames have been written since the last call.
// If no frame waits the caller is no longer the writer.
func (o *outbox) take(dst []*frame, n, written int) []*frame {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.held -= written
	if o.shut {
		o.empty()
	}
	for o.head < len(o.frames) && n > 0 {
		f := o.frames[o.head]
		o.frames[o.head] = nil
		o.head++
		o.count(f, -1)
		o.held += len(f.bytes)
		dst = append(dst, f)
		n -= len(f.bytes)
	}
	if len(dst) == 0 {
		if cap(o.frames) > keptFrames {
			o.base += len(o.frames)
			o.frames, o.head = nil, 0
		}
		o.writing = false
		o.idle.Broadcast()
	}
	return dst
}

// discard drops what waits, because nothing can be written any more. It
// reports whether the queue was still unfinished, and how many frames it has
// dropped.
func (o *outbox) discard() (first bool, dropped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.shut {
		return false, 0
	}
	first = !o.finished
	o.finished, o.shut = true, true
	return first, o.empty()
}

// wait returns when no writer is at work.
func (o *outbox) wait() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.writing {
		o.idle.Wait()
	}
}

func (o *outbox) isFinished() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.finished
}

// waiting returns the number of bytes not yet written, and whether the session
// is behind.
func (o *outbox) waiting() (bytes int, behind bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lossless + o.lossy + o.held, o.newest != nil && o.head < len(o.frames)
}
