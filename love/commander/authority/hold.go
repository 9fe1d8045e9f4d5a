package authority

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
)

// maxHolds bounds the number of holds, because each command is compared with all.
const maxHolds = 200

// Take gives a user the authority over a pattern for some time from now. A user
// who holds the same pattern already keeps that hold, with the new end. Take
// returns [ErrHeld] if somebody else holds the pattern or one that overlaps
// with it, [ErrHoldTime] if the time is not above 0 or too long, and
// [ErrTooManyHolds] beyond 200 holds.
func (a *Authority) Take(ctx context.Context, user string, p love.CommandPattern, d time.Duration) (hold love.Hold, err error) {
	if d <= 0 || d > a.maxHold {
		return love.Hold{}, fmt.Errorf("%w: give a time above 0 and up to %s, not %s", ErrHoldTime, a.maxHold, d)
	}
	now := a.clock.Now()
	err = a.change(ctx, now, func(held []love.Hold) ([]love.Hold, error) {
		for i, h := range held {
			switch {
			case h.User != user && h.Pattern.Overlaps(p):
				return nil, heldBy(h)
			case h.User == user && h.Pattern == p:
				held[i].Until = now.Add(d)
				hold = held[i]
				return held, nil
			}
		}
		if len(held) >= maxHolds {
			return nil, ErrTooManyHolds
		}
		id, _ := a.ids.Next(now)
		hold = love.Hold{ID: id, Pattern: p, User: user, Since: now, Until: now.Add(d)}
		return append(held, hold), nil
	})
	return hold, err
}

// Release ends a hold and returns it. user is whoever releases it: the
// holder, or anybody if administrator is true.
func (a *Authority) Release(ctx context.Context, id, user string, administrator bool) (released love.Hold, err error) {
	err = a.change(ctx, a.clock.Now(), func(held []love.Hold) ([]love.Hold, error) {
		i := slices.IndexFunc(held, func(h love.Hold) bool { return h.ID == id })
		switch {
		case i < 0:
			return nil, ErrNotFound
		case held[i].User != user && !administrator:
			return nil, fmt.Errorf("%w: %s holds it", ErrNotYours, held[i].User)
		}
		released = held[i]
		return slices.Delete(held, i, i+1), nil
	})
	return released, err
}

// change passes f the holds that have not ended by now, keeps what f returns,
// and notifies the watchers.
func (a *Authority) change(ctx context.Context, now time.Time, f func([]love.Hold) ([]love.Hold, error)) error {
	defer a.update()
	return a.store.Change(ctx, func(held []love.Hold) ([]love.Hold, error) { return f(stillHeld(held, now)) })
}

// Holds returns the current holds, the oldest first. An error means
// that they are unknown at the moment.
func (a *Authority) Holds() ([]love.Hold, error) {
	held, err := a.store.Held()
	if err != nil {
		return nil, fmt.Errorf("reading who holds authority: %w", err)
	}
	return stillHeld(held, a.clock.Now()), nil
}

func heldBy(h love.Hold) error {
	return fmt.Errorf("%w: %s has the authority over %s until %s", ErrHeld, h.User, h.Pattern, clockTime(h.Until))
}

func clockTime(t time.Time) string { return t.UTC().Format("15:04:05 UTC") }
