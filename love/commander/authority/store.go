package authority

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/watch"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
)

// Waiting is a command that waits for approval, and the call to execute then.
type Waiting struct {
	love.WaitingCommand
	Call commander.Call
}

// ErrInDoubt is wrapped by the errors of a [Store] that cannot say whether a change was
// made: its answer was lost.
var ErrInDoubt = errors.New("whether it was changed is not known")

// Store keeps who holds the authority over what, and which commands wait for approval,
// for all managers that act as one. A [Memory] keeps it in memory, love/store in a database. Every
// implementation must pass lovetest.RunHolds. It is safe for concurrent use.
type Store interface {
	// Held returns the holds, the oldest first; some may have ended. It
	// answers from memory and never blocks, so a change by another process may
	// be missing for a second. The slice is the caller's. An error means that
	// the holds are unknown, and no command may be let through.
	Held() ([]love.Hold, error)
	// Change replaces the holds by those that f returns; no other change runs
	// at the same time. If f returns an error, nothing changes, and Change returns
	// it. When Change returns, Held returns the new holds. After an error that wraps
	// [ErrInDoubt] they may have changed; the next Change that succeeds sees whether they have.
	Change(ctx context.Context, f func(held []love.Hold) ([]love.Hold, error)) error
	// Waiting returns the commands that wait for approval, the oldest first; the time of
	// some may be over. Otherwise it is as Held.
	Waiting() ([]Waiting, error)
	// ChangeWaiting replaces the commands that wait, as Change replaces the holds. What f
	// removes is executed or refused by its caller alone.
	ChangeWaiting(ctx context.Context, f func([]Waiting) ([]Waiting, error)) error
	// Watch makes the store call f after each change of either, here or in
	// another process, until cancel is called. f must not block.
	Watch(f func()) (cancel func())
}

// Memory is a [Store] that is lost when the process ends.
type Memory struct {
	watchers watch.List[struct{}]
	changing sync.Mutex // held while a change calls f
	mu       sync.Mutex
	held     []love.Hold // replaced, never modified
	waiting  []Waiting   // the same
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
	return change(m, &m.held, f)
}

// Waiting implements [Store].
func (m *Memory) Waiting() ([]Waiting, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.waiting), nil
}

// ChangeWaiting implements [Store].
func (m *Memory) ChangeWaiting(_ context.Context, f func([]Waiting) ([]Waiting, error)) error {
	return change(m, &m.waiting, f)
}

// change replaces a list of m.
func change[T any](m *Memory, list *[]T, f func([]T) ([]T, error)) error {
	replace := func() error {
		m.changing.Lock()
		defer m.changing.Unlock()
		m.mu.Lock()
		was := slices.Clone(*list)
		m.mu.Unlock()
		is, err := f(was)
		if err != nil {
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		*list = slices.Clone(is)
		return nil
	}
	if err := replace(); err != nil {
		return err
	}
	m.watchers.Notify(struct{}{})
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
