package kafka

import (
	"sync"
	"time"
)

// warningInterval is the least time between warnings about the same trouble.
const warningInterval = 30 * time.Second

// logLimiter limits how often a line is logged.
type logLimiter struct {
	mu   sync.Mutex
	last time.Time
}

// allow reports whether the line may be logged now.
func (l *logLimiter) allow() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !l.last.IsZero() && now.Sub(l.last) < warningInterval {
		return false
	}
	l.last = now
	return true
}
