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

// leaversPause is after which a user is looked up again who could not be.
const leaversPause = time.Second

// leavers closes the sockets of users who may not be here any more. It looks
// them up beside whoever tells of a change, and until it is known.
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

// changed notes a user who has changed. It does not block.
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

// stop ends the looking, and waits for that.
func (l *leavers) stop() {
	l.mu.Lock()
	l.cancel()
	l.mu.Unlock()
	l.ended.Wait()
}

// look works until there is nobody left to look up.
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

// putBack keeps who could not be looked up for after a pause.
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

// settled tells whether it is known if the user may stay.
func (l *leavers) settled(username string) bool {
	_, err := l.users.Lookup(l.ctx, username)
	if errors.Is(err, auth.ErrInactive) || errors.Is(err, auth.ErrUnknownUser) {
		l.hub.Disconnect(func(p auth.Principal) bool { return !p.Process && p.User.Username == username }, hub.CloseCredential)
		return true
	}
	return err == nil
}
