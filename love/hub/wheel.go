package hub

import (
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// wheelSlots is the number of steps in a ping interval.
const wheelSlots = 20

// wheel is the one timer behind the pings of all sessions: at each step it
// looks at the sessions of one slot.
type wheel struct {
	step time.Duration

	mu    sync.Mutex
	at    time.Time // when the present step began
	now   int
	slots [wheelSlots]map[*Session]struct{}
}

func (w *wheel) init(interval time.Duration, now time.Time) {
	w.step, w.at = interval/wheelSlots, now
}

// add puts a session where the wheel arrives after a whole turn.
func (w *wheel) add(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.slot = w.now
	if w.slots[s.slot] == nil {
		w.slots[s.slot] = make(map[*Session]struct{})
	}
	w.slots[s.slot][s] = struct{}{}
}

func (w *wheel) remove(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.slots[s.slot], s)
}

// turn moves the wheel on to the present time and returns the sessions whose
// turn has come. Ticks that were missed are made up for.
func (w *wheel) turn(now time.Time) (due []*Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if turn := wheelSlots * w.step; now.Sub(w.at) > turn {
		w.at = now.Add(-turn) // after a long pause, ping each peer once and wait for the answer
	}
	for ; now.Sub(w.at) >= w.step; w.at = w.at.Add(w.step) {
		w.now = (w.now + 1) % wheelSlots
		for s := range w.slots[w.now] {
			due = append(due, s)
		}
	}
	return due
}

var pingFrame = controlFrame(ws.OpPing, nil)

// ping pings the sessions whose turn it is, and ends those that have been
// silent since their last ping or whose credential has expired.
func (h *Hub) ping() {
	var b burst
	now := h.clock.Now()
	for _, s := range h.wheel.turn(now) {
		switch expires := s.principal.Expires; {
		case !expires.IsZero() && !now.Before(expires):
			s.close(CloseCredential)
		case s.quiet.Swap(true):
			s.close(CloseSilent)
		default:
			s.send(pingFrame, now, &b)
		}
	}
	b.flush()
}
