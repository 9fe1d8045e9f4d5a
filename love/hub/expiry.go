package hub

import (
	"sync/atomic"
	"time"
)

// expiryPeriod is how often credentials are checked: a session outlives its own by no
// more than that. Pings are too rare.
const expiryPeriod = 2 * time.Second

// expiryCheck is whether a check of the credentials is scheduled: one is as long as
// there are sessions whose credentials expire.
type expiryCheck struct{ scheduled atomic.Bool }

// scheduleExpiry schedules a check of the credentials of sessions, unless there is one.
func (h *Hub) scheduleExpiry() {
	if h.expiry.scheduled.CompareAndSwap(false, true) {
		h.schedule.at(h.clock.Now().Add(expiryPeriod), h.closeExpired)
	}
}

// closeExpired closes the sessions whose credentials have expired.
func (h *Hub) closeExpired(now time.Time) {
	h.expiry.scheduled.Store(false) // before the sessions are checked: one may be added meanwhile
	more := false
	for _, s := range h.sessions.all() {
		if s.expired(now) {
			s.close(CloseCredential)
		}
		more = more || !s.principal.Expires.IsZero()
	}
	if more {
		h.scheduleExpiry()
	}
}

// expired reports whether the credential of a session has expired.
func (s *session) expired(now time.Time) bool {
	expires := s.principal.Expires
	return !expires.IsZero() && !now.Before(expires)
}
