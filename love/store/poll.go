package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
)

const (
	// grace is how long the copies in memory stay valid while the database
	// cannot be read. It is short, because no user can be locked out meanwhile.
	grace = 5 * time.Second
	// tidyPeriod is how often old tokens, revocations and audit records are
	// removed.
	tidyPeriod = time.Hour
	// auditMemory is how long audit records are kept.
	auditMemory = 2 * 365 * 24 * time.Hour
)

// health knows whether the copies in memory can be trusted.
type health struct {
	mu    sync.Mutex
	since time.Time // time of the first failure in a row; zero if all is well
	last  time.Time // time at which all was well last
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

// stuck returns an error if poll has not completed a round for grace, though
// the database may be well.
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

// poll looks for changes by other processes, and tidies up, until ctx ends.
func (s *Store) poll(ctx context.Context) {
	tick := s.clock.NewTicker(PollPeriod)
	defer tick.Stop()
	var tidiedAt time.Time
	for {
		if now := s.clock.Now(); now.Sub(tidiedAt) >= tidyPeriod && s.tidy(ctx, now) == nil {
			tidiedAt = now
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C():
		}
		switch err := s.reload(ctx); {
		case err == nil:
			s.health.well(s.clock.Now()) // before a watcher is notified and asks the store
		case ctx.Err() == nil:
			s.health.broken(s.clock.Now())
		}
		s.notify()
	}
}

// catchUpPause is the shortest time between two looks of catchUp.
const catchUpPause = 50 * time.Millisecond

// catchUp looks for changes now, unless it has just done so, because another
// process may have added a moment ago what the caller did not find.
func (s *Store) catchUp(ctx context.Context) {
	now := s.clock.Now()
	s.catching.Lock()
	if now.Sub(s.caughtUp) < catchUpPause {
		s.catching.Unlock()
		return
	}
	s.caughtUp = now
	_ = s.reload(ctx) // if the database fails, poll finds out, too
	s.catching.Unlock()
	s.notify()
}

func (s *Store) notifiers() []*notifier {
	return []*notifier{&s.users.notifier, &s.tokens.notifier, &s.holds.notifier}
}

// notify notifies all watchers of what has changed.
func (s *Store) notify() {
	for _, n := range s.notifiers() {
		n.notify()
	}
}

// reload brings the copies in memory up to date and adds what has changed to the
// notifiers. The caller then notifies the watchers, while holding no lock.
func (s *Store) reload(ctx context.Context) error {
	now, err := s.revisions(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.users.reload(ctx, now[accounts]); err != nil {
		return err
	}
	if err := s.tokens.reload(ctx, now[revocations]); err != nil {
		return err
	}
	if err := s.holds.reload(ctx, now[holds]); err != nil {
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

// tidy removes tokens, revocations and audit records that are no longer needed.
func (s *Store) tidy(ctx context.Context, now time.Time) error {
	dropped := micros(now.Add(-jwt.RevocationRetention))
	if err := s.exec(ctx, `DELETE FROM tokens WHERE expires < $1`, dropped); err != nil {
		return err
	}
	if err := s.exec(ctx, `DELETE FROM revocations WHERE expires < $1`, dropped); err != nil {
		return err
	}
	s.tokens.dropOld(now)
	return s.exec(ctx, `DELETE FROM audit WHERE at < $1`, micros(now.Add(-auditMemory)))
}

// micros returns a time as the database keeps it: microseconds since 1970.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }
