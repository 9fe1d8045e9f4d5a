package hub

import (
	"sync"
	"time"
)

// throttle limits the messages of one subscription: per stream at most one in
// an interval, the newest.
type throttle struct {
	member   *member
	interval time.Duration

	mu        sync.Mutex
	streams   map[uint64]*throttledStream // by the stream's key
	scheduled bool                        // release is
}

type throttledStream struct {
	sent    time.Time // the last message
	pending *frame
}

// offer hands a frame of the stream to the throttle. If send is true the frame
// may be sent now. Otherwise the throttle keeps it, and replaced reports whether
// it took the place of an older one. Unless due is zero, release must be called
// at that time.
func (t *throttle) offer(stream uint64, f *frame, now time.Time) (send, replaced bool, due time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	st := t.streams[stream]
	if st == nil {
		if t.streams == nil {
			t.streams = make(map[uint64]*throttledStream)
		}
		st = &throttledStream{}
		t.streams[stream] = st
	}
	next := st.sent.Add(t.interval)
	if st.pending == nil && !next.After(now) {
		st.sent = now
		return true, false, time.Time{}
	}
	replaced = st.pending != nil
	st.pending = f
	if !t.scheduled {
		t.scheduled, due = true, next
	}
	return false, replaced, due
}

// release returns the frames that may be sent now, the member they are for,
// and when to call it again, which is zero if nothing waits.
func (t *throttle) release(now time.Time) (m *member, frames []*frame, due time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, st := range t.streams {
		next := st.sent.Add(t.interval)
		switch {
		case st.pending == nil:
		case !next.After(now):
			frames = append(frames, st.pending)
			st.pending, st.sent = nil, now
		case due.IsZero() || next.Before(due):
			due = next
		}
	}
	t.scheduled = !due.IsZero()
	return t.member, frames, due
}

// stop ends the throttle and returns the frames that it held back.
func (t *throttle) stop() (frames []*frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, st := range t.streams {
		if st.pending != nil {
			frames = append(frames, st.pending)
		}
	}
	// The schedule may keep t for an interval: let t keep nothing else.
	t.member, t.streams = nil, nil
	return frames
}

// sendThrottled sends f to m now, or keeps it until m's throttle allows it.
func (h *Hub) sendThrottled(m *member, stream uint64, f *frame, now time.Time, wakes *wakeList) {
	send, replaced, due := m.throttle.offer(stream, f, now)
	if send {
		m.session.send(f, now, wakes)
	}
	if replaced {
		m.session.dropped.Add(1)
		h.counters.drop(DropRate, 1)
	}
	h.scheduleRelease(m.throttle, due)
}

// scheduleRelease schedules the release of what waits in t, unless due is zero.
func (h *Hub) scheduleRelease(t *throttle, due time.Time) {
	if due.IsZero() {
		return
	}
	h.schedule.at(due, func(now time.Time) {
		m, frames, next := t.release(now)
		var wakes wakeList
		for _, f := range frames {
			m.session.send(f, now, &wakes)
		}
		wakes.wakeAll()
		h.scheduleRelease(t, next)
	})
}
