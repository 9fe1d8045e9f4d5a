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

// recheckPeriod is how often the users of open sockets are looked up, if their directory
// does not report all changes.
const recheckPeriod = 10 * time.Second

// revokerRetry is the wait before users are looked up again after a failure.
const revokerRetry = time.Second

// sessionRevoker closes the sockets of users who have been disabled or removed, or
// whose tokens have ended all at once. It looks up users in its own goroutine, so that
// whoever reports a change need not wait, and repeats each look-up until it succeeds.
type sessionRevoker struct {
	users auth.Directory
	hub   Hub
	clock love.Clock

	ctx    context.Context // ends with stop
	cancel context.CancelFunc
	ended  sync.WaitGroup

	mu      sync.Mutex
	names   map[string]struct{} // to look up
	running bool
}

func newSessionRevoker(users auth.Directory, h Hub, clock love.Clock) *sessionRevoker {
	r := &sessionRevoker{users: users, hub: h, clock: clock, names: make(map[string]struct{})}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// watch has the directory report the users who have changed, if it can, and looks up all
// users who have sockets open from time to time, if it may not report all of them.
func (r *sessionRevoker) watch() (cancel func()) {
	if _, ok := r.users.(*auth.Users); !ok {
		r.ended.Go(r.recheck)
	}
	if w, ok := r.users.(auth.UserWatcher); ok {
		return w.WatchUsers(r.changed)
	}
	return func() {}
}

// recheck looks up the users who have sockets open, until stop is called. A look-up that
// fails is repeated the next time.
func (r *sessionRevoker) recheck() {
	ticker := r.clock.NewTicker(recheckPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C():
			for _, name := range r.hub.Usernames() {
				r.lookUp(name)
			}
		case <-r.ctx.Done():
			return
		}
	}
}

// changed queues a user who has changed. It does not block.
func (r *sessionRevoker) changed(username string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		return
	}
	r.names[username] = struct{}{}
	if !r.running {
		r.running = true
		r.ended.Go(r.run)
	}
}

// stop ends the look-ups and waits until they have ended.
func (r *sessionRevoker) stop() {
	r.mu.Lock()
	r.cancel()
	r.mu.Unlock()
	r.ended.Wait()
}

// run looks up the queued users until the queue is empty or stop is called.
func (r *sessionRevoker) run() {
	for {
		names, ok := r.take()
		if !ok {
			return
		}
		var again []string
		for _, name := range names {
			if !r.lookUp(name) {
				again = append(again, name)
			}
		}
		if len(again) > 0 && !r.retryLater(again) {
			return
		}
	}
}

func (r *sessionRevoker) take() (names []string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running = len(r.names) > 0 && r.ctx.Err() == nil
	for name := range r.names {
		names = append(names, name)
	}
	clear(r.names)
	return names, r.running
}

// retryLater queues users whose look-up failed, and waits before they are looked up
// again. It returns false if stop was called.
func (r *sessionRevoker) retryLater(names []string) bool {
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

// lookUp looks up a user, and closes their sockets if they are disabled or removed,
// or else those of tokens that have ended. It returns false if the look-up failed.
func (r *sessionRevoker) lookUp(username string) bool {
	u, err := r.users.Lookup(r.ctx, username)
	locked := errors.Is(err, auth.ErrInactive) || errors.Is(err, auth.ErrUnknownUser)
	if err != nil && !locked {
		return false
	}
	r.hub.Disconnect(func(p auth.Principal) bool {
		return !p.Process && p.User.Username == username && (locked || p.Version != 0 && p.Version < u.TokensFrom)
	}, hub.CloseCredential)
	return true
}
