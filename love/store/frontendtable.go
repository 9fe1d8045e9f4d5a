package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rubin-love/love-go/love/frontend"
)

// frontendObject is a pointer to an object with a Meta.
type frontendObject[T any] interface {
	*T
	Object() *frontend.Meta
}

// frontendTable is a frontend.Table in the database.
type frontendTable[T any, P frontendObject[T]] struct {
	store   *Store
	name    string
	columns []string                                 // after id, created and updated
	values  func(*T) []any                           // of the columns
	targets func(*T) []any                           // what the columns are scanned into
	check   func(context.Context, *sql.Tx, *T) error // before an object is written; may be nil
	written func(context.Context, *sql.Tx, *T) error // after it was written; may be nil
}

// List implements frontend.Table.
func (t *frontendTable[T, P]) List(ctx context.Context) ([]T, error) {
	all := []T{}
	err := t.store.query(ctx, func(rows *sql.Rows) error {
		o, err := t.scan(rows)
		all = append(all, o)
		return err
	}, t.selectAll()+` ORDER BY id`)
	return all, err
}

func (t *frontendTable[T, P]) selectAll() string {
	return `SELECT id, created, updated, ` + strings.Join(t.columns, ", ") + ` FROM ` + t.name
}

// row is a row, or the current one of several.
type row interface{ Scan(targets ...any) error }

func (t *frontendTable[T, P]) scan(r row) (o T, err error) {
	meta := P(&o).Object()
	var created, updated int64
	err = r.Scan(append([]any{&meta.ID, &created, &updated}, t.targets(&o)...)...)
	meta.Created, meta.Updated = fromMicros(created), fromMicros(updated)
	return o, err
}

// queryRower is a database or a transaction.
type queryRower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Get implements frontend.Table.
func (t *frontendTable[T, P]) Get(ctx context.Context, id int64) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, t.store.timeout)
	defer cancel()
	return t.get(ctx, t.store.db, id)
}

func (t *frontendTable[T, P]) get(ctx context.Context, q queryRower, id int64) (T, error) {
	o, err := t.scan(q.QueryRowContext(ctx, t.selectAll()+` WHERE id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return o, fmt.Errorf("number %d: %w", id, frontend.ErrNotFound)
	}
	return o, unavailable(err)
}

// Create implements frontend.Table.
func (t *frontendTable[T, P]) Create(ctx context.Context, o T) (created T, err error) {
	err = t.store.frontend.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		P(&o).Object().ID = 0
		created, err = t.add(ctx, tx, o)
		return err
	})
	return created, err
}

// add adds an object under its own ID, or under a new one if that is 0.
func (t *frontendTable[T, P]) add(ctx context.Context, tx *sql.Tx, o T) (added T, err error) {
	meta := P(&o).Object()
	if meta.ID, err = t.takeID(ctx, tx, meta.ID); err != nil {
		return added, err
	}
	now := t.store.clock.Now()
	meta.Created, meta.Updated = inMicros(cmp.Or(meta.Created, now)), inMicros(cmp.Or(meta.Updated, now))
	if t.check != nil {
		if err := t.check(ctx, tx, &o); err != nil {
			return added, err
		}
	}
	places := make([]string, 3+len(t.columns))
	for i := range places {
		places[i] = "$" + strconv.Itoa(i+1)
	}
	err = exec(ctx, tx, `INSERT INTO `+t.name+` (id, created, updated, `+strings.Join(t.columns, ", ")+`) VALUES (`+strings.Join(places, ", ")+`)`,
		append([]any{meta.ID, micros(meta.Created), micros(meta.Updated)}, t.values(&o)...)...)
	if err == nil && t.written != nil {
		err = t.written(ctx, tx, &o)
	}
	return o, err
}

// inMicros returns a time as it comes back from the database.
func inMicros(t time.Time) time.Time { return fromMicros(micros(t)) }

// takeID notes that an ID is in use, and returns it; instead of 0 it returns a new one.
func (t *frontendTable[T, P]) takeID(ctx context.Context, tx *sql.Tx, id int64) (int64, error) {
	if id > 0 {
		return id, exec(ctx, tx, `UPDATE frontend_ids SET last = $2 WHERE table_name = $1 AND last < $2`, t.name, id)
	}
	err := tx.QueryRowContext(ctx, `UPDATE frontend_ids SET last = last + 1 WHERE table_name = $1 RETURNING last`, t.name).Scan(&id)
	return id, unavailable(err)
}

// Update implements frontend.Table.
func (t *frontendTable[T, P]) Update(ctx context.Context, id int64, change func(*T) error) (updated T, err error) {
	err = t.store.frontend.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		o, err := t.get(ctx, tx, id)
		if err != nil {
			return err
		}
		was := *P(&o).Object()
		if err := change(&o); err != nil {
			return err
		}
		*P(&o).Object() = frontend.Meta{ID: id, Created: was.Created, Updated: inMicros(t.store.clock.Now())}
		if t.check != nil {
			if err := t.check(ctx, tx, &o); err != nil {
				return err
			}
		}
		set := make([]string, len(t.columns))
		for i, c := range t.columns {
			set[i] = c + " = $" + strconv.Itoa(i+3)
		}
		err = exec(ctx, tx, `UPDATE `+t.name+` SET updated = $2, `+strings.Join(set, ", ")+` WHERE id = $1`,
			append([]any{id, micros(P(&o).Object().Updated)}, t.values(&o)...)...)
		if err == nil && t.written != nil {
			err = t.written(ctx, tx, &o)
		}
		updated = o
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return updated, nil
}

// Delete implements frontend.Table.
func (t *frontendTable[T, P]) Delete(ctx context.Context, id int64) error {
	return t.store.frontend.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM `+t.name+` WHERE id = $1`, id)
		if err != nil {
			return unavailable(err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return cmp.Or(unavailable(err), fmt.Errorf("number %d: %w", id, frontend.ErrNotFound))
		}
		return nil
	})
}

// errUnchanged ends a transaction that has nothing to change.
var errUnchanged = errors.New("nothing to change")

// Import implements frontend.Table.
func (t *frontendTable[T, P]) Import(ctx context.Context, origin string, o T) (id int64, added bool, err error) {
	err = t.store.frontend.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT id FROM frontend_origins WHERE table_name = $1 AND origin = $2`, t.name, origin).Scan(&id)
		switch {
		case err == nil:
			return errUnchanged
		case !errors.Is(err, sql.ErrNoRows):
			return unavailable(err)
		}
		id, added, err = t.addForeign(ctx, tx, o)
		if err != nil {
			return err
		}
		return exec(ctx, tx, `INSERT INTO frontend_origins (table_name, origin, id) VALUES ($1, $2, $3)`, t.name, origin, id)
	})
	switch {
	case errors.Is(err, errUnchanged):
		return id, false, nil
	case err != nil:
		return 0, false, err
	}
	return id, added, nil
}

// addForeign adds an object under its own ID if that is free, unless it is there already.
func (t *frontendTable[T, P]) addForeign(ctx context.Context, tx *sql.Tx, o T) (id int64, added bool, err error) {
	meta := P(&o).Object()
	there, err := t.get(ctx, tx, meta.ID)
	switch {
	case err == nil && P(&there).Object().Created.Equal(inMicros(meta.Created)):
		return meta.ID, false, nil
	case err == nil || meta.ID < 1:
		meta.ID = 0
	case !errors.Is(err, frontend.ErrNotFound):
		return 0, false, err
	}
	o, err = t.add(ctx, tx, o)
	return P(&o).Object().ID, err == nil, err
}

// Seed implements frontend.Table. It writes nothing if there is nothing to add.
func (t *frontendTable[T, P]) Seed(ctx context.Context, objects ...T) error {
	if seeded, err := t.seeded(ctx, t.store.db); err != nil || seeded {
		return err
	}
	err := t.store.frontend.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		seeded, err := t.seeded(ctx, tx) // another process may have done it just now
		if err != nil {
			return err
		}
		if seeded {
			return errUnchanged
		}
		now := t.store.clock.Now()
		for _, o := range objects {
			meta := P(&o).Object()
			*meta = frontend.Meta{Created: cmp.Or(meta.Created, now), Updated: cmp.Or(meta.Updated, now)}
			if _, err := t.add(ctx, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	return err
}

// seeded reports whether the table has ever had an object.
func (t *frontendTable[T, P]) seeded(ctx context.Context, q queryRower) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, t.store.timeout)
	defer cancel()
	var last int64
	err := q.QueryRowContext(ctx, `SELECT last FROM frontend_ids WHERE table_name = $1`, t.name).Scan(&last)
	return last > 0, unavailable(err)
}
