package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Roles are the permissions that membership in a group gives.
type Roles map[string][]Permission

// DefaultRoles returns the roles of [DefaultGroups].
func DefaultRoles() Roles {
	r := make(Roles)
	for _, g := range DefaultGroups() {
		r[g.Name] = g.Permissions
	}
	return r
}

// RoleAuthorizer is the [Authorizer] that decides by the user alone. A
// superuser may do everything but [Publish]; everybody may do what they or
// their groups were granted. A process has no user and so no permission. The
// zero value decides by the principal's own user and [DefaultRoles].
type RoleAuthorizer struct {
	// Users, if set, is asked at each decision, so that a change takes effect
	// at once, even for open connections. It knows what groups give; Roles
	// adds to that.
	Users Directory
	// Roles is what the groups give. Default: [DefaultRoles] if Users is not
	// set, else nothing.
	Roles Roles
}

// Authorize implements [Authorizer].
func (a RoleAuthorizer) Authorize(ctx context.Context, p Principal, permission Permission) error {
	u, err := a.user(ctx, p)
	if err != nil {
		return err
	}
	allows := func(held Permission) bool { return held.Allows(permission) }
	if u.Superuser && permission != Publish || slices.ContainsFunc(u.Permissions, allows) || slices.ContainsFunc(u.GroupPermissions, allows) {
		return nil
	}
	roles := a.Roles
	if roles == nil && a.Users == nil {
		roles = DefaultRoles()
	}
	for _, g := range u.Groups {
		if slices.ContainsFunc(roles[g], allows) {
			return nil
		}
	}
	return fmt.Errorf("%s: %w: it takes the permission %s", p.Name(), ErrForbidden, permission)
}

// user returns the user whose permissions count.
func (a RoleAuthorizer) user(ctx context.Context, p Principal) (User, error) {
	if a.Users == nil || p.Process {
		return p.User, nil
	}
	u, err := a.Users.Lookup(ctx, p.User.Username)
	if errors.Is(err, ErrUnknownUser) || errors.Is(err, ErrInactive) {
		return User{}, fmt.Errorf("%s: %w: %w", p.Name(), ErrForbidden, err)
	}
	return u, err
}
