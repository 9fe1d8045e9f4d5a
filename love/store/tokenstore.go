package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
)

// tokenStore is the jwt.TokenStore of a [Store].
type tokenStore struct {
	store    *Store
	notifier notifier

	loading    sync.Mutex // held while revocations are loaded
	revision   int64      // up to which they are loaded
	mu         sync.RWMutex
	revoked    map[string]time.Time // expiry by token ID
	unrecorded map[string]time.Time // those of revoked that are not in the database
	failedAt   time.Time            // when one could last not be recorded
}

var _ jwt.TokenStore = (*tokenStore)(nil)

func newTokenStore(s *Store) *tokenStore {
	return &tokenStore{store: s, revoked: make(map[string]time.Time), unrecorded: make(map[string]time.Time)}
}

// Add implements jwt.TokenStore. The row of the user is locked, so that a change
// of the user comes either before, and is seen, or after.
func (t *tokenStore) Add(ctx context.Context, info auth.TokenInfo) error {
	return t.store.write(ctx, func(ctx context.Context) error {
		result, err := t.store.db.ExecContext(ctx, `INSERT INTO tokens (id, username, version, issued, expires)
			SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT)
			WHERE $3 = 0 OR EXISTS (SELECT 1 FROM users WHERE username = $2 AND version = $3 AND NOT disabled`+t.store.forShare+`)`,
			info.ID, info.Username, info.Version, micros(info.Issued), micros(info.Expires))
		if err != nil {
			return unavailable(err)
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return unavailable(err)
		}
		return auth.ErrSuperseded
	})
}

// List implements jwt.TokenStore.
func (t *tokenStore) List(ctx context.Context, username string) (all []auth.TokenInfo, err error) {
	err = t.store.query(ctx, func(rows *sql.Rows) error {
		var info auth.TokenInfo
		var issued, expires int64
		if err := rows.Scan(&info.ID, &info.Username, &info.Version, &issued, &expires, &info.Revoked); err != nil {
			return err
		}
		info.Issued, info.Expires = fromMicros(issued), fromMicros(expires)
		info.Revoked = info.Revoked || t.isRevoked(info.ID)
		all = append(all, info)
		return nil
	}, `SELECT id, username, version, issued, tokens.expires, token_id IS NOT NULL
		FROM tokens LEFT JOIN revocations ON token_id = id
		WHERE username = $1 OR $1 = '' ORDER BY issued DESC, id`, username)
	return all, err
}

// Revoke implements jwt.TokenStore.
func (t *tokenStore) Revoke(ctx context.Context, tokenID string, expires time.Time) (first bool, err error) {
	if now := t.store.clock.Now(); expires.Before(now) {
		expires = now
	}
	if err = t.justFailed(); err == nil {
		first, err = t.record(ctx, tokenID, expires)
	}
	if !t.store.keeps(err) {
		return first, err
	}
	if first = t.keep(tokenID, expires); first {
		t.notifier.add(tokenID)
		t.notifier.notifyAll()
	}
	return first, t.store.unrecorded("token", tokenID, err)
}

// failurePause is how long a revocation is not even tried to be recorded after
// another one could not be: each may take the whole timeout, and an administrator
// may revoke many.
const failurePause = time.Second

// justFailed returns an error if a revocation could not be recorded a moment ago.
func (t *tokenStore) justFailed() error {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.failedAt.IsZero() || t.store.noRetries || t.store.clock.Now().Sub(t.failedAt) >= failurePause {
		return nil
	}
	return unavailable(errors.New("another revocation could not be written just now"))
}

// record writes a revocation to the database.
func (t *tokenStore) record(ctx context.Context, tokenID string, expires time.Time) (first bool, err error) {
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

// keep keeps a revocation in memory until it can be recorded. first reports whether
// the token was not revoked before.
func (t *tokenStore) keep(tokenID string, expires time.Time) (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, again := t.revoked[tokenID]; again {
		return false
	}
	t.revoked[tokenID], t.unrecorded[tokenID], t.failedAt = expires, expires, t.store.clock.Now()
	return true
}

// retry records the revocations that are only in memory, and returns how many it
// could record.
func (t *tokenStore) retry(ctx context.Context) (n int) {
	t.mu.RLock()
	waiting := maps.Clone(t.unrecorded)
	t.mu.RUnlock()
	for id, expires := range waiting {
		if _, err := t.record(ctx, id, expires); err != nil {
			return n
		}
		n++
		t.mu.Lock()
		delete(t.unrecorded, id)
		t.failedAt = time.Time{}
		t.mu.Unlock()
	}
	return n
}

func (t *tokenStore) hasUnrecorded() bool { return len(t.unrecordedIDs()) > 0 }

// unrecordedIDs returns the tokens whose revocation is only in memory.
func (t *tokenStore) unrecordedIDs() []string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Sorted(maps.Keys(t.unrecorded))
}

// Revoked implements jwt.TokenStore.
func (t *tokenStore) Revoked(_ context.Context, tokenID string) (bool, error) {
	if t.isRevoked(tokenID) {
		return true, nil
	}
	return false, t.store.health.err(t.store.clock.Now())
}

func (t *tokenStore) isRevoked(tokenID string) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	_, revoked := t.revoked[tokenID]
	return revoked
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
