package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"github.com/rubin-love/love-go/love/auth"
)

// groupRestriction is what a change has taken away from a group and could not be
// recorded; see restriction.
type groupRestriction struct {
	from        int64 // the revision with which the group in the database was last set
	deleted     bool
	permissions []auth.Permission
}

// groupRestrictions are those of one group, oldest first.
type groupRestrictions []groupRestriction

// apply takes away from a group as it is in the database now, which was set with
// the revision changedIn, except what another process has changed later.
func (all groupRestrictions) apply(g *auth.Group, changedIn int64) (deleted, superseded bool) {
	for _, r := range all {
		switch {
		case r.from != changedIn:
			superseded = true
		case r.deleted:
			deleted = true
		default:
			g.Permissions = missing(g.Permissions, r.permissions)
		}
	}
	return deleted, superseded
}

// withoutGroups returns the snapshot with what is only in memory about groups.
func (c userSnapshot) withoutGroups(unrecorded map[string]groupRestrictions) userSnapshot {
	c.groups = maps.Clone(c.groups)
	gone := make([]string, 0, len(unrecorded))
	for name, all := range unrecorded {
		g, ok := c.groups[name]
		if !ok {
			continue
		}
		deleted, _ := all.apply(&g, c.groupsChangedIn[name])
		if c.groups[name] = g; deleted {
			delete(c.groups, name)
			gone = append(gone, name)
		}
	}
	for name, a := range c.accounts {
		a.Groups = missing(a.Groups, gone)
		a.GroupPermissions = auth.PermissionsOf(a.Groups, c.groups)
		c.accounts[name] = a
	}
	return c
}

// keepGroup keeps in memory what a change of a group takes away, if it failed because
// the database cannot be written, and returns the error of the change.
func (u *userStore) keepGroup(name string, r groupRestriction, err error) error {
	if !u.store.keeps(err) || !r.deleted && len(r.permissions) == 0 {
		return err
	}
	u.restrict(func() { u.unrecordedGroups[name] = append(slices.Clip(u.unrecordedGroups[name]), r) })
	return u.store.unrecorded("a group or its permissions", name, err)
}

// settleGroup is settle for a group.
func (u *userStore) settleGroup(ctx context.Context, name string) (deleted bool, err error) {
	u.settling.Lock()
	defer u.settling.Unlock()
	u.mu.RLock()
	all := u.unrecordedGroups[name]
	u.mu.RUnlock()
	if len(all) == 0 {
		return false, nil
	}
	deleted, superseded, err := u.recordGroup(ctx, name, all)
	if err != nil {
		return false, err
	}
	if superseded {
		u.store.superseded(name, []string{"the group or its permissions"})
	}
	u.recorded(ctx, func() { drop(u.unrecordedGroups, name, len(all)) })
	return deleted, nil
}

// recordGroup writes restrictions of a group to the database.
func (u *userStore) recordGroup(ctx context.Context, name string, all groupRestrictions) (deleted, superseded bool, err error) {
	err = u.store.change(ctx, accounts, func(ctx context.Context, tx *sql.Tx, revision int64) error {
		c, err := readUsers(ctx, tx)
		if err != nil {
			return err
		}
		g, ok := c.groups[name]
		if !ok { // another process has deleted it
			deleted = slices.ContainsFunc(all, func(r groupRestriction) bool { return r.deleted })
			return nil
		}
		before := len(g.Permissions)
		deleted, superseded = all.apply(&g, c.groupsChangedIn[name])
		switch {
		case deleted:
			return exec(ctx, tx, `DELETE FROM user_groups WHERE name = $1`, name)
		case len(g.Permissions) < before:
			return writeGroup(ctx, tx, g, revision)
		}
		return nil
	})
	return deleted, superseded, err
}

// unrecordedGroupNames returns the groups of which something is only in memory.
func (u *userStore) unrecordedGroupNames() []string {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return slices.Sorted(maps.Keys(u.unrecordedGroups))
}

// drop removes the first n items of a list, and a list that is then empty.
func drop[L ~[]T, T any](lists map[string]L, name string, n int) {
	if lists[name] = lists[name][n:]; len(lists[name]) == 0 {
		delete(lists, name)
	}
}
