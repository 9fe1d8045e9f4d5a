package hub

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// snapshotPatience is for how long a snapshot waits for the broker to tell what was
// published before. What it tells later is delivered as messages.
const snapshotPatience = time.Second

// interests holds the topics that sessions of the hub want, for its broker.
type interests struct {
	link Link // nil: the broker does not ask

	mu     sync.Mutex
	topics map[Topic]*interest
}

// interest is a topic that sessions want.
type interest struct {
	members int         // subscriptions; guarded by the lock of interests
	ready   atomic.Bool // the broker has told the last values, or is not waited for

	waiting []*session // with snapshots that wait for that; guarded by the same lock
}

// add notes another subscription to a topic. It returns nil if there is nothing to wait
// for.
func (h *Hub) want(t Topic) *interest {
	x := &h.interests
	if x.link == nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	in := x.topics[t]
	if in == nil {
		if x.topics == nil {
			x.topics = make(map[Topic]*interest)
		}
		in = &interest{}
		x.topics[t] = in
		if x.link.Want(t) {
			in.ready.Store(true)
		} else {
			h.schedule.at(h.clock.Now().Add(snapshotPatience), func(time.Time) { h.setReady(in) })
		}
	}
	in.members++
	return in
}

// unwant notes the end of a subscription to a topic.
func (h *Hub) unwant(t Topic) {
	x := &h.interests
	if x.link == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	in := x.topics[t]
	if in.members--; in.members == 0 {
		delete(x.topics, t)
		x.link.Unwant(t)
	}
}

// interest returns the interest in a topic, nil if there is none.
func (h *Hub) interest(t Topic) *interest {
	x := &h.interests
	if x.link == nil {
		return nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.topics[t]
}

// setReady lets the snapshots go on that wait for the last values of a topic.
func (h *Hub) setReady(in *interest) {
	x := &h.interests
	x.mu.Lock()
	in.ready.Store(true)
	waiting := in.waiting
	in.waiting = nil
	x.mu.Unlock()
	for _, s := range waiting {
		s.out.goOn()
	}
}

// waitsFor reports whether the session must wait for the last values of a topic, nil for
// one that is not waited for. It gets its turn when they have come.
func (s *session) waitsFor(in *interest) bool {
	if in == nil || in.ready.Load() {
		return false
	}
	x := &s.hub.interests
	x.mu.Lock()
	defer x.mu.Unlock()
	if in.ready.Load() {
		return false
	}
	if !slices.Contains(in.waiting, s) {
		in.waiting = append(in.waiting, s)
	}
	return true
}
