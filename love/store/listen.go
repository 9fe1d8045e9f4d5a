package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
)

// changesChannel is where PostgreSQL tells of changes. It belongs to a database, so those
// of another schema come, too.
const changesChannel = "love_changes"

// WithoutListening makes the store learn of the changes of other processes by polling alone,
// and hear nothing of [Store.Tell]: for a PostgreSQL behind a pooler that gives each
// transaction another connection. Default: it listens.
func WithoutListening() Option { return func(s *Store) { s.deaf = true } }

// tellOthers makes PostgreSQL tell the other processes of a change when tx is committed.
// Those that share a SQLite file poll.
func (s *Store) tellOthers(ctx context.Context, tx *sql.Tx) error {
	if s.postgres == nil {
		return nil
	}
	return exec(ctx, tx, `SELECT pg_notify('`+changesChannel+`', '')`)
}

// listen wakes poll when another process has changed something, and passes on what others
// tell, until ctx ends. Without a connection for it, poll notices changes in its own time.
func (s *Store) listen(ctx context.Context) {
	for ctx.Err() == nil {
		_ = s.listenOnce(ctx)
		timer := s.clock.NewTimer(PollPeriod)
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// listenOnce listens by one connection, until that or ctx ends.
func (s *Store) listenOnce(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, s.postgres.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `LISTEN `+changesChannel+`; LISTEN `+toldChannel); err != nil {
		return err
	}
	s.wakePoll() // for what has changed before
	for {
		n, err := conn.WaitForNotification(ctx)
		switch {
		case err != nil:
			return err
		case n.Channel == toldChannel:
			s.hear(n.Payload)
		default:
			s.wakePoll()
		}
	}
}

func (s *Store) wakePoll() {
	select {
	case s.changed <- struct{}{}:
	default: // poll is about to read everything
	}
}
