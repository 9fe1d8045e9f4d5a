package hub

import (
	"sync"
	"sync/atomic"
	"time"
)

// user is what all sessions of one user have in common, so that nobody takes more than
// a share of what the hub has, however many connections he opens.
type user struct {
	places            int          // reserved; guarded by sessionSet.mu
	sessions          atomic.Int64 // open
	subscriptionBytes atomic.Int64
	queueBytes        atomic.Int64

	mu            sync.Mutex
	requests      tokenBucket
	snapshotBytes tokenBucket
}

// mayRequest takes a token for a request.
func (u *user) mayRequest(r rate, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.requests.tryTake(r, now)
}

// takeSnapshot takes so many bytes for a snapshot, if anything is left.
func (u *user) takeSnapshot(r rate, bytes int, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.snapshotBytes.due(r, now).After(now) {
		return false
	}
	u.snapshotBytes.take(r, bytes, now)
	return true
}

// settleSnapshot takes bytes that a snapshot has needed more, or gives back what it did
// not need.
func (u *user) settleSnapshot(r rate, bytes int, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.snapshotBytes.take(r, bytes, now)
}

// isIdle reports whether the user can be forgotten: a new connection would find
// everything as it is now.
func (u *user) isIdle(now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.places == 0 && u.sessions.Load() == 0 && u.requests.isFull(now) && u.snapshotBytes.isFull(now)
}
