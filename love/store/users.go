package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"github.com/rubin-love/love-go/love/auth"
)

// userStore is the auth.UserStore of a [Store].
type userStore struct {
	store    *Store
	notifier notifier

	loading          sync.Mutex // held while a snapshot is loaded
	settling         sync.Mutex // held while what is only in memory is written
	mu               sync.RWMutex
	current          userSnapshot
	unrecorded       map[string]restrictions      // by user name
	unrecordedGroups map[string]groupRestrictions // by name
}

var _ auth.UserStore = (*userStore)(nil)

func newUsers(s *Store) *userStore {
	return &userStore{store: s, unrecorded: make(map[string]restrictions), unrecordedGroups: make(map[string]groupRestrictions)}
}

// userSnapshot holds all accounts and groups as of a revision. It is never
// modified.
type userSnapshot struct {
	revision int64
	accounts map[string]auth.Account
	changes  map[string]changes // of the accounts in the database, by user name
	groups   map[string]auth.Group
	// groupsChangedIn holds the revisions with which the groups in the database were
	// last set, by name.
	groupsChangedIn map[string]int64
}

// snapshot returns the current snapshot, if it can be trusted.
func (u *userStore) snapshot() (userSnapshot, error) {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return u.current, u.store.health.err(u.store.clock.Now())
}

// Account implements auth.UserStore.
func (u *userStore) Account(ctx context.Context, username string) (auth.Account, error) {
	c, err := u.snapshot()
	if err != nil {
		return auth.Account{}, err
	}
	a, ok := c.accounts[username]
	if !ok {
		u.store.catchUp(ctx)
		if c, err = u.snapshot(); err != nil {
			return auth.Account{}, err
		}
		a, ok = c.accounts[username]
	}
	if !ok {
		return auth.Account{}, fmt.Errorf("user %q: %w", username, auth.ErrUnknownUser)
	}
	a.User = a.Clone()
	return a, nil
}

// Accounts implements auth.UserStore.
func (u *userStore) Accounts(context.Context) ([]auth.Account, error) {
	c, err := u.snapshot()
	if err != nil {
		return nil, err
	}
	all := make([]auth.Account, 0, len(c.accounts))
	for _, a := range c.accounts {
		a.User = a.Clone()
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b auth.Account) int { return cmp.Compare(a.Username, b.Username) })
	return all, nil
}

// CreateAccount implements auth.UserStore.
func (u *userStore) CreateAccount(ctx context.Context, a auth.Account) error {
	a.User = a.Normal()
	if _, err := u.settle(ctx, a.Username); err != nil {
		return err
	}
	return u.store.change(ctx, accounts, func(ctx context.Context, tx *sql.Tx, revision int64) error {
		c, err := readUsers(ctx, tx)
		if err != nil {
			return err
		}
		if _, taken := c.accounts[a.Username]; taken {
			return fmt.Errorf("user %q: %w", a.Username, auth.ErrUserExists)
		}
		a = a.Versioned(auth.Account{}, revision)
		err = exec(ctx, tx, `INSERT INTO users (username, email, first_name, last_name, superuser, disabled, password_hash, version, tokens_from,
			added_in, enabled_in, rights_in, identity) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $10, $11)`,
			a.Username, a.Email, a.FirstName, a.LastName, a.Superuser, a.Disabled, a.PasswordHash, a.Version, a.TokensFrom, revision, a.Identity)
		if err != nil {
			return err
		}
		return writeRights(ctx, tx, c, a)
	})
}

// UpdateAccount implements auth.UserStore.
func (u *userStore) UpdateAccount(ctx context.Context, username string, change func(*auth.Account) error) error {
	_, err := u.settle(ctx, username)
	if err == nil {
		err = u.update(ctx, username, change)
	}
	return u.keepChange(username, change, err)
}

func (u *userStore) update(ctx context.Context, username string, change func(*auth.Account) error) error {
	return u.store.change(ctx, accounts, func(ctx context.Context, tx *sql.Tx, revision int64) error {
		c, err := readUsers(ctx, tx)
		if err != nil {
			return err
		}
		before, ok := c.accounts[username]
		if !ok {
			return fmt.Errorf("user %q: %w", username, auth.ErrUnknownUser)
		}
		a := before
		a.User = before.Clone()
		if err := change(&a); err != nil {
			return err
		}
		return rewrite(ctx, tx, c, before, a, revision)
	})
}

// rewrite replaces the row and the rights of an account by a.
func rewrite(ctx context.Context, tx *sql.Tx, c userSnapshot, before, a auth.Account, revision int64) error {
	a.Username = before.Username
	a.User = a.Normal()
	a = a.Versioned(before, revision)
	n := c.changes[a.Username].after(c.accounts[a.Username], a, revision)
	err := exec(ctx, tx, `UPDATE users SET email = $2, first_name = $3, last_name = $4, superuser = $5, disabled = $6, password_hash = $7,
		version = $8, tokens_from = $9, enabled_in = $10, rights_in = $11, identity = $12 WHERE username = $1`,
		a.Username, a.Email, a.FirstName, a.LastName, a.Superuser, a.Disabled, a.PasswordHash, a.Version, a.TokensFrom, n.enabledIn, n.rightsIn,
		a.Identity)
	if err != nil {
		return err
	}
	if err := exec(ctx, tx, `DELETE FROM memberships WHERE username = $1`, a.Username); err != nil {
		return err
	}
	if err := exec(ctx, tx, `DELETE FROM user_permissions WHERE username = $1`, a.Username); err != nil {
		return err
	}
	return writeRights(ctx, tx, c, a)
}

// writeRights inserts the groups and permissions of an account. The database must
// not have any of them yet.
func writeRights(ctx context.Context, tx *sql.Tx, c userSnapshot, a auth.Account) error {
	for _, g := range a.Groups {
		if _, ok := c.groups[g]; !ok {
			return fmt.Errorf("group %q: %w", g, auth.ErrUnknownGroup)
		}
		if err := exec(ctx, tx, `INSERT INTO memberships (username, group_name) VALUES ($1, $2)`, a.Username, g); err != nil {
			return err
		}
	}
	for _, p := range a.Permissions {
		if err := exec(ctx, tx, `INSERT INTO user_permissions (username, permission) VALUES ($1, $2)`, a.Username, string(p)); err != nil {
			return err
		}
	}
	return nil
}

// DeleteAccount implements auth.UserStore.
func (u *userStore) DeleteAccount(ctx context.Context, username string) error {
	deleted, err := u.settle(ctx, username)
	if err == nil && !deleted {
		err = u.remove(ctx, `DELETE FROM users WHERE username = $1`, username, fmt.Errorf("user %q: %w", username, auth.ErrUnknownUser))
	}
	u.mu.RLock()
	from, known := u.current.changes[username]
	u.mu.RUnlock()
	if !known {
		return err
	}
	return u.keep(username, restriction{from: from, deleted: true}, err)
}

func (u *userStore) remove(ctx context.Context, query, name string, unknown error) error {
	return u.store.change(ctx, accounts, func(ctx context.Context, tx *sql.Tx, _ int64) error {
		result, err := tx.ExecContext(ctx, query, name)
		if err != nil {
			return unavailable(err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return cmp.Or(unavailable(err), unknown)
		}
		return nil
	})
}

// Groups implements auth.UserStore.
func (u *userStore) Groups(context.Context) ([]auth.Group, error) {
	c, err := u.snapshot()
	if err != nil {
		return nil, err
	}
	all := make([]auth.Group, 0, len(c.groups))
	for _, name := range slices.Sorted(maps.Keys(c.groups)) {
		all = append(all, c.groups[name].Normal())
	}
	return all, nil
}

// PutGroup implements auth.UserStore.
func (u *userStore) PutGroup(ctx context.Context, g auth.Group) error {
	_, err := u.settleGroup(ctx, g.Name)
	if err == nil {
		err = u.store.change(ctx, accounts, func(ctx context.Context, tx *sql.Tx, revision int64) error {
			return writeGroup(ctx, tx, g, revision)
		})
	}
	u.mu.RLock()
	before, from := u.current.groups[g.Name], u.current.groupsChangedIn[g.Name]
	u.mu.RUnlock()
	return u.keepGroup(g.Name, groupRestriction{from: from, permissions: missing(before.Permissions, g.Permissions)}, err)
}

// writeGroup adds or replaces a group.
func writeGroup(ctx context.Context, tx *sql.Tx, g auth.Group, revision int64) error {
	err := exec(ctx, tx, `INSERT INTO user_groups (name, changed_in) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET changed_in = excluded.changed_in`, g.Name, revision)
	if err != nil {
		return err
	}
	if err := exec(ctx, tx, `DELETE FROM group_permissions WHERE group_name = $1`, g.Name); err != nil {
		return err
	}
	for _, p := range g.Normal().Permissions {
		if err := exec(ctx, tx, `INSERT INTO group_permissions (group_name, permission) VALUES ($1, $2)`, g.Name, string(p)); err != nil {
			return err
		}
	}
	return nil
}

// DeleteGroup implements auth.UserStore.
func (u *userStore) DeleteGroup(ctx context.Context, name string) error {
	deleted, err := u.settleGroup(ctx, name)
	if err == nil && !deleted {
		err = u.remove(ctx, `DELETE FROM user_groups WHERE name = $1`, name, fmt.Errorf("group %q: %w", name, auth.ErrUnknownGroup))
	}
	u.mu.RLock()
	from, known := u.current.groupsChangedIn[name]
	u.mu.RUnlock()
	if !known {
		return err
	}
	return u.keepGroup(name, groupRestriction{from: from, deleted: true}, err)
}

// WatchAccounts implements auth.UserStore.
func (u *userStore) WatchAccounts(f func(username string)) (cancel func()) {
	return u.notifier.watchers.Add(f)
}

// reload loads a new snapshot if revision is newer than that of the current one, and
// adds the names of changed accounts to the notifier. It does not notify the
// watchers, because they may use the accounts.
func (u *userStore) reload(ctx context.Context, revision int64) error {
	u.loading.Lock()
	defer u.loading.Unlock()
	if revision <= u.current.revision {
		return nil
	}
	fresh, err := readUsers(ctx, u.store.db)
	if err != nil {
		return err
	}
	fresh.revision = revision // the rows may be newer; the next poll then reads them again
	u.mu.Lock()
	old := u.current
	fresh = fresh.restricted(u.unrecorded, u.unrecordedGroups)
	u.current = fresh
	u.mu.Unlock()
	if old.accounts != nil { // a store that is being opened has no watchers
		u.notifyChanged(old, fresh)
	}
	return nil
}

// notifyChanged adds the names of the accounts that differ to the notifier.
func (u *userStore) notifyChanged(old, fresh userSnapshot) {
	for name, was := range old.accounts {
		if is, ok := fresh.accounts[name]; !ok || !reflect.DeepEqual(was, is) {
			u.notifier.add(name)
		}
	}
	for name := range fresh.accounts {
		if _, ok := old.accounts[name]; !ok {
			u.notifier.add(name)
		}
	}
}
