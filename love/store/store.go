package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"

	"github.com/rubin-love/love-go/internal/watch"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/commander/authority"
)

// PollPeriod is how often the store reads the changes that other processes
// have made. PostgreSQL tells of them at once, too.
const PollPeriod = 250 * time.Millisecond

// Store is an open database. It is safe for concurrent use. Use [Open], and
// [Store.Close] at the end.
type Store struct {
	db           *sql.DB
	clock        love.Clock
	timeout      time.Duration
	users        *userStore
	tokens       *tokenStore
	keyring      *keyring
	audit        *auditLog
	commands     *commandStore
	holds        *holdStore
	frontend     *frontendStore
	health       health
	writes       writeCheck
	file         file
	postgres     *pgx.ConnConfig // nil with SQLite
	changed      chan struct{}   // another process has changed something
	schema       string          // of PostgreSQL
	id           string          // of this store, among those of the database
	toldWatchers watch.List[string]
	writing      chan struct{} // a semaphore for writers; nil if they may write at the same time

	catching   sync.Mutex
	caughtUp   time.Time
	refreshing sync.Mutex   // held during a refresh
	refreshes  atomic.Int64 // begun

	log       *slog.Logger
	noRetries bool
	deaf      bool       // see WithoutListening
	retrying  sync.Mutex // held while what is only in memory is being recorded
	forShare  string     // what a SELECT ends with to lock its rows; SQLite needs nothing

	stop    context.CancelFunc
	running sync.WaitGroup
}

// Option changes a default of [Open].
type Option func(*Store)

// WithClock sets the clock. Default: the system's.
func WithClock(c love.Clock) Option { return func(s *Store) { s.clock = c } }

// WithTimeout sets how long an operation waits for a database that is locked or
// slow before it fails with auth.ErrUnavailable. Default: 3 s.
func WithTimeout(d time.Duration) Option { return func(s *Store) { s.timeout = d } }

// Open opens a database, "sqlite:PATH", [Memory] or
// "postgres://USER:PASSWORD@HOST:PORT/NAME", and brings its tables up to date.
// The error never shows the address, which may hold a password.
func Open(ctx context.Context, database string, opts ...Option) (*Store, error) {
	s := &Store{
		clock: love.SystemClock{}, timeout: 3 * time.Second, writes: writeCheck{turn: make(chan struct{}, 1)},
		log: slog.New(slog.DiscardHandler), forShare: " FOR SHARE", changed: make(chan struct{}, 1), id: rand.Text(),
	}
	for _, o := range opts {
		o(s)
	}
	a, err := parseAddress(database, s.timeout)
	if err != nil {
		return nil, err
	}
	if err := a.prepare(); err != nil {
		return nil, err
	}
	s.postgres = a.postgres
	if s.file, err = fileAt(a.file); err != nil {
		return nil, err
	}
	if s.db, err = a.open(); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if a.dialect == goose.DialectSQLite3 {
		s.writing, s.forShare = make(chan struct{}, 1), ""
	}
	s.users, s.tokens, s.keyring, s.audit = newUsers(s), newTokenStore(s), &keyring{store: s}, &auditLog{store: s}
	s.commands, s.holds = &commandStore{store: s}, &holdStore{store: s}
	s.frontend = newFrontend(s)
	err = migrate(ctx, s.db, a.dialect)
	if err == nil && a.postgres != nil {
		err = unavailable(s.db.QueryRowContext(ctx, `SELECT current_schema()`).Scan(&s.schema))
	}
	if err == nil {
		err = s.commands.prepare(ctx)
	}
	if err == nil {
		err = s.reload(ctx)
	}
	if err != nil {
		return nil, errors.Join(a.openError(err), s.db.Close())
	}
	s.health.succeeded(s.clock.Now())
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.running.Go(func() { s.poll(ctx) })
	if a.file != "" {
		s.running.Go(func() { s.checkpoint(ctx) })
	}
	if a.postgres != nil && !s.deaf {
		s.running.Go(func() { s.listen(ctx) })
	}
	return s, nil
}

// Close ends the store once the operations under way have ended.
func (s *Store) Close() error {
	s.stop()
	s.running.Wait()
	s.retryLast()
	return s.db.Close()
}

// Users returns the store of accounts and groups.
func (s *Store) Users() auth.UserStore { return s.users }

// TokenStore returns the store of tokens.
func (s *Store) TokenStore() jwt.TokenStore { return s.tokens }

// Keyring returns the keys that sign tokens.
func (s *Store) Keyring() jwt.Keyring { return s.keyring }

// AuditLog returns the log of audit records.
func (s *Store) AuditLog() audit.Log { return s.audit }

// Check returns nil, or why the database cannot be read or written at the moment.
// It writes at most once in 5 s. It fits manager.Dependency.
func (s *Store) Check(ctx context.Context) error {
	if _, err := s.revisions(ctx); err != nil {
		return err
	}
	now := s.clock.Now()
	if err := cmp.Or(s.health.err(now), s.health.stuck(now)); err != nil {
		return err
	}
	return s.checkWrite(ctx)
}

// topic names a part of the database of which a snapshot is kept in memory.
type topic string

const (
	accounts    topic = "accounts"
	revocations topic = "revocations"
	keys        topic = "keys"
	holds       topic = "authority"
	// frontendData is what the frontend keeps; only its revision is in memory.
	frontendData topic = "frontend"
)

// change runs f in a transaction that changes a topic, then updates the snapshots in
// memory and notifies the watchers. Changes of a topic are serialized across all
// processes. revision is the topic's revision with this change.
func (s *Store) change(ctx context.Context, t topic, f func(ctx context.Context, tx *sql.Tx, revision int64) error) error {
	err := s.transact(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var revision int64
		// This comes first, because the lock of this row serializes the changes.
		err := tx.QueryRowContext(ctx, `UPDATE revisions SET n = n + 1 WHERE topic = $1 RETURNING n`, t).Scan(&revision)
		if err != nil {
			return unavailable(err)
		}
		if err := f(ctx, tx, revision); err != nil {
			return err
		}
		return s.tellOthers(ctx, tx)
	})
	if err != nil {
		return err
	}
	// The change is committed: a failure from here on must not be returned.
	if err := s.reload(context.WithoutCancel(ctx)); err != nil {
		s.health.failed(s.clock.Now().Add(-grace))
	}
	for _, n := range s.notifiers() {
		n.notifyAll()
	}
	return nil
}

func (s *Store) transact(ctx context.Context, f func(context.Context, *sql.Tx) error) error {
	return s.write(ctx, func(ctx context.Context) error {
		tx, err := s.db.BeginTx(ctx, nil)
		if err != nil {
			return unavailable(err)
		}
		defer func() { _ = tx.Rollback() }() // also if f panics; after the commit it does nothing
		if err := f(ctx, tx); err != nil {
			return err
		}
		return s.committed(tx.Commit())
	})
}

// committed returns the error of a commit. One of PostgreSQL that is not PostgreSQL's own
// answer leaves open whether the transaction was committed.
func (s *Store) committed(err error) error {
	var refused *pgconn.PgError
	if err == nil || s.postgres == nil || errors.As(err, &refused) {
		return unavailable(err)
	}
	return fmt.Errorf("%w: %w", authority.ErrInDoubt, unavailable(err))
}

// write runs f, which writes, within the timeout of an operation. It fails if the
// database file is gone. Writers to SQLite queue here, because in the database each
// would poll every few milliseconds for its turn. With SQLite, the context of f does
// not end: the driver would watch it from a goroutine, which takes as long as a
// write, and busy_timeout limits the wait anyway.
func (s *Store) write(ctx context.Context, f func(context.Context) error) error {
	if err := s.checkFile(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return unavailable(err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if s.writing == nil {
		return f(ctx)
	}
	select {
	case s.writing <- struct{}{}:
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
	defer func() { <-s.writing }()
	return f(context.WithoutCancel(ctx))
}

// exec runs one statement outside of a transaction.
func (s *Store) exec(ctx context.Context, query string, args ...any) error {
	return s.write(ctx, func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, query, args...)
		return unavailable(err)
	})
}

// unavailable marks an error of the database as auth.ErrUnavailable.
func unavailable(err error) error {
	if err == nil || errors.Is(err, auth.ErrUnavailable) {
		return err
	}
	return fmt.Errorf("the database: %w: %w", auth.ErrUnavailable, err)
}

// queryer is a database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// query calls scan for every row of a query, within the timeout of an operation.
func (s *Store) query(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return forEach(ctx, s.db, scan, query, args...)
}

// forEach calls scan for every row of a query.
func forEach(ctx context.Context, q queryer, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return unavailable(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return unavailable(err)
		}
	}
	return unavailable(rows.Err())
}
