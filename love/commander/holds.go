package commander

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/watch"
	"github.com/rubin-love/love-go/love"
)

// Hold is the exclusive authority over the commands that a pattern selects.
type Hold struct {
	ID      string              `json:"id"`
	Pattern love.CommandPattern `json:"pattern"`
	User    string              `json:"user"`  // who holds it
	Since   time.Time           `json:"since"` // when it was taken
	Until   time.Time           `json:"until"` // when it ends by itself
}

// Holds keeps who holds the authority over what, for all managers that act as
// one. [NewMemoryHolds] keeps it in memory, drivers keep it in a database.
// Every implementation has to pass lovetest.RunHolds. It is safe for concurrent
// use.
type Holds interface {
	// Held returns the holds, the oldest first; some may have ended. It
	// answers from memory and never blocks, so a change by another process may
	// be missing for a second. The slice is the caller's. An error means that
	// the holds are unknown, and no command may be let through.
	Held() ([]Hold, error)
	// Change replaces the holds by those that f returns; no other change runs
	// meanwhile. If f returns an error, nothing changes, and Change returns
	// it. When Change returns, Held returns the new holds.
	Change(ctx context.Context, f func(held []Hold) ([]Hold, error)) error
	// Watch makes Holds call f when something has changed, here or in another
	// process, until cancel is called. f must not block.
	Watch(f func()) (cancel func())
}

// MemoryHolds is a [Holds] that is lost when the process ends.
type MemoryHolds struct {
	watchers watch.List[struct{}]
	changing sync.Mutex // held while Change calls f
	mu       sync.Mutex
	held     []Hold // replaced, never modified
}

var _ Holds = (*MemoryHolds)(nil)

// NewMemoryHolds returns an empty MemoryHolds.
func NewMemoryHolds() *MemoryHolds { return &MemoryHolds{} }

// Held implements [Holds].
func (m *MemoryHolds) Held() ([]Hold, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.held), nil
}

// Change implements [Holds].
func (m *MemoryHolds) Change(_ context.Context, f func([]Hold) ([]Hold, error)) error {
	if err := m.change(f); err != nil {
		return err
	}
	m.watchers.Notify(struct{}{})
	return nil
}

func (m *MemoryHolds) change(f func([]Hold) ([]Hold, error)) error {
	m.changing.Lock()
	defer m.changing.Unlock()
	held, _ := m.Held() // never fails
	held, err := f(held)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held = slices.Clone(held)
	return nil
}

// Watch implements [Holds].
func (m *MemoryHolds) Watch(f func()) (cancel func()) {
	return m.watchers.Add(func(struct{}) { f() })
}

// maxHolds bounds the holds, because each command is compared with all of them.
const maxHolds = 200

// Take gives a user the authority over a pattern for some time from now. A user
// who holds the same pattern already keeps that hold, with the new end. Take
// returns [ErrHeld] if somebody else holds the pattern or one that overlaps
// with it, [ErrHoldTime] if the time is not above 0 or too long, and
// [ErrTooManyHolds] beyond 200 holds.
func (a *Authority) Take(ctx context.Context, user string, p love.CommandPattern, d time.Duration) (hold Hold, err error) {
	if d <= 0 || d > a.longest {
		return Hold{}, fmt.Errorf("%w: give a time above 0 and up to %s, not %s", ErrHoldTime, a.longest, d)
	}
	now := a.clock.Now()
	err = a.change(ctx, now, func(held []Hold) ([]Hold, error) {
		for i, h := range held {
			switch {
			case h.User != user && h.Pattern.Overlaps(p):
				return nil, h.excludes()
			case h.User == user && h.Pattern == p:
				held[i].Until = now.Add(d)
				hold = held[i]
				return held, nil
			}
		}
		if len(held) >= maxHolds {
			return nil, ErrTooManyHolds
		}
		id, _ := a.ids.next(now)
		hold = Hold{ID: id, Pattern: p, User: user, Since: now, Until: now.Add(d)}
		return append(held, hold), nil
	})
	return hold, err
}

// Release ends an authority and returns it. user is whoever releases it: the
// holder, or anybody if administrator is true.
func (a *Authority) Release(ctx context.Context, id, user string, administrator bool) (released Hold, err error) {
	err = a.change(ctx, a.clock.Now(), func(held []Hold) ([]Hold, error) {
		i := slices.IndexFunc(held, func(h Hold) bool { return h.ID == id })
		switch {
		case i < 0:
			return nil, ErrNoSuch
		case held[i].User != user && !administrator:
			return nil, fmt.Errorf("%w: %s holds it", ErrNotYours, held[i].User)
		}
		released = held[i]
		return slices.Delete(held, i, i+1), nil
	})
	return released, err
}

// change passes f the holds that have not ended by now, keeps what f returns,
// and tells the watcher.
func (a *Authority) change(ctx context.Context, now time.Time, f func([]Hold) ([]Hold, error)) error {
	defer a.tell()
	return a.holds.Change(ctx, func(held []Hold) ([]Hold, error) { return f(stillHeld(held, now)) })
}

// Holds returns the authorities that are held, the oldest first. An error means
// that they are unknown at the moment.
func (a *Authority) Holds() ([]Hold, error) {
	held, err := a.holds.Held()
	if err != nil {
		return nil, fmt.Errorf("looking up who holds authority: %w", err)
	}
	return stillHeld(held, a.clock.Now()), nil
}

// stillHeld returns the holds whose time is not over. It modifies held.
func stillHeld(held []Hold, now time.Time) []Hold {
	return slices.DeleteFunc(held, func(h Hold) bool { return !now.Before(h.Until) })
}

func (h Hold) excludes() error {
	return fmt.Errorf("%w: %s has the authority over %s until %s", ErrHeld, h.User, h.Pattern, clockTime(h.Until))
}
