package hub

import (
	"sync"
	"time"
)

// interestPatience is for how long a subscription waits for the broker to carry what is
// published to its topic.
const interestPatience = time.Second

// interests holds the topics that sessions of the hub want, for its broker.
type interests struct {
	link     Link          // nil: the broker does not ask
	patience time.Duration // interestPatience, but for tests

	mu        sync.Mutex
	topics    map[Topic]*interest
	impatient time.Time // until then no subscription waits
}

// impatience is for how long no subscription waits after one has waited in vain, so that a
// screen with a hundred of them does not do so a hundred times.
const impatience = 10 * time.Second

// interest is a topic that sessions want.
type interest struct {
	members int           // subscriptions; guarded by the lock of interests
	ready   chan struct{} // closed when the broker carries it, or is not waited for any longer
	isReady bool          // guarded by the same lock
}

// want notes another subscription to a topic, and returns when the broker carries what is
// published to it. If the broker is slow, it returns without that: what was missed comes
// late.
func (h *Hub) want(t Topic) {
	x := &h.interests
	if x.link == nil {
		return
	}
	x.mu.Lock()
	in := x.topics[t]
	if in == nil {
		if x.topics == nil {
			x.topics = make(map[Topic]*interest)
		}
		in = &interest{ready: make(chan struct{})}
		x.topics[t] = in
		if x.link.Want(t) || h.clock.Now().Before(x.impatient) {
			x.setReadyLocked(in)
		}
	}
	in.members++
	ready := in.isReady
	x.mu.Unlock()
	if ready {
		return
	}
	patience := h.clock.NewTimer(x.patience)
	defer patience.Stop()
	select {
	case <-in.ready:
	case now := <-patience.C():
		x.mu.Lock()
		defer x.mu.Unlock()
		x.impatient = now.Add(impatience)
		x.setReadyLocked(in)
	}
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

// setReady lets the subscriptions go on that wait for a topic.
func (x *interests) setReady(t Topic) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if in := x.topics[t]; in != nil {
		x.setReadyLocked(in)
	}
}

func (x *interests) setReadyLocked(in *interest) {
	if !in.isReady {
		in.isReady = true
		close(in.ready)
	}
}

// isWanted reports whether a topic is wanted.
func (x *interests) isWanted(t Topic) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.topics[t] != nil
}

// isReady reports whether subscriptions have been confirmed to which the value belongs.
func (x *interests) isReady(v *LastValue) bool {
	component := v.Topic()
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, t := range [...]Topic{component, {Category: component.Category}} {
		if in := x.topics[t]; in != nil && in.isReady {
			return true
		}
	}
	return false
}
