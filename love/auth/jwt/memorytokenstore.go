package jwt

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/watch"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// MemoryTokenStore is the [TokenStore] for the life of the process. It is safe
// for concurrent use.
type MemoryTokenStore struct {
	clock    love.Clock
	watchers watch.List[string]

	mu      sync.RWMutex
	issued  map[string]auth.TokenInfo // by token ID
	revoked map[string]time.Time      // token ID: when it may be dropped
	sweep   time.Time                 // when to look for entries that may be dropped
}

var _ TokenStore = (*MemoryTokenStore)(nil)

// NewMemoryTokenStore makes an empty store.
func NewMemoryTokenStore(clock love.Clock) *MemoryTokenStore {
	return &MemoryTokenStore{clock: clock, issued: make(map[string]auth.TokenInfo), revoked: make(map[string]time.Time)}
}

// Add implements [TokenStore].
func (m *MemoryTokenStore) Add(_ context.Context, t auth.TokenInfo) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropOld(m.clock.Now())
	m.issued[t.ID] = t
	return nil
}

// List implements [TokenStore].
func (m *MemoryTokenStore) List(_ context.Context, username string) ([]auth.TokenInfo, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var all []auth.TokenInfo
	for _, t := range m.issued {
		if username == "" || t.Username == username {
			_, t.Revoked = m.revoked[t.ID]
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b auth.TokenInfo) int {
		return cmp.Or(b.Issued.Compare(a.Issued), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// Revoke implements [TokenStore].
func (m *MemoryTokenStore) Revoke(_ context.Context, tokenID string, expires time.Time) (bool, error) {
	first := m.revoke(tokenID, expires)
	if first {
		m.watchers.Notify(tokenID)
	}
	return first, nil
}

func (m *MemoryTokenStore) revoke(tokenID string, expires time.Time) (first bool) {
	now := m.clock.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropOld(now)
	if _, again := m.revoked[tokenID]; again {
		return false
	}
	if expires.Before(now) {
		expires = now
	}
	m.revoked[tokenID] = expires.Add(RevocationRetention)
	return true
}

// dropOld drops what need not be kept, at most once an hour.
func (m *MemoryTokenStore) dropOld(now time.Time) {
	if now.Before(m.sweep) {
		return
	}
	m.sweep = now.Add(time.Hour)
	for id, until := range m.revoked {
		if now.After(until) {
			delete(m.revoked, id)
		}
	}
	for id, t := range m.issued {
		if now.After(t.Expires.Add(RevocationRetention)) {
			delete(m.issued, id)
		}
	}
}

// Revoked implements [TokenStore].
func (m *MemoryTokenStore) Revoked(_ context.Context, tokenID string) (bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	_, revoked := m.revoked[tokenID]
	return revoked, nil
}

// Watch implements [TokenStore].
func (m *MemoryTokenStore) Watch(f func(tokenID string)) (cancel func()) { return m.watchers.Add(f) }
