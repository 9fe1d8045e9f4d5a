package hub

import "sync"

// outbox is the ordered queue of one session. One writer at a time drains it;
// the queue itself knows whether somebody has to be told that frames wait.
type outbox struct {
	limit int // bytes

	mu       sync.Mutex
	idle     sync.Cond // writing has become false
	frames   []*frame
	head     int  // frames before it are taken
	bytes    int  // of frames not yet written, those the writer holds too
	noted    bool // somebody is going to wake the session
	writing  bool // a writer is at work and looks again before it ends
	finished bool // the last frame is a close frame; nothing may follow
	shut     bool // nothing is written any more
}

func newOutbox(limit int) *outbox {
	o := &outbox{limit: limit}
	o.idle.L = &o.mu
	return o
}

type pushResult uint8

const (
	queued     pushResult = iota // and somebody will wake the session
	pushed                       // and the caller has to see that it is woken
	overflowed                   // not queued: too much waits
	refused                      // not queued: the session is closing
)

// push queues a frame. A queue always takes one frame, whatever its size.
func (o *outbox) push(f *frame) pushResult {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.finished:
		return refused
	case o.bytes > 0 && o.bytes+len(f.bytes) > o.limit:
		return overflowed
	}
	o.append(f)
	if o.noted || o.writing {
		return queued
	}
	o.noted = true
	return pushed
}

func (o *outbox) append(f *frame) {
	if o.head > 0 && o.head == len(o.frames) {
		o.frames, o.head = o.frames[:0], 0
	}
	o.frames = append(o.frames, f)
	o.bytes += len(f.bytes)
}

// finish queues the last frame, and drops what waits if told to. It reports
// whether this call was the first.
func (o *outbox) finish(f *frame, drop bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished {
		return false
	}
	if drop {
		o.frames, o.head = nil, 0
	}
	o.append(f)
	o.finished = true
	return true
}

// begin makes the caller the writer, unless there is one or all is over.
func (o *outbox) begin() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.writing || o.shut {
		return false
	}
	o.noted, o.writing = false, true
	return true
}

// take moves frames of about n bytes, at least one, to dst, after written
// bytes of earlier ones have gone out. Without a frame left the caller is the
// writer no more.
func (o *outbox) take(dst []*frame, n, written int) []*frame {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bytes -= written
	if o.shut {
		o.frames, o.head = nil, 0
	}
	for o.head < len(o.frames) && n > 0 {
		f := o.frames[o.head]
		o.frames[o.head] = nil
		o.head++
		dst = append(dst, f)
		n -= len(f.bytes)
	}
	if len(dst) == 0 {
		o.writing = false
		o.idle.Broadcast()
	}
	return dst
}

// discard drops what waits: nothing can be written any more.
func (o *outbox) discard() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.finished, o.shut = true, true
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

// waiting is the number of bytes not yet written.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.bytes
}
