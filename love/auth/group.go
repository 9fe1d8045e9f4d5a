package auth

import (
	"fmt"
	"slices"
)

// The groups that every manager has (docs/protocol/manager.md#users-and-groups).
const (
	GroupCommand     = "cmd"
	GroupUIFramework = "ui_framework"
)

// Group gives its members permissions.
type Group struct {
	Name        string
	Permissions []Permission
}

// DefaultGroups returns the groups that every manager has (see
// docs/protocol/manager.md#users-and-groups).
func DefaultGroups() []Group {
	ui := Group{Name: GroupUIFramework}
	for _, m := range Models() {
		if m.App == "ui_framework" {
			for _, action := range modelActions {
				ui.Permissions = append(ui.Permissions, m.Permission(action))
			}
		}
	}
	return []Group{{Name: GroupCommand, Permissions: []Permission{ExecuteCommand}}, ui}
}

// Check returns an error if the name or a permission is not valid.
func (g Group) Check() error {
	for _, p := range g.Permissions {
		if _, err := ParsePermission(string(p)); err != nil {
			return fmt.Errorf("the group %q: %w", g.Name, err)
		}
	}
	return checkName("group", g.Name)
}

// Normal returns the group as a store keeps it: a copy with its permissions
// sorted and without duplicates.
func (g Group) Normal() Group {
	g.Permissions = slices.Clone(g.Permissions)
	slices.Sort(g.Permissions)
	g.Permissions = slices.Compact(g.Permissions)
	return g
}

// PermissionsOf returns the permissions that the named groups give, sorted and
// without duplicates. It is for implementations of [UserStore].
func PermissionsOf(names []string, groups map[string]Group) (all []Permission) {
	for _, name := range names {
		all = append(all, groups[name].Permissions...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
