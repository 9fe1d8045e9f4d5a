package auth

import (
	"context"
	"fmt"
	"slices"
)

// Roles are the permissions that membership in a group gives.
type Roles map[string][]Permission

// DefaultRoles are those of section 7 of the manager protocol.
func DefaultRoles() Roles {
	return Roles{GroupCommand: {ExecuteCommand}}
}

// RoleAuthorizer is the [Authorizer] that goes by the user alone: a superuser
// may everything, others what they or their groups were given. A process has
// no user and so no permission. The zero value uses [DefaultRoles].
type RoleAuthorizer struct {
	Roles Roles
}

// Authorize implements [Authorizer].
func (a RoleAuthorizer) Authorize(_ context.Context, p Principal, permission Permission) error {
	if p.User.Superuser || slices.Contains(p.User.Permissions, permission) {
		return nil
	}
	roles := a.Roles
	if roles == nil {
		roles = DefaultRoles()
	}
	for _, g := range p.User.Groups {
		if slices.Contains(roles[g], permission) {
			return nil
		}
	}
	return fmt.Errorf("%s: %w: it takes the permission %s", p.Name(), ErrForbidden, permission)
}
