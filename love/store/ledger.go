package store

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/auth"
)

// Ledger is the auth.Ledger of a [Store].
type Ledger struct {
	store *Store
	news  news

	loading  sync.Mutex // held while revocations are loaded
	revision int64      // up to which they are loaded
	mu       sync.RWMutex
	dead     map[string]time.Time // expiry by token ID
}

var _ auth.Ledger = (*Ledger)(nil)

func newLedger(s *Store) *Ledger { return &Ledger{store: s, dead: make(map[string]time.Time)} }

// Issued implements auth.Ledger.
func (l *Ledger) Issued(ctx context.Context, t auth.TokenInfo) error {
	return l.store.exec(ctx, `INSERT INTO tokens (id, username, issued, expires) VALUES ($1, $2, $3, $4)`,
		t.ID, t.Username, micros(t.Issued), micros(t.Expires))
}

// Tokens implements auth.Ledger.
func (l *Ledger) Tokens(ctx context.Context, username string) (all []auth.TokenInfo, err error) {
	err = l.store.query(ctx, func(rows *sql.Rows) error {
		var t auth.TokenInfo
		var issued, expires int64
		if err := rows.Scan(&t.ID, &t.Username, &issued, &expires, &t.Revoked); err != nil {
			return err
		}
		t.Issued, t.Expires = fromMicros(issued), fromMicros(expires)
		all = append(all, t)
		return nil
	}, `SELECT id, username, issued, tokens.expires, token_id IS NOT NULL
		FROM tokens LEFT JOIN revocations ON token_id = id
		WHERE username = $1 OR $1 = '' ORDER BY issued DESC, id`, username)
	return all, err
}

// Revoke implements auth.Ledger.
func (l *Ledger) Revoke(ctx context.Context, tokenID string, expires time.Time) (first bool, err error) {
	if now := l.store.clock.Now(); expires.Before(now) {
		expires = now
	}
	err = l.store.change(ctx, revocations, func(ctx context.Context, tx *sql.Tx, revision int64) error {
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

// Revoked implements auth.Ledger.
func (l *Ledger) Revoked(_ context.Context, tokenID string) (bool, error) {
	l.mu.RLock()
	_, dead := l.dead[tokenID]
	l.mu.RUnlock()
	if dead {
		return true, nil
	}
	return false, l.store.health.err(l.store.clock.Now())
}

// WatchTokens implements auth.Ledger.
func (l *Ledger) WatchTokens(f func(tokenID string)) (cancel func()) { return l.news.watchers.Add(f) }

// reload loads the revocations made since the last revision and adds them to the
// news. It does not tell them, because a watcher may use the ledger.
func (l *Ledger) reload(ctx context.Context, revision int64) error {
	l.loading.Lock()
	defer l.loading.Unlock()
	if revision <= l.revision {
		return nil
	}
	fresh := make(map[string]time.Time)
	err := each(ctx, l.store.db, func(rows *sql.Rows) error {
		var id string
		var expires int64
		err := rows.Scan(&id, &expires)
		fresh[id] = fromMicros(expires)
		return err
	}, `SELECT token_id, expires FROM revocations WHERE revision > $1`, l.revision)
	if err != nil {
		return err
	}
	l.revision = revision
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, expires := range fresh {
		if _, known := l.dead[id]; !known {
			l.news.add(id)
		}
		l.dead[id] = expires
	}
	return nil
}

// forget drops revoked tokens that expired more than auth.LedgerMemory ago.
func (l *Ledger) forget(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, expires := range l.dead {
		if now.Sub(expires) > auth.LedgerMemory {
			delete(l.dead, id)
		}
	}
}
