package hub

import (
	"sync"
	"time"

	"github.com/gobwas/ws"
)

// pingSlots is the number of steps in a ping interval.
const pingSlots = 20

// pingWheel is a timer wheel: the one timer behind the pings of all sessions.
// At each step the sessions of one slot are due, so that every session is due
// once per ping interval.
type pingWheel struct {
	step time.Duration

	mu      sync.Mutex
	began   time.Time // when the present step began
	current int       // slot
	slots   [pingSlots]map[*session]struct{}
}

func (w *pingWheel) init(interval time.Duration, now time.Time) {
	w.step, w.began = interval/pingSlots, now
}

// add puts a session into the slot that is due after a whole interval.
func (w *pingWheel) add(s *session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.pingSlot = w.current
	if w.slots[s.pingSlot] == nil {
		w.slots[s.pingSlot] = make(map[*session]struct{})
	}
	w.slots[s.pingSlot][s] = struct{}{}
}

func (w *pingWheel) remove(s *session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.slots[s.pingSlot], s)
}

// advance moves the wheel on to the present time and returns the sessions that
// are due. Ticks that were missed are made up for.
func (w *pingWheel) advance(now time.Time) (due []*session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if interval := pingSlots * w.step; now.Sub(w.began) > interval {
		w.began = now.Add(-interval) // after a long pause, ping each peer once and wait for the answer
	}
	for ; now.Sub(w.began) >= w.step; w.began = w.began.Add(w.step) {
		w.current = (w.current + 1) % pingSlots
		for s := range w.slots[w.current] {
			due = append(due, s)
		}
	}
	return due
}

var pingFrame = controlFrame(ws.OpPing, nil)

// ping pings the sessions that are due, and closes those that have been silent
// since their last ping.
func (h *Hub) ping() {
	var wakes wakeList
	now := h.clock.Now()
	for _, s := range h.pings.advance(now) {
		switch {
		case s.expired(now):
			s.close(CloseCredential)
		case s.silent.Swap(true):
			s.close(CloseSilent)
		default:
			s.send(pingFrame, now, &wakes)
		}
	}
	wakes.wakeAll()
}
