package hub

import (
	"container/list"
	"sync"
	"time"
)

// throttle limits the messages of one subscription: per stream at most one in
// an interval, the newest. A message with several streams overtakes none that shares a
// stream with it.
type throttle struct {
	member   *member
	interval time.Duration

	mu      sync.Mutex
	streams map[uint64]*throttledStream // by the stream's key
	held    list.List                   // of *heldFrame, oldest first
	next    time.Time                   // when release is scheduled; zero if it is not
}

type throttledStream struct {
	sent   time.Time     // the last message
	newest *list.Element // the newest frame that is held back, nil if there is none
}

// heldFrame is a frame that is held back, until newer ones hold all its streams.
type heldFrame struct {
	frame    *frame
	streams  []*throttledStream
	newestOf int // of how many streams it is the newest
}

// offered is what a throttle does with a frame.
type offered uint8

const (
	mayPass offered = iota // it may be sent now
	held                   // the throttle keeps it
	stopped                // the subscription has ended
)

// offer hands a frame to the throttle; key is that of its stream, if it has only one. If
// the throttle keeps the frame, dropped is how many older ones it drops instead. Unless
// due is zero, release must be called at that time.
func (t *throttle) offer(key uint64, f *frame, now time.Time) (result offered, dropped int, due time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.member == nil {
		return stopped, 0, time.Time{}
	}
	keys := f.streams
	if len(keys) == 0 {
		keys = []uint64{key}
	}
	next, waits := now, false
	for _, k := range keys {
		st := t.stream(k)
		waits = waits || st.newest != nil
		if d := st.sent.Add(t.interval); d.After(next) {
			next = d
		}
	}
	if !waits && next.Equal(now) {
		for _, k := range keys {
			t.streams[k].sent = now
		}
		return mayPass, 0, time.Time{}
	}
	dropped = t.hold(keys, f)
	if t.next.IsZero() || next.Before(t.next) {
		t.next, due = next, next
	}
	return held, dropped, due
}

func (t *throttle) stream(key uint64) *throttledStream {
	st := t.streams[key]
	if st == nil {
		if t.streams == nil {
			t.streams = make(map[uint64]*throttledStream)
		}
		st = &throttledStream{}
		t.streams[key] = st
	}
	return st
}

// hold keeps f after the others, and returns how many of them it makes obsolete.
func (t *throttle) hold(keys []uint64, f *frame) (dropped int) {
	h := &heldFrame{frame: f, newestOf: len(keys)}
	e := t.held.PushBack(h)
	for _, k := range keys {
		st := t.streams[k]
		h.streams = append(h.streams, st)
		if st.newest == e { // a message may hold a stream twice
			h.newestOf--
		} else if st.newest != nil {
			old := st.newest.Value.(*heldFrame)
			if old.newestOf--; old.newestOf == 0 {
				t.held.Remove(st.newest)
				dropped++
			}
		}
		st.newest = e
	}
	return dropped
}

// release sends the frames that may be sent now, and returns when to call it again,
// which is zero if nothing waits or another call is scheduled. The throttle is not
// stopped meanwhile, so that stop returns what was not sent.
func (t *throttle) release(now time.Time, send func(*member, *frame)) (due time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next.IsZero() || t.next.After(now) {
		return time.Time{}
	}
	blocked := make(map[*throttledStream]bool) // an older frame holds it
	for e := t.held.Front(); e != nil; {
		at := e
		e = e.Next()
		h := at.Value.(*heldFrame)
		next, waits := h.due(t.interval), false
		for _, st := range h.streams {
			waits = waits || blocked[st]
		}
		if !waits && !next.After(now) {
			send(t.member, h.frame)
			t.held.Remove(at)
			h.sent(at, now)
			continue
		}
		for _, st := range h.streams {
			blocked[st] = true
		}
		if !waits && (due.IsZero() || next.Before(due)) {
			due = next
		}
	}
	t.next = due
	return due
}

// due returns when the frame may be sent.
func (h *heldFrame) due(interval time.Duration) (due time.Time) {
	for _, st := range h.streams {
		if d := st.sent.Add(interval); d.After(due) {
			due = d
		}
	}
	return due
}

// sent records that the frame was sent, which was held as e.
func (h *heldFrame) sent(e *list.Element, now time.Time) {
	for _, st := range h.streams {
		st.sent = now
		if st.newest == e {
			st.newest = nil
		}
	}
}

// stop ends the throttle and returns the frames that it held back, oldest first.
func (t *throttle) stop() (frames []*frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for e := t.held.Front(); e != nil; e = e.Next() {
		frames = append(frames, e.Value.(*heldFrame).frame)
	}
	// The schedule may keep t for an interval: let t keep nothing else.
	t.member, t.streams, t.next = nil, nil, time.Time{}
	t.held.Init()
	return frames
}

// sendThrottled sends f to m now, or keeps it until m's throttle allows it. It reports
// whether the subscription is in force.
func (h *Hub) sendThrottled(m *member, stream uint64, f *frame, now time.Time, wakes *wakeList) bool {
	result, dropped, due := m.throttle.offer(stream, f, now)
	h.scheduleRelease(m.throttle, due)
	m.session.dropped.Add(uint64(dropped))
	h.counters.drop(DropRate, dropped)
	switch result {
	case mayPass:
		return m.session.deliver(m, f.as(m.variant), now, wakes)
	case stopped:
		return false
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
			if !m.session.deliver(m, f.as(m.variant), now, &wakes) {
				h.counters.drop(DropRate, 1)
			}
		})
		wakes.wakeAll()
		h.scheduleRelease(t, next)
	})
}
