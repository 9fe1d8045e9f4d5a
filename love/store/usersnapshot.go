package store

import (
	"context"
	"database/sql"

	"github.com/rubin-love/love-go/love/auth"
)

// readUsers reads all accounts and groups; there are hundreds at most.
func readUsers(ctx context.Context, q queryer) (userSnapshot, error) {
	c := userSnapshot{
		accounts: make(map[string]auth.Account), changes: make(map[string]changes),
		groups: make(map[string]auth.Group), groupsChangedIn: make(map[string]int64),
	}
	for _, part := range []func(context.Context, queryer) error{
		c.readGroups, c.readGroupPermissions, c.readAccounts, c.readMemberships, c.readUserPermissions,
	} {
		if err := part(ctx, q); err != nil {
			return userSnapshot{}, err
		}
	}
	for name, a := range c.accounts {
		a.GroupPermissions = auth.PermissionsOf(a.Groups, c.groups)
		c.accounts[name] = a
	}
	return c, nil
}

func (c userSnapshot) readAccounts(ctx context.Context, q queryer) error {
	return forEach(ctx, q, func(rows *sql.Rows) error {
		var a auth.Account
		var n changes
		err := rows.Scan(&a.Username, &a.Email, &a.FirstName, &a.LastName, &a.Superuser, &a.Disabled, &a.PasswordHash, &a.Version, &a.TokensFrom,
			&n.addedIn, &n.enabledIn, &n.rightsIn, &a.Identity)
		n.passwordHash, n.version = a.PasswordHash, a.Version
		c.accounts[a.Username], c.changes[a.Username] = a, n
		return err
	}, `SELECT username, email, first_name, last_name, superuser, disabled, password_hash, version, tokens_from,
		added_in, enabled_in, rights_in, identity FROM users`)
}

func (c userSnapshot) readGroups(ctx context.Context, q queryer) error {
	return forEach(ctx, q, func(rows *sql.Rows) error {
		var g auth.Group
		var changedIn int64
		err := rows.Scan(&g.Name, &changedIn)
		c.groups[g.Name], c.groupsChangedIn[g.Name] = g, changedIn
		return err
	}, `SELECT name, changed_in FROM user_groups`)
}

// The rows that the functions below read may be newer than the users and groups read
// before them. A row whose user or group is missing is left out; the next reload
// finds it.

func (c userSnapshot) readGroupPermissions(ctx context.Context, q queryer) error {
	return forEachPair(ctx, q, func(group, permission string) {
		if g, ok := c.groups[group]; ok {
			g.Permissions = append(g.Permissions, auth.Permission(permission))
			c.groups[group] = g
		}
	}, `SELECT group_name, permission FROM group_permissions ORDER BY permission`)
}

func (c userSnapshot) readMemberships(ctx context.Context, q queryer) error {
	return forEachPair(ctx, q, func(username, group string) {
		if a, ok := c.accounts[username]; ok {
			a.Groups = append(a.Groups, group)
			c.accounts[username] = a
		}
	}, `SELECT username, group_name FROM memberships ORDER BY group_name`)
}

func (c userSnapshot) readUserPermissions(ctx context.Context, q queryer) error {
	return forEachPair(ctx, q, func(username, permission string) {
		if a, ok := c.accounts[username]; ok {
			a.Permissions = append(a.Permissions, auth.Permission(permission))
			c.accounts[username] = a
		}
	}, `SELECT username, permission FROM user_permissions ORDER BY permission`)
}

// forEachPair calls f for every row of a query with two text columns.
func forEachPair(ctx context.Context, q queryer, f func(a, b string), query string) error {
	return forEach(ctx, q, func(rows *sql.Rows) error {
		var a, b string
		if err := rows.Scan(&a, &b); err != nil {
			return err
		}
		f(a, b)
		return nil
	}, query)
}

// exec runs one statement of a transaction.
func exec(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	_, err := tx.ExecContext(ctx, query, args...)
	return unavailable(err)
}
