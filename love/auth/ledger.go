package auth

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/watch"
	"github.com/rubin-love/love-go/love"
)

// TokenInfo is what is known about a token, without the token itself.
type TokenInfo struct {
	ID       string
	Username string
	Issued   time.Time
	Expires  time.Time
	Revoked  bool
}

// Ledger remembers the tokens that were issued, and those that were revoked.
// All processes that accept the same tokens share one. Every implementation
// has to pass lovetest.RunLedger.
type Ledger interface {
	// Issued records a new token.
	Issued(ctx context.Context, t TokenInfo) error
	// Tokens returns the tokens of a user, or of all for an empty name,
	// newest first; revoked and expired ones may be missing.
	Tokens(ctx context.Context, username string) ([]TokenInfo, error)
	// Revoke records that the token of that ID is revoked, whether it was
	// issued here or not. first reports whether it was not revoked before.
	// The record may be forgotten a day after expires.
	Revoke(ctx context.Context, tokenID string, expires time.Time) (first bool, err error)
	// Revoked reports whether the token of that ID was revoked.
	Revoked(ctx context.Context, tokenID string) (bool, error)
	// WatchTokens calls f with the ID of each token that is revoked, within a
	// second wherever that was done; f must not block. cancel ends that.
	WatchTokens(f func(tokenID string)) (cancel func())
}

// LedgerMemory is how long a [Ledger] remembers a revoked token after its
// expiry. Later the token is refused as expired once more, which does no harm.
const LedgerMemory = 24 * time.Hour

// MemoryLedger is the [Ledger] for the life of the process. It is safe for
// concurrent use.
type MemoryLedger struct {
	clock    love.Clock
	watchers watch.List[string]

	mu     sync.RWMutex
	issued map[string]TokenInfo
	dead   map[string]time.Time // token ID: when it may be forgotten
	sweep  time.Time            // when to look for entries that may be forgotten
}

var _ Ledger = (*MemoryLedger)(nil)

// NewMemoryLedger makes an empty ledger.
func NewMemoryLedger(clock love.Clock) *MemoryLedger {
	return &MemoryLedger{clock: clock, issued: make(map[string]TokenInfo), dead: make(map[string]time.Time)}
}

// Issued implements [Ledger].
func (m *MemoryLedger) Issued(_ context.Context, t TokenInfo) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(m.clock.Now())
	m.issued[t.ID] = t
	return nil
}

// Tokens implements [Ledger].
func (m *MemoryLedger) Tokens(_ context.Context, username string) ([]TokenInfo, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var all []TokenInfo
	for _, t := range m.issued {
		if username == "" || t.Username == username {
			_, t.Revoked = m.dead[t.ID]
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b TokenInfo) int {
		return cmp.Or(b.Issued.Compare(a.Issued), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// Revoke implements [Ledger].
func (m *MemoryLedger) Revoke(_ context.Context, tokenID string, expires time.Time) (bool, error) {
	first := m.revoke(tokenID, expires)
	if first {
		m.watchers.Notify(tokenID)
	}
	return first, nil
}

func (m *MemoryLedger) revoke(tokenID string, expires time.Time) (first bool) {
	now := m.clock.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now)
	if _, dead := m.dead[tokenID]; dead {
		return false
	}
	if expires.Before(now) {
		expires = now
	}
	m.dead[tokenID] = expires.Add(LedgerMemory)
	return true
}

// forget drops what need not be remembered, at most once an hour.
func (m *MemoryLedger) forget(now time.Time) {
	if now.Before(m.sweep) {
		return
	}
	m.sweep = now.Add(time.Hour)
	for id, until := range m.dead {
		if now.After(until) {
			delete(m.dead, id)
		}
	}
	for id, t := range m.issued {
		if now.After(t.Expires.Add(LedgerMemory)) {
			delete(m.issued, id)
		}
	}
}

// Revoked implements [Ledger].
func (m *MemoryLedger) Revoked(_ context.Context, tokenID string) (bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, dead := m.dead[tokenID]
	return dead, nil
}

// WatchTokens implements [Ledger].
func (m *MemoryLedger) WatchTokens(f func(tokenID string)) (cancel func()) { return m.watchers.Add(f) }
