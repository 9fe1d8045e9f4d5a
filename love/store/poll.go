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
	// grace is how long the snapshots in memory stay valid while the database cannot
	// be read. It is short, because nobody can be locked out during that time.
	grace = 5 * time.Second
	// prunePeriod is how often old tokens, revocations and audit records are
	// removed.
	prunePeriod = time.Hour
	// auditRetention is how long audit records are kept.
	auditRetention = 2 * 365 * 24 * time.Hour
)

// health decides whether the snapshots in memory can be trusted.
type health struct {
	mu    sync.Mutex
	since time.Time // when the current failures began; zero if there are none
	last  time.Time // of the last success
}

func (h *health) failed(since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.since.IsZero() || since.Before(h.since) {
		h.since = since
	}
}

func (h *health) succeeded(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since, h.last = time.Time{}, now
}

// failing reports whether the database could not be read the last time.
func (h *health) failing() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.since.IsZero()
}

// stuck returns an error if poll has not completed a round within grace, even if the
// database has not failed.
func (h *health) stuck(now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if age := now.Sub(h.last); age >= grace {
		return fmt.Errorf("the database was last read %s ago: %w", age.Truncate(time.Second), auth.ErrUnavailable)
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

// poll reads the changes of other processes, and removes old rows, until ctx ends.
func (s *Store) poll(ctx context.Context) {
	tick := s.clock.NewTicker(PollPeriod)
	defer tick.Stop()
	var prunedAt time.Time
	for {
		if now := s.clock.Now(); now.Sub(prunedAt) >= prunePeriod && s.prune(ctx, now) == nil {
			prunedAt = now
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C():
		case <-s.changed:
		}
		switch err := s.reload(ctx); {
		case err == nil:
			s.health.succeeded(s.clock.Now()) // before the watchers are notified, because they may use the store
		case ctx.Err() == nil:
			s.health.failed(s.clock.Now())
		}
		s.notify()
		s.retryLater(ctx)
	}
}

// catchUpPause is the shortest time between two reads of catchUp.
const catchUpPause = 50 * time.Millisecond

// catchUp reads the changes now, unless it has just done so, because another process
// may just have added what the caller did not find.
func (s *Store) catchUp(ctx context.Context) {
	now := s.clock.Now()
	s.catching.Lock()
	if now.Sub(s.caughtUp) < catchUpPause {
		s.catching.Unlock()
		return
	}
	s.caughtUp = now
	_ = s.reload(ctx) // if the database fails, poll notices it, too
	s.catching.Unlock()
	s.notify()
}

// Refresh reads what other processes have changed before the call, so that a check
// after it is as good as one of theirs; without it a change is seen within
// PollPeriod. Calls at the same time share one read. If the database cannot be
// read, the snapshots stay as trusted as they were.
func (s *Store) Refresh(ctx context.Context) {
	before := s.refreshes.Load()
	s.refreshing.Lock()
	shared := s.refreshes.Load() > before // one has begun, and ended, since
	if !shared && !s.health.failing() {   // poll notices when that is over
		s.refreshes.Add(1)
		_ = s.reload(ctx) // if the database fails, poll notices it, too
	}
	s.refreshing.Unlock()
	s.notify()
}

func (s *Store) notifiers() []*notifier {
	return []*notifier{&s.users.notifier, &s.tokens.notifier, &s.holds.notifier}
}

// notify notifies the watchers of all queued changes.
func (s *Store) notify() {
	for _, n := range s.notifiers() {
		n.notify()
	}
}

// reload brings the snapshots in memory up to date and adds the changes to the
// notifiers. The caller must then notify the watchers, while holding no lock.
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
	s.frontend.sawRevision(now[frontendData])
	return s.keyring.reload(ctx, now[keys])
}

func (s *Store) revisions(ctx context.Context) (map[topic]int64, error) {
	if err := s.checkFile(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, unavailable(err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if s.writing != nil { // SQLite: see write
		ctx = context.WithoutCancel(ctx)
	}
	all := make(map[topic]int64, 4)
	err := forEach(ctx, s.db, func(rows *sql.Rows) error {
		var t topic
		var n int64
		err := rows.Scan(&t, &n)
		all[t] = n
		return err
	}, `SELECT topic, n FROM revisions`)
	return all, err
}

// prune removes old tokens, revocations and audit records.
func (s *Store) prune(ctx context.Context, now time.Time) error {
	dropped := micros(now.Add(-jwt.RevocationRetention))
	if err := s.exec(ctx, `DELETE FROM tokens WHERE expires < $1`, dropped); err != nil {
		return err
	}
	if err := s.exec(ctx, `DELETE FROM revocations WHERE expires < $1`, dropped); err != nil {
		return err
	}
	s.tokens.dropOld(now)
	return s.exec(ctx, `DELETE FROM audit WHERE at < $1`, micros(now.Add(-auditRetention)))
}

// micros returns a time as the database keeps it: microseconds since 1970.
func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }
