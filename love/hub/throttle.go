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

// offered is what a throttle does with a frame.
type offered uint8

const (
	mayPass  offered = iota // it may be sent now
	held                    // the throttle keeps it
	replaced                // the throttle keeps it in the place of an older one
	stopped                 // the subscription has ended
)

// offer hands a frame of the stream to the throttle. Unless due is zero, release must
// be called at that time.
func (t *throttle) offer(stream uint64, f *frame, now time.Time) (result offered, due time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.member == nil {
		return stopped, time.Time{}
	}
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
		return mayPass, time.Time{}
	}
	result = held
	if st.pending != nil {
		result = replaced
	}
	st.pending = f
	if !t.scheduled {
		t.scheduled, due = true, next
	}
	return result, due
}

// release sends the frames that may be sent now, and returns when to call it again,
// which is zero if nothing waits. The throttle is not stopped meanwhile, so that stop
// returns what was not sent.
func (t *throttle) release(now time.Time, send func(*member, *frame)) (due time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, st := range t.streams {
		next := st.sent.Add(t.interval)
		switch {
		case st.pending == nil:
		case !next.After(now):
			send(t.member, st.pending)
			st.pending, st.sent = nil, now
		case due.IsZero() || next.Before(due):
			due = next
		}
	}
	t.scheduled = !due.IsZero()
	return due
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

// sendThrottled sends f to m now, or keeps it until m's throttle allows it. It reports
// whether the subscription is in force.
func (h *Hub) sendThrottled(m *member, stream uint64, f *frame, now time.Time, wakes *wakeList) bool {
	result, due := m.throttle.offer(stream, f, now)
	h.scheduleRelease(m.throttle, due)
	switch result {
	case mayPass:
		return m.session.deliver(m, f, now, wakes)
	case stopped:
		return false
	case replaced:
		m.session.dropped.Add(1)
		h.counters.drop(DropRate, 1)
	}
	return true
}

// scheduleRelease schedules the release of what waits in t, unless due is zero.
func (h *Hub) scheduleRelease(t *throttle, due time.Time) {
	if due.IsZero() {
		return
	}
	h.schedule.at(due, func(now time.Time) {
		var wakes wakeList
		next := t.release(now, func(m *member, f *frame) {
			if !m.session.deliver(m, f, now, &wakes) {
				h.counters.drop(DropRate, 1)
			}
		})
		wakes.wakeAll()
		h.scheduleRelease(t, next)
	})
}
