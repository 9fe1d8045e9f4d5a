package hub

import "sync/atomic"

// counters counts what the hub has done since it was made.
type counters struct {
	received    atomic.Uint64
	delivered   atomic.Uint64
	malformed   atomic.Uint64
	forbidden   atomic.Uint64
	unpublished atomic.Uint64
	refused     atomic.Uint64
	closed      [closeReasons]atomic.Uint64
}

// Stats tells how the hub is and what it has done since it was made.
type Stats struct {
	Sessions int // open now, in-process ones too
	Groups   int // with a subscriber now

	Received    uint64 // data messages taken in
	Delivered   uint64 // messages queued for a session
	Malformed   uint64 // messages ignored because they broke a rule
	Forbidden   uint64 // data messages refused for lack of permission
	Unpublished uint64 // messages that the broker did not take
	Refused     uint64 // handshakes refused

	Closed map[string]uint64 // sessions ended, by the reason's label
}

// Stats returns the present figures.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	sessions := len(h.sessions)
	h.mu.Unlock()
	c := &h.counters
	st := Stats{
		Sessions: sessions, Groups: h.index.size(),
		Received: c.received.Load(), Delivered: c.delivered.Load(), Malformed: c.malformed.Load(),
		Forbidden: c.forbidden.Load(), Unpublished: c.unpublished.Load(), Refused: c.refused.Load(),
		Closed: make(map[string]uint64, closeReasons),
	}
	for r := range closeReasons {
		st.Closed[r.String()] = c.closed[r].Load()
	}
	return st
}
