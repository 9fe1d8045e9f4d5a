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

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander/record"
)

// commandStore is the record.Store of a [Store].
type commandStore struct {
	store *Store
	// The two statements that every command needs, closed with the database.
	insert, update *sql.Stmt
}

var _ record.Store = (*commandStore)(nil)

// Commands returns the record of commands.
func (s *Store) Commands() record.Store { return s.commands }

const commandColumns = `id, at, username, identity, address, manager, approved_by, csc, salindex, command, params, state, status, code, result, duration`

// prepare prepares the statements. The table must exist.
func (r *commandStore) prepare(ctx context.Context) (err error) {
	if r.insert, err = r.store.db.PrepareContext(ctx, `INSERT INTO commands (`+commandColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`); err != nil {
		return unavailable(err)
	}
	r.update, err = r.store.db.PrepareContext(ctx,
		`UPDATE commands SET state = $2, status = $3, code = $4, result = $5, duration = $6, approved_by = $7 WHERE id = $1`)
	return unavailable(err)
}

// Begin implements record.Store.
func (r *commandStore) Begin(ctx context.Context, e love.CommandEntry) error {
	return r.store.write(ctx, func(ctx context.Context) error {
		_, err := r.insert.ExecContext(ctx,
			e.ID, micros(e.Time), storable(e.User), storable(e.Identity), storable(e.Address), storable(e.Manager), storable(e.ApprovedBy),
			storable(e.CSC), e.SalIndex, storable(e.Command), storable(string(e.Params)),
			string(e.State), e.Status, e.Code, storable(e.Result), e.Duration.Microseconds())
		return unavailable(err)
	})
}

// Change implements record.Store.
func (r *commandStore) Change(ctx context.Context, changes ...record.Change) error {
	var missing error
	set := func(ctx context.Context, s *sql.Stmt, c record.Change) error {
		n, err := changed(s.ExecContext(ctx, c.ID, string(c.State), c.Status, c.Code, storable(c.Result), c.Duration.Microseconds(), storable(c.ApprovedBy)))
		if err == nil && n == 0 {
			missing = errors.Join(missing, fmt.Errorf("%w: %s", record.ErrNoEntry, c.ID))
		}
		return err
	}
	var err error
	if len(changes) == 1 { // without the cost of a transaction
		err = r.store.write(ctx, func(ctx context.Context) error { return set(ctx, r.update, changes[0]) })
	} else {
		err = r.store.transact(ctx, func(ctx context.Context, tx *sql.Tx) error {
			update := tx.StmtContext(ctx, r.update)
			for _, c := range changes {
				if err := set(ctx, update, c); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return cmp.Or(err, missing)
}

// changed returns how many rows a statement has changed.
func changed(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, unavailable(err)
	}
	n, err := result.RowsAffected()
	return int(n), unavailable(err)
}

// exec runs a statement that is not prepared, and returns how many rows it has
// changed.
func (r *commandStore) exec(ctx context.Context, query string, args ...any) (n int, err error) {
	err = r.store.write(ctx, func(ctx context.Context) error {
		n, err = changed(r.store.db.ExecContext(ctx, query, args...))
		return err
	})
	return n, err
}

// storable replaces what PostgreSQL does not accept in a text: invalid UTF-8 and
// zero bytes. The answers of components and the bodies of requests may contain
// anything.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// Interrupted implements record.Store.
func (r *commandStore) Interrupted(ctx context.Context, manager string, before time.Time, waiting ...string) (n int, err error) {
	limit := "g" // behind all IDs, which are hexadecimal
	if !before.IsZero() {
		limit = record.FirstID(before)
	}
	for _, s := range []struct {
		was, is love.CommandState
		result  string
	}{
		{love.CommandPending, love.CommandUnknown, record.InterruptedResult},
		{love.CommandAwaiting, love.CommandRefused, record.UnapprovedResult},
	} {
		query, args := `UPDATE commands SET state = $3, status = 0, result = $4 WHERE manager = $1 AND state = $2 AND id < $5`,
			[]any{manager, string(s.was), string(s.is), s.result, limit}
		for _, id := range waiting {
			args = append(args, id)
			query += ` AND id <> $` + strconv.Itoa(len(args))
		}
		changed, err := r.exec(ctx, query, args...)
		if err != nil {
			return n, err
		}
		n += changed
	}
	return n, nil
}

// Prune implements record.Store. It removes entries in batches, because removing all
// at once may take seconds, and commands must not wait for that.
func (r *commandStore) Prune(ctx context.Context, before time.Time) (n int, err error) {
	const batch = 10_000
	for {
		removed, err := r.exec(ctx, `DELETE FROM commands WHERE id IN (SELECT id FROM commands WHERE id < $1 ORDER BY id LIMIT `+strconv.Itoa(batch)+`)`,
			record.FirstID(before))
		n += removed
		if err != nil || removed < batch {
			return n, err
		}
	}
}

// List implements record.Store.
func (r *commandStore) List(ctx context.Context, f love.CommandFilter) (entries []love.CommandEntry, err error) {
	var w whereClause
	w.text("username = ", f.User)
	w.text("csc = ", f.CSC)
	w.text("command = ", f.Command)
	w.text("state = ", string(f.State))
	w.text("id < ", f.Before)
	if f.SalIndex != nil {
		w.add("salindex = ", *f.SalIndex)
	}
	if !f.Since.IsZero() {
		w.text("id >= ", record.FirstID(f.Since))
	}
	if !f.Until.IsZero() {
		w.text("id < ", record.FirstID(f.Until))
	}
	query := `SELECT ` + commandColumns + ` FROM commands` + w.String() + ` ORDER BY id DESC LIMIT ` + strconv.Itoa(f.PageSize())
	err = r.store.query(ctx, func(rows *sql.Rows) error {
		e, err := entryOf(rows)
		entries = append(entries, e)
		return err
	}, query, w.args...)
	return entries, err
}

func entryOf(rows *sql.Rows) (e love.CommandEntry, err error) {
	var at, duration int64
	var params, state string
	err = rows.Scan(&e.ID, &at, &e.User, &e.Identity, &e.Address, &e.Manager, &e.ApprovedBy, &e.CSC, &e.SalIndex, &e.Command, &params,
		&state, &e.Status, &e.Code, &e.Result, &duration)
	e.Time, e.Duration = fromMicros(at), time.Duration(duration)*time.Microsecond
	e.Params, e.State = []byte(params), love.CommandState(state)
	return e, err
}

// whereClause is a WHERE clause, with the values of its parameters.
type whereClause struct {
	texts []string
	args  []any
}

func (w *whereClause) add(condition string, value any) {
	w.args = append(w.args, value)
	w.texts = append(w.texts, condition+"$"+strconv.Itoa(len(w.args)))
}

// text adds a condition unless value is empty.
func (w *whereClause) text(condition, value string) {
	if value != "" {
		w.add(condition, storable(value))
	}
}

func (w *whereClause) String() string {
	if len(w.texts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.texts, " AND ")
}
