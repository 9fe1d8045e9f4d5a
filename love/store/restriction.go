package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"github.com/rubin-love/love-go/love/auth"
)

// restriction is what a change has taken away from a user and could not be
// recorded: it is in effect in this process until it is, or until another process
// has changed the same later.
type restriction struct {
	from         changes // the account in the database when it was made
	deleted      bool
	disabled     bool
	endTokens    bool
	newPassword  bool
	passwordHash string // if newPassword
	superuser    bool   // is one no more
	groups       []string
	permissions  []auth.Permission
}

// restrictionOf returns what a change takes away. A new password counts if it ends
// the tokens of the old one.
func restrictionOf(from changes, before, after auth.Account) restriction {
	r := restriction{
		from:        from,
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

func (r restriction) takesRights() bool { return r.superuser || len(r.groups)+len(r.permissions) > 0 }

func (r restriction) isZero() bool {
	return !r.deleted && !r.disabled && !r.endTokens && !r.takesRights()
}

// effect is what the restrictions of a user do to the account in the database.
type effect struct {
	deleted    bool
	locks      bool     // no log-in that was checked without it may get a token
	superseded []string // what another process has changed later
}

// restrictions are those of one user, oldest first.
type restrictions []restriction

// apply takes away from an account as it is in the database now, except what
// another process has changed later.
func (all restrictions) apply(a *auth.Account, now changes) (e effect) {
	for _, r := range all {
		r.apply(a, now, &e)
	}
	return e
}

func (r restriction) apply(a *auth.Account, now changes, e *effect) {
	added := now.addedIn != r.from.addedIn
	// later reports whether to leave alone what the restriction takes away.
	later := func(takes, changed bool, what string) bool {
		if takes && (added || changed) {
			e.superseded = append(e.superseded, what)
		}
		return !takes || added || changed
	}
	if !later(r.deleted, false, "the deletion") {
		e.deleted = true
	}
	if !later(r.disabled, now.enabledIn != r.from.enabledIn, "disabled") {
		a.Disabled, e.locks = true, true
	}
	if !later(r.takesRights(), now.rightsIn != r.from.rightsIn, "rights") {
		a.Superuser = a.Superuser && !r.superuser
		a.Groups, a.Permissions = missing(a.Groups, r.groups), missing(a.Permissions, r.permissions)
		e.locks = true
	}
	password := !later(r.newPassword, now.passwordHash != r.from.passwordHash, "the password")
	if password {
		a.PasswordHash = r.passwordHash
	}
	switch {
	case !r.endTokens:
	case password, now.version == r.from.version:
		a.EndTokens()
		e.locks = true
	default: // those of later log-ins stay
		a.TokensFrom = max(a.TokensFrom, r.from.version+1)
	}
}

// applyTo returns an account as it is in memory until the restrictions are recorded.
// Nobody can log in with it before, because no account in the database has its
// version.
func (all restrictions) applyTo(a auth.Account, now changes, groups map[string]auth.Group) (_ auth.Account, deleted bool) {
	e := all.apply(&a, now)
	if e.locks {
		a.Version = auth.NextVersion
	}
	a.GroupPermissions = auth.PermissionsOf(a.Groups, groups)
	return a, e.deleted
}

// restricted returns the snapshot with what is only in memory.
func (c userSnapshot) restricted(unrecorded map[string]restrictions, groups map[string]groupRestrictions) userSnapshot {
	if len(unrecorded)+len(groups) == 0 {
		return c
	}
	c.accounts = maps.Clone(c.accounts)
	c = c.withoutGroups(groups)
	for name, all := range unrecorded {
		a, ok := c.accounts[name]
		if !ok {
			continue
		}
		a, deleted := all.applyTo(a, c.changes[name], c.groups)
		if c.accounts[name] = a; deleted {
			delete(c.accounts, name)
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
	u.restrict(func() { u.unrecorded[username] = append(slices.Clip(u.unrecorded[username]), r) })
	return u.store.unrecorded("an account, its tokens or rights", username, err)
}

// restrict applies to the snapshot what add keeps in memory, and notifies the
// watchers.
func (u *userStore) restrict(add func()) {
	u.loading.Lock()
	u.mu.Lock()
	add()
	old := u.current
	u.current = u.current.restricted(u.unrecorded, u.unrecordedGroups)
	fresh := u.current
	u.mu.Unlock()
	u.notifyChanged(old, fresh)
	u.loading.Unlock()
	u.notifier.notifyAll()
}

// keepChange is keep for the change of UpdateAccount.
func (u *userStore) keepChange(username string, change func(*auth.Account) error, err error) error {
	if !u.store.keeps(err) {
		return err
	}
	u.mu.RLock()
	before, ok := u.current.accounts[username]
	from := u.current.changes[username]
	u.mu.RUnlock()
	after := before
	after.User = before.Clone()
	after.TokensFrom = 0 // so that EndTokens shows
	if !ok || change(&after) != nil {
		return err
	}
	return u.keep(username, restrictionOf(from, before, after), err)
}

// settle records what is only in memory about a user, so that a later change comes
// after it. deleted reports whether that has deleted the user.
func (u *userStore) settle(ctx context.Context, username string) (deleted bool, err error) {
	if len(u.unrecordedOf(username)) == 0 {
		return false, nil
	}
	u.settling.Lock()
	defer u.settling.Unlock()
	all := u.unrecordedOf(username)
	if len(all) == 0 {
		return false, nil
	}
	e, err := u.record(ctx, username, all)
	if err != nil {
		return false, err
	}
	if len(e.superseded) > 0 {
		u.store.superseded(username, e.superseded)
	}
	u.recorded(ctx, func() { drop(u.unrecorded, username, len(all)) })
	return e.deleted, nil
}

// record writes restrictions to the database.
func (u *userStore) record(ctx context.Context, username string, all restrictions) (e effect, err error) {
	err = u.store.change(ctx, accounts, func(ctx context.Context, tx *sql.Tx, revision int64) error {
		c, err := readUsers(ctx, tx)
		if err != nil {
			return err
		}
		before, ok := c.accounts[username]
		if !ok { // another process has deleted it
			e.deleted = slices.ContainsFunc(all, func(r restriction) bool { return r.deleted })
			return nil
		}
		a := before
		if e = all.apply(&a, c.changes[username]); e.deleted {
			return exec(ctx, tx, `DELETE FROM users WHERE username = $1`, username)
		}
		if !e.locks && a.TokensFrom == before.TokensFrom {
			return nil
		}
		if a.TokensFrom != auth.NextVersion {
			before.TokensFrom = a.TokensFrom
		}
		return rewrite(ctx, tx, c, before, a, revision)
	})
	return e, err
}

// unrecordedOf returns what is only in memory about a user.
func (u *userStore) unrecordedOf(username string) restrictions {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.unrecorded[username]
}

// recorded removes what is in the database now from what is only in memory, and
// reads the accounts as they are there.
func (u *userStore) recorded(ctx context.Context, remove func()) {
	u.loading.Lock()
	u.mu.Lock()
	remove()
	u.current.revision = 0
	u.mu.Unlock()
	u.loading.Unlock()
	if err := u.store.reload(ctx); err == nil { // else poll tries again
		u.notifier.notify()
	}
}

// retry records what is only in memory, and returns how many users and groups it could
// record.
func (u *userStore) retry(ctx context.Context) (n int) {
	for _, name := range u.unrecordedNames() {
		if _, err := u.settle(ctx, name); err != nil {
			return n
		}
		n++
	}
	for _, name := range u.unrecordedGroupNames() {
		if _, err := u.settleGroup(ctx, name); err != nil {
			return n
		}
		n++
	}
	return n
}

func (u *userStore) hasUnrecorded() bool {
	return len(u.unrecordedNames())+len(u.unrecordedGroupNames()) > 0
}

// unrecordedNames returns the users of whom something is only in memory.
func (u *userStore) unrecordedNames() []string {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return slices.Sorted(maps.Keys(u.unrecorded))
}
