package store

import (
	"context"
	"database/sql"
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
	prepared map[string]*sql.Stmt // the two that every command needs
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
func (r *CommandRecord) exec(ctx context.Context, query string, args ...any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, r.store.wait)
	defer cancel()
	s, err := r.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, unavailable(err)
	}
	n, err := result.RowsAffected()
	return int(n), unavailable(err)
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

// Finish implements commander.Record.
func (r *CommandRecord) Finish(ctx context.Context, id string, o commander.Outcome) error {
	n, err := r.exec(ctx, `UPDATE commands SET state = $2, status = $3, code = $4, result = $5, duration = $6 WHERE id = $1`,
		id, string(o.State), o.Status, o.Code, o.Result, o.Duration.Microseconds())
	if err == nil && n == 0 {
		return fmt.Errorf("%w: %s", commander.ErrNoEntry, id)
	}
	return err
}

// Interrupted implements commander.Record.
func (r *CommandRecord) Interrupted(ctx context.Context, manager string) (int, error) {
	return r.exec(ctx, `UPDATE commands SET state = $2, result = $3 WHERE manager = $1 AND state = 'pending'`,
		manager, string(commander.Unknown), commander.InterruptedResult)
}

// Prune implements commander.Record.
func (r *CommandRecord) Prune(ctx context.Context, before time.Time) (int, error) {
	return r.exec(ctx, `DELETE FROM commands WHERE at < $1`, micros(before))
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
		w.add("at >= ", micros(f.Since))
	}
	if !f.Until.IsZero() {
		w.add("at < ", micros(f.Until))
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
