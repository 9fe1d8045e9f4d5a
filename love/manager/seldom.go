package manager

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

const (
	// seldomPeriod is for how long what has been recorded is not recorded again.
	seldomPeriod = time.Minute
	// seldomMost is how many different things are, in that time.
	seldomMost = 1000
)

// seldom keeps what anybody can bring about at will from filling the audit
// records.
type seldom struct {
	clock love.Clock

	mu    sync.Mutex
	since time.Time
	seen  map[[sha256.Size]byte]struct{} // since then
}

// first tells whether a thing is to be recorded.
func (s *seldom) first(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.clock.Now(); s.seen == nil || now.Sub(s.since) >= seldomPeriod {
		s.since, s.seen = now, make(map[[sha256.Size]byte]struct{})
	}
	key := sha256.Sum256([]byte(what))
	if _, again := s.seen[key]; again || len(s.seen) >= seldomMost {
		return false
	}
	s.seen[key] = struct{}{}
	return true
}
