package store

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
)

// tokenStore is the jwt.TokenStore of a [Store].
type tokenStore struct {
	store    *Store
	notifier notifier

	loading  sync.Mutex // held while revocations are loaded
	revision int64      // up to which they are loaded
	mu       sync.RWMutex
	revoked  map[string]time.Time // expiry by token ID
}

var _ jwt.TokenStore = (*tokenStore)(nil)

func newTokenStore(s *Store) *tokenStore {
	return &tokenStore{store: s, revoked: make(map[string]time.Time)}
}

// Add implements jwt.TokenStore.
func (t *tokenStore) Add(ctx context.Context, info auth.TokenInfo) error {
	return t.store.exec(ctx, `INSERT INTO tokens (id, username, issued, expires) VALUES ($1, $2, $3, $4)`,
		info.ID, info.Username, micros(info.Issued), micros(info.Expires))
}

// List implements jwt.TokenStore.
func (t *tokenStore) List(ctx context.Context, username string) (all []auth.TokenInfo, err error) {
	err = t.store.query(ctx, func(rows *sql.Rows) error {
		var info auth.TokenInfo
		var issued, expires int64
		if err := rows.Scan(&info.ID, &info.Username, &issued, &expires, &info.Revoked); err != nil {
			return err
		}
		info.Issued, info.Expires = fromMicros(issued), fromMicros(expires)
		all = append(all, info)
		return nil
	}, `SELECT id, username, issued, tokens.expires, token_id IS NOT NULL
		FROM tokens LEFT JOIN revocations ON token_id = id
		WHERE username = $1 OR $1 = '' ORDER BY issued DESC, id`, username)
	return all, err
}

// Revoke implements jwt.TokenStore.
func (t *tokenStore) Revoke(ctx context.Context, tokenID string, expires time.Time) (first bool, err error) {
	if now := t.store.clock.Now(); expires.Before(now) {
		expires = now
	}
	err = t.store.change(ctx, revocations, func(ctx context.Context, tx *sql.Tx, revision int64) error {
		result, err := tx.ExecContext(ctx, `INSERT INTO revocations (token_id, expires, revision) VALUES ($1, $2, $3)
			ON CONFLICT (token_id) DO NOTHING`, tokenID, micros(expires), revision)
		if err != nil {
			return unavailable(err)
		}
		n, err := result.RowsAffected()
		first = n == 1
		return unavailable(err)
	})
	return first && err == nil, err
}

// Revoked implements jwt.TokenStore.
func (t *tokenStore) Revoked(_ context.Context, tokenID string) (bool, error) {
	t.mu.RLock()
	_, revoked := t.revoked[tokenID]
	t.mu.RUnlock()
	if revoked {
		return true, nil
	}
	return false, t.store.health.err(t.store.clock.Now())
}

// Watch implements jwt.TokenStore.
func (t *tokenStore) Watch(f func(tokenID string)) (cancel func()) { return t.notifier.watchers.Add(f) }

// reload loads the revocations made since the last revision and adds them to the
// notifier. It does not notify the watchers, because they may use the store.
func (t *tokenStore) reload(ctx context.Context, revision int64) error {
	t.loading.Lock()
	defer t.loading.Unlock()
	if revision <= t.revision {
		return nil
	}
	fresh := make(map[string]time.Time)
	err := forEach(ctx, t.store.db, func(rows *sql.Rows) error {
		var id string
		var expires int64
		err := rows.Scan(&id, &expires)
		fresh[id] = fromMicros(expires)
		return err
	}, `SELECT token_id, expires FROM revocations WHERE revision > $1`, t.revision)
	if err != nil {
		return err
	}
	t.revision = revision
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, expires := range fresh {
		if _, known := t.revoked[id]; !known {
			t.notifier.add(id)
		}
		t.revoked[id] = expires
	}
	return nil
}

// dropOld removes the revocations of tokens that expired more than
// jwt.RevocationRetention ago.
func (t *tokenStore) dropOld(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, expires := range t.revoked {
		if now.Sub(expires) > jwt.RevocationRetention {
			delete(t.revoked, id)
		}
	}
}
