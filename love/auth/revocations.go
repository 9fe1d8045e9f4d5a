package auth

import (
	"context"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Revocations remembers which tokens died before their time. All processes
// that accept the same tokens share one.
type Revocations interface {
	// Revoke notes that the token of that ID is dead, and reports whether this
	// call made it so. The note may be forgotten some time after expires.
	Revoke(ctx context.Context, tokenID string, expires time.Time) (first bool, err error)
	// Revoked reports whether the token of that ID was revoked.
	Revoked(ctx context.Context, tokenID string) (bool, error)
}

// revocationMemory is how long an expired token is remembered as such. Later
// it is refused as expired once more, which does no harm.
const revocationMemory = 24 * time.Hour

// MemoryRevocations keeps revocations for the life of the process. It is safe
// for concurrent use.
type MemoryRevocations struct {
	clock love.Clock

	mu    sync.RWMutex
	until map[string]time.Time // token ID: when it may be forgotten
	sweep time.Time            // when to look for some that may
}

// NewMemoryRevocations makes an empty set.
func NewMemoryRevocations(clock love.Clock) *MemoryRevocations {
	return &MemoryRevocations{clock: clock, until: make(map[string]time.Time)}
}

// Revoke implements [Revocations].
func (m *MemoryRevocations) Revoke(_ context.Context, tokenID string, expires time.Time) (bool, error) {
	now := m.clock.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now)
	if _, dead := m.until[tokenID]; dead {
		return false, nil
	}
	if expires.Before(now) {
		expires = now
	}
	m.until[tokenID] = expires.Add(revocationMemory)
	return true, nil
}

// forget drops what need not be remembered, at most once an hour.
func (m *MemoryRevocations) forget(now time.Time) {
	if now.Before(m.sweep) {
		return
	}
	m.sweep = now.Add(time.Hour)
	for id, until := range m.until {
		if now.After(until) {
			delete(m.until, id)
		}
	}
}

// Revoked implements [Revocations].
func (m *MemoryRevocations) Revoked(_ context.Context, tokenID string) (bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, dead := m.until[tokenID]
	return dead, nil
}
