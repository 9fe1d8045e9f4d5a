package auth

import (
	"context"
	"errors"
	"sync"
)

// Passwords hashes passwords and checks them; *password.Hasher does. It must be
// safe for concurrent use.
type Passwords interface {
	// Hash returns what to store in place of a password.
	Hash(ctx context.Context, password string) (hash string, err error)
	// Check reports whether a password is the one that was hashed. An empty hash
	// stands for a user that does not exist, or has no password: no password
	// fits. The time that Check takes must not depend on the hash, as long as its
	// LegacyCost is at most legacyCost.
	Check(ctx context.Context, hash, password string, legacyCost int) (bool, error)
	// LegacyCost returns what it costs to check a hash beyond one of those that
	// Hash returns, in a unit of its own. It is zero except for hashes of another
	// kind, such as those of Django.
	LegacyCost(hash string) int
	// Outdated reports whether Hash makes better hashes now.
	Outdated(hash string) bool
}

// legacyCosts knows the highest LegacyCost of all hashes in a store. While there
// are such hashes, every log-in costs as much, or else its time would reveal
// which users exist. It loads the accounts once, then those that change.
type legacyCosts struct {
	store     UserStore
	passwords Passwords

	updating chan struct{} // full while accounts are looked up
	watching bool
	loaded   bool
	costs    map[string]int // above zero, by user name

	mu      sync.Mutex
	changed map[string]struct{} // names of accounts to look up
	current bool                // the accounts were loaded, and changed is empty
	highest int
}

func newLegacyCosts(store UserStore, passwords Passwords) *legacyCosts {
	return &legacyCosts{
		store: store, passwords: passwords, updating: make(chan struct{}, 1), costs: make(map[string]int), changed: make(map[string]struct{}),
	}
}

// max returns the highest cost as of now.
func (l *legacyCosts) max(ctx context.Context) (int, error) {
	if highest, ok := l.known(); ok {
		return highest, nil
	}
	select {
	case l.updating <- struct{}{}:
		defer func() { <-l.updating }()
	case <-ctx.Done(): // the store is slow
		return 0, ctx.Err()
	}
	if highest, ok := l.known(); ok { // another call has just looked
		return highest, nil
	}
	if err := l.update(ctx); err != nil {
		return 0, err
	}
	highest := 0
	for _, cost := range l.costs {
		highest = max(highest, cost)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.highest, l.current = highest, len(l.changed) == 0
	return highest, nil
}

func (l *legacyCosts) known() (highest int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.highest, l.current
}

// accountChanged is called by the store, which it must not block.
func (l *legacyCosts) accountChanged(username string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changed[username], l.current = struct{}{}, false
}

// update brings costs up to date.
func (l *legacyCosts) update(ctx context.Context) error {
	if !l.watching { // before loading, so that no change is missed
		l.store.WatchAccounts(l.accountChanged) // for as long as the store lives
		l.watching = true
	}
	if !l.loaded {
		all, err := l.store.Accounts(ctx)
		if err != nil {
			return err
		}
		for _, a := range all {
			l.set(a.Username, a.PasswordHash)
		}
		l.loaded = true
	}
	for {
		name, ok := l.takeChanged()
		if !ok {
			return nil
		}
		a, err := l.store.Account(ctx, name)
		if err != nil && !errors.Is(err, ErrUnknownUser) {
			l.accountChanged(name) // look it up next time
			return err
		}
		l.set(name, a.PasswordHash)
	}
}

func (l *legacyCosts) takeChanged() (name string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range l.changed {
		delete(l.changed, name)
		return name, true
	}
	return "", false
}

func (l *legacyCosts) set(username, hash string) {
	if cost := l.passwords.LegacyCost(hash); cost > 0 {
		l.costs[username] = cost
	} else {
		delete(l.costs, username)
	}
}
