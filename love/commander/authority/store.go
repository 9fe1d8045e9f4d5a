package authority

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/watch"
	"github.com/rubin-love/love-go/love"
)

// Store keeps who holds the authority over what, for all managers that act as
// one. A [Memory] keeps it in memory, love/store in a database. Every
// implementation must pass lovetest.RunHolds. It is safe for concurrent use.
type Store interface {
	// Held returns the holds, the oldest first; some may have ended. It
	// answers from memory and never blocks, so a change by another process may
	// be missing for a second. The slice is the caller's. An error means that
	// the holds are unknown, and no command may be let through.
	Held() ([]love.Hold, error)
	// Change replaces the holds by those that f returns; no other change runs
	// at the same time. If f returns an error, nothing changes, and Change returns
	// it. When Change returns, Held returns the new holds.
	Change(ctx context.Context, f func(held []love.Hold) ([]love.Hold, error)) error
	// Watch makes the store call f after each change, here or in
	// another process, until cancel is called. f must not block.
	Watch(f func()) (cancel func())
}

// Memory is a [Store] that is lost when the process ends.
type Memory struct {
	watchers watch.List[struct{}]
	changing sync.Mutex // held while Change calls f
	mu       sync.Mutex
	held     []love.Hold // replaced, never modified
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{} }

// Held implements [Store].
func (m *Memory) Held() ([]love.Hold, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.held), nil
}

// Change implements [Store].
func (m *Memory) Change(_ context.Context, f func([]love.Hold) ([]love.Hold, error)) error {
	if err := m.change(f); err != nil {
		return err
	}
	m.watchers.Notify(struct{}{})
	return nil
}

func (m *Memory) change(f func([]love.Hold) ([]love.Hold, error)) error {
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

// Watch implements [Store].
func (m *Memory) Watch(f func()) (cancel func()) {
	return m.watchers.Add(func(struct{}) { f() })
}

// stillHeld returns the holds that have not ended. It modifies held.
func stillHeld(held []love.Hold, now time.Time) []love.Hold {
	return slices.DeleteFunc(held, func(h love.Hold) bool { return !now.Before(h.Until) })
}
