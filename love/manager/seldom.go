package manager

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

const (
	// auditPeriod: a repeated event is recorded once in this time.
	auditPeriod = time.Minute
	// auditEvents: at most so many different events are recorded per period; the
	// rest is dropped.
	auditEvents = 1000
)

// seldom keeps events that anybody can cause at will from filling the audit
// records.
type seldom struct {
	clock love.Clock

	mu    sync.Mutex
	since time.Time
	seen  map[[sha256.Size]byte]struct{} // in the period that began at since
}

// first reports whether an event is to be recorded.
func (s *seldom) first(event string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.clock.Now(); s.seen == nil || now.Sub(s.since) >= auditPeriod {
		s.since, s.seen = now, make(map[[sha256.Size]byte]struct{})
	}
	key := sha256.Sum256([]byte(event))
	if _, again := s.seen[key]; again || len(s.seen) >= auditEvents {
		return false
	}
	s.seen[key] = struct{}{}
	return true
}
