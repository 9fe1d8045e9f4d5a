package hub

import (
	"container/list"
	"slices"
	"sync"
	"time"
)

// throttle limits the messages of one subscription: per stream at most one in
// an interval, the newest. A message with several streams overtakes none that shares a
// stream with it.
//
// The memory of the streams is charged like that of subscriptions, and what is held back
// to the queue. Without room for more, a throttle sends what it holds back and begins anew.
type throttle struct {
	member   *member // nil when the subscription has ended
	interval time.Duration
	schedule *schedule

	mu      sync.Mutex
	streams map[uint64]*throttledStream // by the stream's key: those that rest or are claimed
	resting list.List                   // of *throttledStream, in the order of sent
	held    list.List                   // of *heldFrame, oldest first
	bytes   int                         // of held
	next    time.Time                   // when release is scheduled; zero if it is not
	later   time.Time                   // when it is scheduled once more; zero if it is not
}

type throttledStream struct {
	key    uint64
	sent   time.Time     // the last message
	rest   *list.Element // in resting, until the interval is over; else nil
	claims []*heldFrame  // that hold the stream, oldest first
}

// heldFrame is a frame that is held back, until newer ones hold all its streams.
type heldFrame struct {
	frame    *frame
	at       *list.Element // in held
	streams  []*throttledStream
	newestOf int // of how many streams it is the newest
	waitsFor int // streams that rest, or are claimed by an older frame
}

// The memory of a stream and of a frame that is held back, in bytes.
const (
	throttledStreamBytes = 192
	heldFrameBytes       = 160 // besides the frame
)

// releaseStep is how many streams may end their rest before the throttle can be used
// by others again.
const releaseStep = 256

// forgetPeriod is the least time between two searches for streams that rest no more,
// while nothing is held back.
const forgetPeriod = time.Second

// offered is what a throttle does with a frame.
type offered uint8

const (
	mayPass offered = iota // it may be sent now
	held                   // the throttle keeps it
	stopped                // the subscription has ended
)

// offer hands a frame to the throttle; key is that of its stream, if it has only one. If
// the throttle keeps the frame, dropped is how many older ones it drops instead.
func (t *throttle) offer(key uint64, f *frame, now time.Time, wakes *wakeList) (result offered, dropped int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.member == nil {
		return stopped, 0
	}
	one := [1]uint64{key}
	keys := f.streams
	if len(keys) == 0 {
		keys = one[:]
	}
	passes, ok := t.know(keys, now)
	if ok && !passes {
		dropped, ok = t.hold(keys, f, now, wakes)
	}
	switch {
	case !ok:
		t.beginAnew(now, wakes)
		return mayPass, dropped
	case passes:
		for _, k := range keys {
			t.startRest(t.streams[k], now)
		}
		result = mayPass
	default:
		result = held
	}
	t.scheduleRelease(now)
	return result, dropped
}

// know adds the streams that are not known. passes reports whether all may be sent now;
// ok is false if there is no memory.
func (t *throttle) know(keys []uint64, now time.Time) (passes, ok bool) {
	passes = true
	for _, k := range keys {
		st := t.streams[k]
		if st != nil {
			passes = passes && len(st.claims) == 0 && !st.sent.Add(t.interval).After(now)
			continue
		}
		if !t.member.session.mayThrottle() {
			return false, false
		}
		if t.streams == nil {
			t.streams = make(map[uint64]*throttledStream)
		}
		t.streams[k] = &throttledStream{key: k}
	}
	return passes, true
}

// hold keeps f after the others, and returns how many of them it makes obsolete. ok is
// false if there is no room.
func (t *throttle) hold(keys []uint64, f *frame, now time.Time, wakes *wakeList) (dropped int, ok bool) {
	out := t.member.session.out
	if old := t.onlyClaim(keys); old != nil {
		grown := len(f.bytes) - len(old.frame.bytes)
		if !out.holdBack(grown) {
			return 0, false
		}
		t.bytes += grown
		old.frame = f
		return 1, true
	}
	bytes := heldFrameBytes + len(f.bytes)
	if !out.holdBack(bytes) {
		return 0, false
	}
	t.bytes += bytes
	h := &heldFrame{frame: f, waitsFor: 1} // until all its streams are known
	h.at = t.held.PushBack(h)
	for _, k := range keys {
		st := t.streams[k]
		n := len(st.claims)
		if n > 0 && st.claims[n-1] == h { // a message may hold a stream twice
			continue
		}
		if n > 0 {
			old := st.claims[n-1]
			if old.newestOf--; old.newestOf == 0 {
				t.drop(old, now, wakes)
				dropped++
			}
		}
		if st.rest != nil || len(st.claims) > 0 {
			h.waitsFor++
		}
		h.newestOf++
		st.claims = append(st.claims, h)
		h.streams = append(h.streams, st)
	}
	t.waitsForOneLess(h, now, wakes)
	return dropped, true
}

// onlyClaim returns the frame that a newer one of the same single stream replaces, nil if
// there is none.
func (t *throttle) onlyClaim(keys []uint64) *heldFrame {
	if len(keys) > 1 {
		return nil
	}
	claims := t.streams[keys[0]].claims
	if n := len(claims); n > 0 && len(claims[n-1].streams) == 1 {
		return claims[n-1]
	}
	return nil
}

// waitsForOneLess sends a frame if it waits for no other stream.
func (t *throttle) waitsForOneLess(h *heldFrame, now time.Time, wakes *wakeList) {
	if h.waitsFor--; h.waitsFor > 0 {
		return
	}
	t.remove(h)
	for _, st := range h.streams { // of which it is the first claim
		st.claims[0] = nil
		if st.claims = st.claims[1:]; len(st.claims) == 0 {
			st.claims = nil
		}
		t.startRest(st, now)
	}
	t.send(h.frame, now, wakes)
}

// drop drops a frame whose streams newer ones hold.
func (t *throttle) drop(h *heldFrame, now time.Time, wakes *wakeList) {
	t.remove(h)
	for _, st := range h.streams {
		at := slices.Index(st.claims, h)
		st.claims = slices.Delete(st.claims, at, at+1)
		if at == 0 && st.rest == nil && len(st.claims) > 0 {
			t.waitsForOneLess(st.claims[0], now, wakes)
		}
	}
}

func (t *throttle) remove(h *heldFrame) {
	t.held.Remove(h.at)
	bytes := heldFrameBytes + len(h.frame.bytes)
	t.bytes -= bytes
	t.member.session.out.letBack(bytes)
}

// startRest begins the interval in which the stream is not sent again.
func (t *throttle) startRest(st *throttledStream, now time.Time) {
	st.sent = now
	if st.rest != nil {
		t.resting.MoveToBack(st.rest)
	} else {
		st.rest = t.resting.PushBack(st)
	}
}

// release sends the frames that may be sent now, and forgets the streams that no limit
// holds back any more.
func (t *throttle) release(now time.Time) {
	var wakes wakeList
	defer wakes.wakeAll()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.member == nil || t.next.IsZero() || t.next.After(now) {
		return
	}
	t.next, t.later = t.later, time.Time{}
	for n := 0; t.resting.Len() > 0; n++ {
		first := t.resting.Front()
		if t.endOfRest(first).After(now) {
			t.scheduleRelease(now)
			return
		}
		if n == releaseStep {
			t.releaseAt(now)
			return
		}
		t.endRest(first, now, &wakes)
	}
}

// endRest sends what waits for the end of a stream's rest, or forgets the stream.
func (t *throttle) endRest(rest *list.Element, now time.Time, wakes *wakeList) {
	st := t.resting.Remove(rest).(*throttledStream)
	st.rest = nil
	if len(st.claims) > 0 {
		t.waitsForOneLess(st.claims[0], now, wakes)
		return
	}
	delete(t.streams, st.key)
	s := t.member.session
	s.hub.index.chargeUser(s.user, -throttledStreamBytes)
}

func (t *throttle) endOfRest(rest *list.Element) time.Time {
	return rest.Value.(*throttledStream).sent.Add(t.interval)
}

// scheduleRelease schedules release for the end of the first rest, or soon after if
// nothing is held back.
func (t *throttle) scheduleRelease(now time.Time) {
	first := t.resting.Front()
	if first == nil {
		return
	}
	due := t.endOfRest(first)
	if soon := now.Add(forgetPeriod); t.held.Len() == 0 && due.Before(soon) {
		due = soon
	}
	t.releaseAt(due)
}

// releaseAt schedules release, unless it is scheduled for that time or before.
func (t *throttle) releaseAt(due time.Time) {
	if !t.next.IsZero() {
		if !due.Before(t.next) {
			return
		}
		t.later = t.next
	}
	t.next = due
	t.schedule.at(due, t.release)
}

// send sends a frame that was held back.
func (t *throttle) send(f *frame, now time.Time, wakes *wakeList) {
	m := t.member
	if !m.session.deliver(m, f.as(m.variant), now, wakes) {
		m.session.hub.counters.drop(DropRate, 1)
	}
}

// beginAnew sends everything that is held back, and forgets all streams, for lack of
// memory.
func (t *throttle) beginAnew(now time.Time, wakes *wakeList) {
	t.member.session.hub.counters.deny(DenyMaxRate)
	for _, f := range t.clear() {
		t.send(f, now, wakes)
	}
}

// clear forgets everything, and returns the frames that were held back, oldest first.
func (t *throttle) clear() (frames []*frame) {
	for e := t.held.Front(); e != nil; e = e.Next() {
		frames = append(frames, e.Value.(*heldFrame).frame)
	}
	s := t.member.session
	s.out.letBack(t.bytes)
	s.hub.index.chargeUser(s.user, -throttledStreamBytes*len(t.streams))
	t.held.Init()
	t.resting.Init()
	t.streams, t.bytes = nil, 0
	return frames
}

// stop ends the throttle and returns the frames that it held back, oldest first.
func (t *throttle) stop() (frames []*frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.member == nil {
		return nil
	}
	frames = t.clear()
	t.member = nil // the schedule may keep t for an interval: let t keep nothing else
	return frames
}

// mayThrottle takes memory for a stream that is limited, if there is some.
func (s *session) mayThrottle() bool {
	x := &s.hub.index
	x.chargeUser(s.user, throttledStreamBytes)
	if s.user == nil || s.user.subscriptionBytes.Load() <= int64(s.hub.limits.UserSubscriptionBytes) &&
		x.subscriptionBytes.Load() <= int64(s.hub.limits.SubscriptionBytes) {
		return true
	}
	x.chargeUser(s.user, -throttledStreamBytes)
	return false
}

// sendThrottled sends f to m now, or keeps it until m's throttle allows it. It reports
// whether the subscription is in force.
func (h *Hub) sendThrottled(m *member, stream uint64, f *frame, now time.Time, wakes *wakeList) bool {
	result, dropped := m.throttle.offer(stream, f, now, wakes)
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
