package manager

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// leaversPause is the wait before a user is looked up again after a failed
// look-up.
const leaversPause = time.Second

// leavers closes the sockets of users who have been disabled or removed. It looks
// users up in a goroutine of its own, so that whoever reports a change need not
// wait, and repeats that until it succeeds.
type leavers struct {
	users auth.Directory
	hub   Hub
	clock love.Clock

	ctx    context.Context // ends with stop
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu      sync.Mutex
	names   map[string]struct{} // to look up
	looking bool
}

func newLeavers(users auth.Directory, h Hub, clock love.Clock) *leavers {
	l := &leavers{users: users, hub: h, clock: clock, names: make(map[string]struct{})}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// changed takes note of a user who has changed. It does not block.
func (l *leavers) changed(username string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return
	}
	l.names[username] = struct{}{}
	if !l.looking {
		l.looking = true
		l.ended.Go(l.look)
	}
}

// stop ends the look-ups and waits for their end.
func (l *leavers) stop() {
	l.mu.Lock()
	l.cancel()
	l.mu.Unlock()
	l.ended.Wait()
}

// look looks users up until nobody is left.
func (l *leavers) look() {
	for {
		names, ok := l.take()
		if !ok {
			return
		}
		var again []string
		for _, name := range names {
			if !l.settled(name) {
				again = append(again, name)
			}
		}
		if len(again) > 0 && !l.putBack(again) {
			return
		}
	}
}

func (l *leavers) take() (names []string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looking = len(l.names) > 0 && l.ctx.Err() == nil
	for name := range l.names {
		names = append(names, name)
	}
	clear(l.names)
	return names, l.looking
}

// putBack returns users whose look-up failed to the list, and waits for the
// pause; false if stop came first.
func (l *leavers) putBack(names []string) bool {
	l.mu.Lock()
	for _, name := range names {
		l.names[name] = struct{}{}
	}
	l.mu.Unlock()
	timer := l.clock.NewTimer(leaversPause)
	defer timer.Stop()
	select {
	case <-timer.C():
		return true
	case <-l.ctx.Done():
		return false
	}
}

// settled looks a user up and closes the sockets if there is no such user any
// more; false if that could not be found out.
func (l *leavers) settled(username string) bool {
	_, err := l.users.Lookup(l.ctx, username)
	if errors.Is(err, auth.ErrInactive) || errors.Is(err, auth.ErrUnknownUser) {
		l.hub.Disconnect(func(p auth.Principal) bool { return !p.Process && p.User.Username == username }, hub.CloseCredential)
		return true
	}
	return err == nil
}
