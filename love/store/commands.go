package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/commander"
)

// CommandRecord is the commander.Record of a [Store].
type CommandRecord struct {
	store *Store

	mu       sync.Mutex
	prepared map[string]*sql.Stmt // by their text
}

var _ commander.Record = (*CommandRecord)(nil)

// Commands is where the record of commands is kept.
func (s *Store) Commands() *CommandRecord { return s.commands }

// statement prepares a statement once. It ends with the database.
func (r *CommandRecord) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.prepared[query]; s != nil {
		return s, nil
	}
	s, err := r.store.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, unavailable(err)
	}
	r.prepared[query] = s
	return s, nil
}

// exec runs a prepared statement and tells how many rows it changed.
func (r *CommandRecord) exec(ctx context.Context, query string, args ...any) (n int, err error) {
	s, err := r.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	err = r.store.write(ctx, func(ctx context.Context) error {
		result, err := s.ExecContext(ctx, args...)
		if err != nil {
			return unavailable(err)
		}
		changed, err := result.RowsAffected()
		n = int(changed)
		return unavailable(err)
	})
	return n, err
}

const commandColumns = `id, at, username, identity, address, manager, approved_by, csc, salindex, command, params, state, status, code, result, duration`

// Begin implements commander.Record.
func (r *CommandRecord) Begin(ctx context.Context, e commander.Entry) error {
	_, err := r.exec(ctx, `INSERT INTO commands (`+commandColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		e.ID, micros(e.Time), e.User, e.Identity, e.Address, e.Manager, e.ApprovedBy, e.CSC, e.SalIndex, e.Command, string(e.Params),
		string(e.State), e.Status, e.Code, e.Result, e.Duration.Microseconds())
	return err
}

const changeCommand = `UPDATE commands SET state = $2, status = $3, code = $4, result = $5, duration = $6, approved_by = $7 WHERE id = $1`

// Change implements commander.Record.
func (r *CommandRecord) Change(ctx context.Context, changes ...commander.Change) error {
	if len(changes) == 1 {
		c := changes[0]
		n, err := r.exec(ctx, changeCommand, changedValues(c)...)
		if err == nil && n == 0 {
			err = noEntry(c)
		}
		return err
	}
	prepared, err := r.statement(ctx, changeCommand)
	if err != nil {
		return err
	}
	var missing error
	err = r.store.transact(ctx, func(ctx context.Context, tx *sql.Tx) error {
		s := tx.StmtContext(ctx, prepared)
		for _, c := range changes {
			result, err := s.ExecContext(ctx, changedValues(c)...)
			if err != nil {
				return unavailable(err)
			}
			if n, err := result.RowsAffected(); err != nil {
				return unavailable(err)
			} else if n == 0 {
				missing = errors.Join(missing, noEntry(c))
			}
		}
		return nil
	})
	return cmp.Or(err, missing)
}

func changedValues(c commander.Change) []any {
	return []any{c.ID, string(c.State), c.Status, c.Code, c.Result, c.Duration.Microseconds(), c.ApprovedBy}
}

func noEntry(c commander.Change) error { return fmt.Errorf("%w: %s", commander.ErrNoEntry, c.ID) }

// Interrupted implements commander.Record.
func (r *CommandRecord) Interrupted(ctx context.Context, manager string) (n int, err error) {
	for _, s := range []struct {
		was, is commander.State
		result  string
	}{
		{commander.Pending, commander.Unknown, commander.InterruptedResult},
		{commander.Awaiting, commander.Refused, commander.UnapprovedResult},
	} {
		changed, err := r.exec(ctx, `UPDATE commands SET state = $3, status = 0, result = $4 WHERE manager = $1 AND state = $2`,
			manager, string(s.was), string(s.is), s.result)
		if err != nil {
			return n, err
		}
		n += changed
	}
	return n, nil
}

// Prune implements commander.Record.
func (r *CommandRecord) Prune(ctx context.Context, before time.Time) (int, error) {
	return r.exec(ctx, `DELETE FROM commands WHERE id < $1`, commander.FirstID(before))
}

// List implements commander.Record.
func (r *CommandRecord) List(ctx context.Context, f commander.Filter) (entries []commander.Entry, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.store.wait)
	defer cancel()
	var w conditions
	w.text("username = ", f.User)
	w.text("csc = ", f.CSC)
	w.text("command = ", f.Command)
	w.text("state = ", string(f.State))
	w.text("id < ", f.Before)
	if f.SalIndex != nil {
		w.add("salindex = ", *f.SalIndex)
	}
	if !f.Since.IsZero() {
		w.text("id >= ", commander.FirstID(f.Since))
	}
	if !f.Until.IsZero() {
		w.text("id < ", commander.FirstID(f.Until))
	}
	query := `SELECT ` + commandColumns + ` FROM commands` + w.String() + ` ORDER BY id DESC LIMIT ` + strconv.Itoa(f.Page())
	err = each(ctx, r.store.db, func(rows *sql.Rows) error {
		e, err := entryOf(rows)
		entries = append(entries, e)
		return err
	}, query, w.args...)
	return entries, err
}

func entryOf(rows *sql.Rows) (e commander.Entry, err error) {
	var at, duration int64
	var params, state string
	err = rows.Scan(&e.ID, &at, &e.User, &e.Identity, &e.Address, &e.Manager, &e.ApprovedBy, &e.CSC, &e.SalIndex, &e.Command, &params,
		&state, &e.Status, &e.Code, &e.Result, &duration)
	e.Time, e.Duration = fromMicros(at), time.Duration(duration)*time.Microsecond
	e.Params, e.State = []byte(params), commander.State(state)
	return e, err
}

// conditions are what a row has to meet, with the values of their parameters.
type conditions struct {
	texts []string
	args  []any
}

func (w *conditions) add(condition string, value any) {
	w.args = append(w.args, value)
	w.texts = append(w.texts, condition+"$"+strconv.Itoa(len(w.args)))
}

// text adds a condition unless there is nothing to compare with.
func (w *conditions) text(condition, value string) {
	if value != "" {
		w.add(condition, value)
	}
}

func (w *conditions) String() string {
	if len(w.texts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.texts, " AND ")
}
