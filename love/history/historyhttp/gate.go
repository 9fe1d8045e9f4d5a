package historyhttp

import (
	"context"
	"sync"
	"time"
)

// gate bounds how many are inside at a time, and how many of each user.
type gate struct {
	most, each int
	wait       time.Duration

	mu      sync.Mutex
	inside  int
	users   map[string]int
	changed chan struct{} // closed when somebody leaves; nil if nobody waits
}

// enter waits until the user may enter, for a limited time. Without an error, leave must
// be called. The error is ctx's, or [errBusy].
func (g *gate) enter(ctx context.Context, user string) (leave func(), err error) {
	var timeout <-chan time.Time
	for {
		changed, ok := g.try(user)
		if ok {
			return func() { g.leave(user) }, nil
		}
		if timeout == nil {
			t := time.NewTimer(g.wait)
			defer t.Stop()
			timeout = t.C
		}
		select {
		case <-changed:
		case <-timeout:
			return nil, errBusy
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// try enters if there is room, else it returns what is closed when somebody leaves.
func (g *gate) try(user string) (changed <-chan struct{}, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside < g.most && g.users[user] < g.each {
		if g.users == nil {
			g.users = map[string]int{}
		}
		g.inside++
		g.users[user]++
		return nil, true
	}
	if g.changed == nil {
		g.changed = make(chan struct{})
	}
	return g.changed, false
}

func (g *gate) leave(user string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	if g.users[user]--; g.users[user] == 0 {
		delete(g.users, user)
	}
	if g.changed != nil {
		close(g.changed)
		g.changed = nil
	}
}
