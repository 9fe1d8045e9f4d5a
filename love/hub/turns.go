package hub

import (
	"context"
	"sync"
)

// turns makes what many sessions get in portions, snapshots or histories: a portion for
// each in turn. As one goroutine it takes no more than one processor from everything
// else.
type turns struct {
	// make makes the next portion for a session, and reports whether to go on at once.
	make func(ctx context.Context, s *session, wakes *wakeList) (more bool)

	mu       sync.Mutex
	sessions []*session // whose turn it is
	woken    chan struct{}
}

func (x *turns) init(portion func(context.Context, *session, *wakeList) (more bool)) {
	x.make, x.woken = portion, make(chan struct{}, 1)
}

// add adds a session for which there is something to make, and room. Its outbox may be
// locked.
func (x *turns) add(s *session) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.sessions = append(x.sessions, s)
	select {
	case x.woken <- struct{}{}:
	default:
	}
}

// run makes portions until ctx ends.
func (x *turns) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.woken:
		}
		for s := x.next(); s != nil && ctx.Err() == nil; s = x.next() {
			var wakes wakeList
			more := x.make(ctx, s, &wakes)
			wakes.wakeAll()
			if more {
				x.add(s)
			}
		}
	}
}

// next removes the first session, and returns it, or nil if there is none.
func (x *turns) next() *session {
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
