package hub

import (
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// requestTokens is how many initial_state requests for one stream are sent without
// delay. After that one is sent every requestInterval, and the others are merged
// with it (docs/protocol/manager.md#initial-state).
const (
	requestTokens   = 10
	requestInterval = time.Second
)

// initialStateLimiter limits the initial_state requests per stream.
type initialStateLimiter struct {
	mu      sync.Mutex
	buckets map[love.Group]*tokenBucket
	sweepAt int // number of buckets at which full ones are dropped
}

// tokenBucket holds requestTokens tokens and regains one every requestInterval.
type tokenBucket struct {
	full    time.Time // when all tokens will be back
	pending bool      // a request waits for a token
}

// allow takes a token for a request and reports whether to send it now.
// Without a token the request must wait until due; a zero due means that it
// is merged with one that waits already.
func (l *initialStateLimiter) allow(g love.Group, now time.Time) (send bool, due time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[g]
	if b == nil {
		if l.buckets == nil {
			l.buckets = make(map[love.Group]*tokenBucket)
		}
		l.sweep(now)
		b = &tokenBucket{full: now}
		l.buckets[g] = b
	}
	if b.full.Before(now) {
		b.full = now
	}
	switch missing := b.full.Sub(now); {
	case b.pending:
		return false, time.Time{}
	case missing > (requestTokens-1)*requestInterval:
		b.pending = true
		return false, now.Add(missing - (requestTokens-1)*requestInterval)
	}
	b.full = b.full.Add(requestInterval)
	return true, time.Time{}
}

// release takes the token for the request that waited, which the caller sends.
func (l *initialStateLimiter) release(g love.Group) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[g]
	b.pending = false
	b.full = b.full.Add(requestInterval)
}

// sweep drops the buckets that are full again. It does nothing until there are
// twice as many as the last sweep left, and at least 4096.
func (l *initialStateLimiter) sweep(now time.Time) {
	if len(l.buckets) < l.sweepAt {
		return
	}
	defer func() { l.sweepAt = max(4096, 2*len(l.buckets)) }()
	for g, b := range l.buckets {
		if !b.pending && !b.full.After(now) {
			delete(l.buckets, g)
		}
	}
}
