package hub

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rubin-love/love-go/love/auth"
)

// sessionSet is the open sessions of a hub, and the places that they and those
// in their handshake take.
type sessionSet struct {
	mu       sync.Mutex
	open     map[*session]struct{}
	count    atomic.Int64     // of open
	places   int              // reserved
	byUser   map[string]*user // who has sessions, or had some a moment ago, by name
	now      func() time.Time
	closing  bool
	reserved sync.WaitGroup // every place
}

var (
	errShuttingDown = errors.New("the manager is shutting down: try again in a moment")
	errFull         = errors.New("the manager has all the connections that it allows: try again later")
	errUserFull     = errors.New("this user has too many connections: close some first")
)

// reserve reserves a place for one session of p, to be given back with
// release. Without a place it returns the reason and an error for the client.
func (x *sessionSet) reserve(p auth.Principal, limits Limits) (Denial, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	u := x.userLocked(p)
	switch {
	case x.closing:
		return DenyShutdown, errShuttingDown
	case x.places >= limits.Sessions:
		return DenyFull, errFull
	case u != nil && u.places >= limits.UserSessions:
		return DenyUserFull, errUserFull
	}
	x.places++
	if u != nil {
		u.places++
	}
	x.reserved.Add(1)
	return 0, nil
}

func (x *sessionSet) release(p auth.Principal) {
	x.mu.Lock()
	x.places--
	if u := x.userLocked(p); u != nil {
		u.places--
	}
	x.mu.Unlock()
	x.reserved.Done()
}

// user returns what the sessions of p's user have in common, nil for a process.
func (x *sessionSet) user(p auth.Principal) *user {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.userLocked(p)
}

func (x *sessionSet) userLocked(p auth.Principal) *user {
	if p.Process {
		return nil
	}
	u := x.byUser[p.User.Username]
	if u == nil {
		maps.DeleteFunc(x.byUser, func(_ string, u *user) bool { return u.isIdle(x.now()) })
		if x.byUser == nil {
			x.byUser = make(map[string]*user)
		}
		u = new(user)
		x.byUser[p.User.Username] = u
	}
	return u
}

// usernames returns the names of the users who have open sessions.
func (x *sessionSet) usernames() (names []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for name, u := range x.byUser {
		if u.sessions.Load() > 0 {
			names = append(names, name)
		}
	}
	return names
}

// refuseNew makes reserve refuse every session from now on.
func (x *sessionSet) refuseNew() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closing = true
}

// add adds an open session and reports whether it must be closed at once.
func (x *sessionSet) add(s *session) (closing bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.open == nil {
		x.open = make(map[*session]struct{})
	}
	x.open[s] = struct{}{}
	x.count.Add(1)
	if s.user != nil {
		s.user.sessions.Add(1)
	}
	return x.closing
}

// remove removes a session and reports whether it was there.
func (x *sessionSet) remove(s *session) (removed bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	_, removed = x.open[s]
	delete(x.open, s)
	if removed {
		x.count.Add(-1)
		if s.user != nil {
			s.user.sessions.Add(-1)
		}
	}
	return removed
}

// all returns the sessions that are open now.
func (x *sessionSet) all() []*session {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Collect(maps.Keys(x.open))
}

func (x *sessionSet) size() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.open)
}

// wait returns when every place has been given back.
func (x *sessionSet) wait() { x.reserved.Wait() }
