package audit

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

const (
	// throttlePeriod is the time in which a repeated event is allowed once.
	throttlePeriod = time.Minute
	// throttleEvents is how many different events are allowed per period.
	throttleEvents = 1000
)

// Throttle prevents events that anybody can cause at will, such as refused
// log-ins, from filling an audit log: it allows each event once a minute, and at
// most 1000 different ones. It is safe for concurrent use.
type Throttle struct {
	clock love.Clock

	mu      sync.Mutex
	since   time.Time
	allowed map[[sha256.Size]byte]struct{} // in the period that began at since
}

// NewThrottle returns a throttle that has not allowed any event yet.
func NewThrottle(clock love.Clock) *Throttle { return &Throttle{clock: clock} }

// Allow reports whether an event should be recorded.
func (t *Throttle) Allow(event string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := t.clock.Now(); t.allowed == nil || now.Sub(t.since) >= throttlePeriod {
		t.since, t.allowed = now, make(map[[sha256.Size]byte]struct{})
	}
	// An event may be as long as a client likes; its hash is not.
	key := sha256.Sum256([]byte(event))
	if _, again := t.allowed[key]; again || len(t.allowed) >= throttleEvents {
		return false
	}
	t.allowed[key] = struct{}{}
	return true
}
