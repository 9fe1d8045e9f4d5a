package hub

import (
	"sync"
	"time"
)

// sweepInterval is the least time between the beginnings of two sweeps.
const sweepInterval = time.Second

// sweepStep is how many streams a message may have to look at that finds no room.
const sweepStep = 256

// sweep is a search for last values whose sources have gone, and for streams without a
// value. Messages that find no room for theirs go on with it, each a little.
type sweep struct {
	mu     sync.Mutex
	cursor cursor
	begun  time.Time
}

// sweep goes on with the sweep, or begins one if the last has not begun just now.
func (h *Hub) sweep() {
	s := &h.sweeping
	if !s.mu.TryLock() {
		return // another message does it
	}
	defer s.mu.Unlock()
	if s.cursor.atEnd() {
		now := h.clock.Now()
		if now.Sub(s.begun) < sweepInterval {
			return
		}
		s.cursor, s.begun = newCursor(), now
	}
	var buf [cursorStep]*group
	for looked := 0; looked < sweepStep && !s.cursor.atEnd(); {
		groups := s.cursor.streams(&h.index, buf[:0])
		for _, g := range groups {
			if g.last.isStale() {
				h.index.forgetStale(g)
			}
		}
		looked += len(groups)
	}
}
