package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/auth"
)

const (
	// grace is for how long the copies in memory count while the database cannot
	// be read: nobody can be locked out without it, so not for long.
	grace = 5 * time.Second
	// tidyPeriod is how often what is too old is removed.
	tidyPeriod = time.Hour
	// auditMemory is how long audit records are kept.
	auditMemory = 2 * 365 * 24 * time.Hour
)

// health tells whether the copies in memory can be trusted.
type health struct {
	mu    sync.Mutex
	since time.Time // of the first failure in a row; zero: all is well
	last  time.Time // that all was well
}

func (h *health) broken(since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.since.IsZero() || since.Before(h.since) {
		h.since = since
	}
}

func (h *health) well(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since, h.last = time.Time{}, now
}

// stuck is that nobody has looked for changes for long, which is no failure of
// the database.
func (h *health) stuck(now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if age := now.Sub(h.last); age >= grace {
		return fmt.Errorf("the database was last looked at %s ago: %w", age.Truncate(time.Second), auth.ErrUnavailable)
	}
	return nil
}

func (h *health) err(now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.since.IsZero() || now.Sub(h.since) < grace {
		return nil
	}
	return fmt.Errorf("the database cannot be read: %w", auth.ErrUnavailable)
}

// keepUp looks for changes of other processes, and tidies up, until ctx ends.
func (s *Store) keepUp(ctx context.Context) {
	tick := s.clock.NewTicker(PollPeriod)
	defer tick.Stop()
	var tidied time.Time
	for {
		if now := s.clock.Now(); now.Sub(tidied) >= tidyPeriod && s.tidy(ctx, now) == nil {
			tidied = now
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C():
		}
		switch err := s.reload(ctx); {
		case err == nil:
			s.health.well(s.clock.Now()) // before anybody hears of it, and asks
		case ctx.Err() == nil:
			s.health.broken(s.clock.Now())
		}
		s.tell()
	}
}

// catchUpPause is how often what is not found makes the store look again.
const catchUpPause = 50 * time.Millisecond

// catchUp looks for changes now, unless that has just been done: what was not
// found may have been added by another process a moment ago.
func (s *Store) catchUp(ctx context.Context) {
	now := s.clock.Now()
	s.catching.Lock()
	if now.Sub(s.caughtUp) < catchUpPause {
		s.catching.Unlock()
		return
	}
	s.caughtUp = now
	_ = s.reload(ctx) // keepUp finds out, too, that the database is away
	s.catching.Unlock()
	s.tell()
}

// news are all that watchers want to hear.
func (s *Store) news() []*news { return []*news{&s.users.news, &s.ledger.news, &s.holds.news} }

// tell tells what is new.
func (s *Store) tell() {
	for _, n := range s.news() {
		n.tell()
	}
}

// reload brings the copies in memory up to date, and notes as news what has
// changed: the caller tells it, with no lock held.
func (s *Store) reload(ctx context.Context) error {
	now, err := s.revisions(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	if err := s.users.reload(ctx, now[accounts]); err != nil {
		return err
	}
	if err := s.ledger.reload(ctx, now[revocations]); err != nil {
		return err
	}
	if err := s.holds.reload(ctx, now[authority]); err != nil {
		return err
	}
	return s.keyring.reload(ctx, now[keys])
}

func (s *Store) revisions(ctx context.Context) (map[topic]int64, error) {
	if err := s.present(); err != nil {
		return nil, err
	}
	all := make(map[topic]int64, 4)
	err := s.query(ctx, func(rows *sql.Rows) error {
		var t topic
		var n int64
		err := rows.Scan(&t, &n)
		all[t] = n
		return err
	}, `SELECT topic, n FROM revisions`)
	return all, err
}

// tidy removes what need not be remembered.
func (s *Store) tidy(ctx context.Context, now time.Time) error {
	over := micros(now.Add(-auth.LedgerMemory))
	if err := s.exec(ctx, `DELETE FROM tokens WHERE expires < $1`, over); err != nil {
		return err
	}
	if err := s.exec(ctx, `DELETE FROM revocations WHERE expires < $1`, over); err != nil {
		return err
	}
	s.ledger.forget(now)
	return s.exec(ctx, `DELETE FROM audit WHERE at < $1`, micros(now.Add(-auditMemory)))
}

// micros is a time as it stands in the database.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }
