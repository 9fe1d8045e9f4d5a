package store

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/rubin-love/love-go/love/auth"
)

// restriction is what a change has taken away from a user and could not be
// recorded: it is in effect in this process until it is. The zero value takes away
// nothing.
type restriction struct {
	deleted      bool
	disabled     bool
	endTokens    bool
	newPassword  bool
	passwordHash string // if newPassword
	superuser    bool   // is one no more
	groups       []string
	permissions  []auth.Permission
	generation   int // tells apart what was taken away earlier and later
}

// restrictionOf returns what a change takes away. A new password counts if it ends
// the tokens of the old one.
func restrictionOf(before, after auth.Account) restriction {
	r := restriction{
		disabled:    after.Disabled && !before.Disabled,
		endTokens:   after.TokensFrom == auth.NextVersion,
		superuser:   before.Superuser && !after.Superuser,
		groups:      missing(before.Groups, after.Groups),
		permissions: missing(before.Permissions, after.Permissions),
	}
	if r.endTokens && after.PasswordHash != before.PasswordHash {
		r.newPassword, r.passwordHash = true, after.PasswordHash
	}
	return r
}

// missing returns what is in before and not in after.
func missing[T comparable](before, after []T) []T {
	return slices.DeleteFunc(slices.Clone(before), func(item T) bool { return slices.Contains(after, item) })
}

func (r restriction) isZero() bool {
	return !r.deleted && !r.disabled && !r.endTokens && !r.superuser && len(r.groups) == 0 && len(r.permissions) == 0
}

// with returns both restrictions together; of two passwords the later one counts.
func (r restriction) with(later restriction) restriction {
	r.deleted = r.deleted || later.deleted
	r.disabled = r.disabled || later.disabled
	r.endTokens = r.endTokens || later.endTokens
	r.superuser = r.superuser || later.superuser
	r.groups = append(slices.Clip(r.groups), later.groups...)
	r.permissions = append(slices.Clip(r.permissions), later.permissions...)
	if later.newPassword {
		r.newPassword, r.passwordHash = true, later.passwordHash
	}
	return r
}

// apply takes away from an account. It fits UpdateAccount.
func (r restriction) apply(a *auth.Account) {
	a.Disabled = a.Disabled || r.disabled
	a.Superuser = a.Superuser && !r.superuser
	a.Groups, a.Permissions = missing(a.Groups, r.groups), missing(a.Permissions, r.permissions)
	if r.newPassword {
		a.PasswordHash = r.passwordHash
	}
	if r.endTokens {
		a.EndTokens()
	}
}

// applyTo returns an account as it is in memory until the restriction is recorded.
// Nobody can log in with it before, because no account in the database has its
// version.
func (r restriction) applyTo(a auth.Account, groups map[string]auth.Group) auth.Account {
	r.apply(&a)
	a.Version = auth.NextVersion
	a.GroupPermissions = auth.PermissionsOf(a.Groups, groups)
	return a
}

// restricted returns the snapshot with what is only in memory.
func (c userSnapshot) restricted(unrecorded map[string]restriction) userSnapshot {
	if len(unrecorded) == 0 {
		return c
	}
	c.accounts = maps.Clone(c.accounts)
	for name, r := range unrecorded {
		a, ok := c.accounts[name]
		switch {
		case r.deleted:
			delete(c.accounts, name)
		case ok:
			c.accounts[name] = r.applyTo(a, c.groups)
		}
	}
	return c
}

// keep keeps in memory what a change of a user takes away, if it failed because
// the database cannot be written, and returns the error of the change.
func (u *userStore) keep(username string, r restriction, err error) error {
	if !u.store.keeps(err) || r.isZero() {
		return err
	}
	u.loading.Lock()
	u.mu.Lock()
	together := u.unrecorded[username].with(r)
	together.generation++
	u.unrecorded[username] = together
	old := u.current
	u.current = u.current.restricted(u.unrecorded)
	fresh := u.current
	u.mu.Unlock()
	u.notifyChanged(old, fresh)
	u.loading.Unlock()
	u.notifier.notifyAll()
	return u.store.unrecorded("an account, its tokens or rights", username, err)
}

// keepChange is keep for the change of UpdateAccount.
func (u *userStore) keepChange(username string, change func(*auth.Account) error, err error) error {
	if !u.store.keeps(err) {
		return err
	}
	u.mu.RLock()
	before, ok := u.current.accounts[username]
	u.mu.RUnlock()
	after := before
	after.User = before.Clone()
	after.TokensFrom = 0 // so that EndTokens shows
	if !ok || change(&after) != nil {
		return err
	}
	return u.keep(username, restrictionOf(before, after), err)
}

// settle records what is only in memory about a user, so that a later change comes
// after it.
func (u *userStore) settle(ctx context.Context, username string) (recorded restriction, err error) {
	if _, ok := u.unrecordedOf(username); !ok {
		return restriction{}, nil
	}
	u.settling.Lock()
	defer u.settling.Unlock()
	r, ok := u.unrecordedOf(username)
	if !ok {
		return restriction{}, nil
	}
	if r.deleted {
		err = u.delete(ctx, username)
	} else {
		err = u.update(ctx, username, func(a *auth.Account) error {
			r.apply(a)
			return nil
		})
	}
	if err != nil && !errors.Is(err, auth.ErrUnknownUser) {
		return restriction{}, err
	}
	u.recorded(username, r)
	if err := u.store.reload(ctx); err != nil { // poll tries again
		return r, nil
	}
	u.notifier.notify()
	return r, nil
}

// unrecordedOf returns what is only in memory about a user.
func (u *userStore) unrecordedOf(username string) (restriction, bool) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	r, ok := u.unrecorded[username]
	return r, ok
}

// recorded notes that a restriction is in the database, unless more was taken away
// meanwhile, and makes the next reload read the account as it is there.
func (u *userStore) recorded(username string, r restriction) {
	u.loading.Lock()
	defer u.loading.Unlock()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.unrecorded[username].generation == r.generation {
		delete(u.unrecorded, username)
	}
	u.current.revision = 0
}

// retry records what is only in memory, and returns how many users it could record.
func (u *userStore) retry(ctx context.Context) (n int) {
	for _, name := range u.unrecordedNames() {
		if _, err := u.settle(ctx, name); err != nil {
			return n
		}
		n++
	}
	return n
}

func (u *userStore) hasUnrecorded() bool { return len(u.unrecordedNames()) > 0 }

// unrecordedNames returns the users of whom something is only in memory.
func (u *userStore) unrecordedNames() []string {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return slices.Sorted(maps.Keys(u.unrecorded))
}
