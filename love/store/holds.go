package store

import (
	"context"
	"database/sql"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander/authority"
)

// holdStore is the authority.Store of a [Store].
type holdStore struct {
	store    *Store
	notifier notifier

	loading  sync.Mutex // held while a snapshot is loaded
	mu       sync.RWMutex
	revision int64 // of held
	held     []love.Hold
}

var _ authority.Store = (*holdStore)(nil)

// Holds returns the holds of authority over commands.
func (s *Store) Holds() authority.Store { return s.holds }

// Held implements authority.Store.
func (h *holdStore) Held() ([]love.Hold, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Clone(h.held), h.store.health.err(h.store.clock.Now())
}

// Change implements authority.Store.
func (h *holdStore) Change(ctx context.Context, f func([]love.Hold) ([]love.Hold, error)) error {
	return h.store.change(ctx, holds, func(ctx context.Context, tx *sql.Tx, _ int64) error {
		held, err := readHolds(ctx, tx)
		if err != nil {
			return err
		}
		if held, err = f(held); err != nil {
			return err
		}
		if err := exec(ctx, tx, `DELETE FROM holds`); err != nil {
			return err
		}
		for _, hold := range held {
			err := exec(ctx, tx, `INSERT INTO holds (id, pattern, username, since, until) VALUES ($1, $2, $3, $4, $5)`,
				hold.ID, string(hold.Pattern), hold.User, micros(hold.Since), micros(hold.Until))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Watch implements authority.Store.
func (h *holdStore) Watch(f func()) (cancel func()) {
	return h.notifier.watchers.Add(func(string) { f() })
}

func readHolds(ctx context.Context, q queryer) (held []love.Hold, err error) {
	err = forEach(ctx, q, func(rows *sql.Rows) error {
		var h love.Hold
		var since, until int64
		err := rows.Scan(&h.ID, &h.Pattern, &h.User, &since, &until)
		h.Since, h.Until = fromMicros(since), fromMicros(until)
		held = append(held, h)
		return err
	}, `SELECT id, pattern, username, since, until FROM holds ORDER BY since, id`)
	return held, err
}

// reload loads a new snapshot if revision is newer than that of the current one.
func (h *holdStore) reload(ctx context.Context, revision int64) error {
	h.loading.Lock()
	defer h.loading.Unlock()
	if revision <= h.revision {
		return nil
	}
	held, err := readHolds(ctx, h.store.db)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.revision > 0 { // a store that is being opened has no watchers
		h.notifier.add("authority")
	}
	h.held, h.revision = held, revision
	return nil
}
