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

// revokerRetry is the wait before a user is looked up again after a failed
// look-up.
const revokerRetry = time.Second

// sessionRevoker closes the sockets of users who have been disabled or removed. It looks
// users up in a goroutine of its own, so that whoever reports a change need not
// wait, and repeats that until it succeeds.
type sessionRevoker struct {
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

func newSessionRevoker(users auth.Directory, h Hub, clock love.Clock) *sessionRevoker {
	r := &sessionRevoker{users: users, hub: h, clock: clock, names: make(map[string]struct{})}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// changed takes note of a user who has changed. It does not block.
func (r *sessionRevoker) changed(username string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return
	}
	r.names[username] = struct{}{}
	if !r.looking {
		r.looking = true
		r.ended.Go(r.look)
	}
}

// stop ends the look-ups and waits for their end.
func (r *sessionRevoker) stop() {
	r.mu.Lock()
	r.cancel()
	r.mu.Unlock()
	r.ended.Wait()
}

// look looks users up until nobody is left.
func (r *sessionRevoker) look() {
	for {
		names, ok := r.take()
		if !ok {
			return
		}
		var again []string
		for _, name := range names {
			if !r.settled(name) {
				again = append(again, name)
			}
		}
		if len(again) > 0 && !r.putBack(again) {
			return
		}
	}
}

func (r *sessionRevoker) take() (names []string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.looking = len(r.names) > 0 && r.ctx.Err() == nil
	for name := range r.names {
		names = append(names, name)
	}
	clear(r.names)
	return names, r.looking
}

// putBack returns users whose look-up failed to the list, and waits for the
// pause; false if stop came first.
func (r *sessionRevoker) putBack(names []string) bool {
	r.mu.Lock()
	for _, name := range names {
		r.names[name] = struct{}{}
	}
	r.mu.Unlock()
	timer := r.clock.NewTimer(revokerRetry)
	defer timer.Stop()
	select {
	case <-timer.C():
		return true
	case <-r.ctx.Done():
		return false
	}
}

// settled looks a user up and closes the sockets if there is no such user any
// more; false if that could not be found out.
func (r *sessionRevoker) settled(username string) bool {
	_, err := r.users.Lookup(r.ctx, username)
	if errors.Is(err, auth.ErrInactive) || errors.Is(err, auth.ErrUnknownUser) {
		r.hub.Disconnect(func(p auth.Principal) bool { return !p.Process && p.User.Username == username }, hub.CloseCredential)
		return true
	}
	return err == nil
}
