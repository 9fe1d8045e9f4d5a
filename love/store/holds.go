package store

import (
	"context"
	"database/sql"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/authority"
)

// holdStore is the authority.Store of a [Store].
type holdStore struct {
	store    *Store
	notifier notifier

	loading  sync.Mutex // held while a snapshot is loaded
	mu       sync.RWMutex
	revision int64 // of what follows
	held     []love.Hold
	waiting  []authority.Waiting
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

// Waiting implements authority.Store.
func (h *holdStore) Waiting() ([]authority.Waiting, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Clone(h.waiting), h.store.health.err(h.store.clock.Now())
}

// ChangeWaiting implements authority.Store.
func (h *holdStore) ChangeWaiting(ctx context.Context, f func([]authority.Waiting) ([]authority.Waiting, error)) error {
	return h.store.change(ctx, holds, func(ctx context.Context, tx *sql.Tx, _ int64) error {
		waiting, err := readWaiting(ctx, tx)
		if err != nil {
			return err
		}
		if waiting, err = f(waiting); err != nil {
			return err
		}
		if err := exec(ctx, tx, `DELETE FROM waiting`); err != nil {
			return err
		}
		for _, w := range waiting {
			c := w.Call
			err := exec(ctx, tx, `INSERT INTO waiting (`+waitingColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
				w.ID, micros(w.Since), micros(w.Until), storable(c.User), c.UserVersion, storable(c.Address), storable(c.Identity),
				storable(c.CSC), c.SalIndex, storable(c.Name), notNil(c.Params), notNil(c.Posted))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// notNil returns b as a value that is not NULL.
func notNil(b []byte) []byte { return append([]byte{}, b...) }

// Watch implements authority.Store.
func (h *holdStore) Watch(f func()) (cancel func()) {
	return h.notifier.watchers.Add(func(string) { f() })
}

const waitingColumns = `id, since, until, username, user_version, address, identity, csc, salindex, command, params, posted`

func readWaiting(ctx context.Context, q queryer) (waiting []authority.Waiting, err error) {
	err = forEach(ctx, q, func(rows *sql.Rows) error {
		var c commander.Call
		var since, until int64
		var params, posted []byte
		err := rows.Scan(&c.ID, &since, &until, &c.User, &c.UserVersion, &c.Address, &c.Identity, &c.CSC, &c.SalIndex, &c.Name, &params, &posted)
		if len(params) > 0 {
			c.Params = params
		}
		if len(posted) > 0 {
			c.Posted = posted
		}
		waiting = append(waiting, authority.Waiting{
			WaitingCommand: love.WaitingCommand{ID: c.ID, User: c.User, Command: c.Command, Since: fromMicros(since), Until: fromMicros(until)},
			Call:           c,
		})
		return err
	}, `SELECT `+waitingColumns+` FROM waiting ORDER BY since, id`)
	return waiting, err
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
	waiting, err := readWaiting(ctx, h.store.db)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.revision > 0 { // a store that is being opened has no watchers
		h.notifier.add("authority")
	}
	h.held, h.waiting, h.revision = held, waiting, revision
	return nil
}
