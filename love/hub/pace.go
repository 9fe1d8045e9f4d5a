package hub

import "time"

// pace limits how often an outbox is emptied into the connection: telemetry that comes
// within an interval of the last write waits until it is over, and goes out with
// everything else that waits in one write. What must not be lost does not wait, and
// takes along what does, so that a message alone is never late and the order never
// changes.
type pace struct {
	interval  time.Duration // 0: nothing waits
	most      int           // so many bytes of telemetry are worth a write by themselves
	next      time.Time     // the end of the interval
	scheduled bool          // the pacer will end it
	due       bool          // what waits has waited, and is to be written now
}

// newPace returns the pace of an outbox. Telemetry waits for less than half of what
// conflation begins with, in time and in bytes.
func newPace(interval time.Duration, limits *Limits) pace {
	return pace{interval: min(interval, limits.BacklogAge/2), most: min(maxWrite, limits.BacklogBytes/2)}
}

// begin begins an interval with a write.
func (p *pace) begin(now time.Time) {
	if p.interval > 0 {
		p.next = now.Add(p.interval)
	}
}

// mayWait reports whether what waits may do so until the end of the interval, or until
// the pacer, which is about to end it, does.
func (o *outbox) mayWait(now time.Time) bool {
	p := &o.pace
	end := p.next
	if p.scheduled {
		end = end.Add(2 * pacerTick)
	}
	return p.interval > 0 && o.lossless == 0 && o.snapshots == 0 && o.lossy < p.most && !o.finished && now.Before(end)
}

// takePaced is take for a connection that is written to at intervals. It takes nothing,
// too, if what waits may wait; unless due is zero, the caller must have the pacer end the
// interval then.
func (o *outbox) takePaced(dst []*frame, n, written int, now time.Time) (frames []*frame, due time.Time, waiting int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := &o.pace
	if !p.due && o.head < len(o.frames) && !o.discarded && o.mayWait(now) {
		o.stopLocked(written)
		if p.scheduled {
			return dst, time.Time{}, 0
		}
		p.scheduled = true
		return dst, p.next, 0
	}
	frames = o.takeLocked(dst, n, written)
	if len(frames) > 0 && !p.due { // they came while others were written
		p.begin(now)
	}
	p.due = o.head < len(o.frames) // there was no room for all
	return frames, time.Time{}, o.lossless + o.lossy
}

// endInterval is called by the pacer at the time that it was given. wake is set if the
// session must be woken now; unless again is zero, there was a write since, and the
// interval ends then.
func (o *outbox) endInterval(now time.Time) (wake bool, again time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := &o.pace
	if o.wakePending || o.consuming || o.head == len(o.frames) {
		p.scheduled = false
		return false, time.Time{}
	}
	p.scheduled = false
	if o.mayWait(now) {
		p.scheduled = true
		return false, p.next
	}
	o.wakePending = true
	p.begin(now)
	return true, time.Time{}
}

// endOfInterval returns when the interval is over.
func (o *outbox) endOfInterval() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.pace.next
}

// endPause ends the interval: the queue is about to overflow.
func (o *outbox) endPause() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pace.next = time.Time{}
}
