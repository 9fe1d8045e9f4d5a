package hub

import (
	"context"
	"sync"
)

// snapshotMaker makes what is left of the snapshots of all sessions, a portion for each
// in turn. As one goroutine it takes no more than one processor from everything else.
type snapshotMaker struct {
	mu       sync.Mutex
	sessions []*session
	woken    chan struct{}
}

// add adds a session whose snapshots there is room for.
func (x *snapshotMaker) add(s *session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sessions = append(x.sessions, s)
	select {
	case x.woken <- struct{}{}:
	default:
	}
}

// run makes snapshots until ctx ends.
func (x *snapshotMaker) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.woken:
		}
		for s := x.next(); s != nil && ctx.Err() == nil; s = x.next() {
			var wakes wakeList
			more := s.makeSnapshots(&wakes)
			wakes.wakeAll()
			if more {
				x.add(s)
			}
		}
	}
}

// next removes the first session, and returns it, or nil if there is none.
func (x *snapshotMaker) next() *session {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.sessions) == 0 {
		x.sessions = nil
		return nil
	}
	s := x.sessions[0]
	x.sessions[0] = nil
	x.sessions = x.sessions[1:]
	return s
}
