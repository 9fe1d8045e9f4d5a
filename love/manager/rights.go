package manager

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// Administration follows two rules, or else api.manage_users would amount to full
// rights: nobody grants what they do not hold, and nobody touches a user who holds
// more. A superuser may grant everything, publishing too.

// rights are what the caller may do now, for screens that show only what can be done.
type rights struct {
	EveryCommand bool `json:"every_command"`
	SomeCommand  bool `json:"some_command"`
	ManageUsers  bool `json:"manage_users"`
	Publish      bool `json:"publish"`
	// Authority is whether exclusive authority and approval are switched on.
	Authority bool `json:"authority"`
	// History is whether the past can be asked for.
	History bool `json:"history"`
	// Commands are the patterns of the commands that the caller may give; all of them
	// with EveryCommand.
	Commands []auth.Permission `json:"commands"`
}

func (m *Manager) showRights(c *call) (answer, error) {
	shown := rights{Authority: m.config.Authority != nil, History: m.hasHistory(), Commands: []auth.Permission{}}
	for permission, may := range map[auth.Permission]*bool{
		auth.ExecuteCommand: &shown.EveryCommand, auth.SomeCommand: &shown.SomeCommand,
		auth.ManageUsers: &shown.ManageUsers, auth.Publish: &shown.Publish,
	} {
		var err error
		if permission == auth.SomeCommand {
			err = m.mayCommand(c, c.who)
		} else {
			err = m.config.Authorizer.Authorize(c.Context(), c.who, permission)
		}
		if err != nil && !errors.Is(err, auth.ErrForbidden) {
			m.outages.permissions.Failed(m.config.Clock.Now(), err, "user", c.who.Name(), "permission", permission)
			return answer{}, errUnavailable
		}
		*may = err == nil
	}
	switch {
	case shown.EveryCommand:
		shown.Commands = append(shown.Commands, "*:*:*")
	case shown.SomeCommand:
		groups, err := m.groups(c)
		if err != nil {
			return answer{}, err
		}
		for _, p := range slices.Concat(groups.rights(c.who.User), c.who.User.GroupPermissions) {
			if p.IsCommand() && !slices.Contains(shown.Commands, p) {
				shown.Commands = append(shown.Commands, p)
			}
		}
		slices.Sort(shown.Commands)
	}
	return answer{Status: http.StatusOK, Body: shown}, nil
}

// hasHistory reports whether the history API is among the routes.
func (m *Manager) hasHistory() bool {
	return slices.ContainsFunc(m.config.Routes, func(r Route) bool { return strings.HasPrefix(r.Path, "/manager/api/history/") })
}

// lackedRight is the refusal of a change that takes a right which the caller lacks.
type lackedRight struct {
	*refusal
	right string
}

func (e *lackedRight) Unwrap() error { return e.refusal }

// groupsByName are all groups, with what they give.
type groupsByName map[string]auth.Group

// groups returns all groups. It must not be called while an account is being changed:
// the database may have only one connection.
func (m *Manager) groups(c *call) (groupsByName, error) {
	if m.config.Users == nil {
		all := groupsByName{}
		for _, g := range auth.DefaultGroups() { // which the default Authorizer goes by
			all[g.Name] = g
		}
		return all, nil
	}
	list, err := m.config.Users.Store().Groups(c.Context())
	if err != nil {
		return nil, err
	}
	all := make(groupsByName, len(list))
	for _, g := range list {
		all[g.Name] = g
	}
	return all, nil
}

// rights returns all permissions of a user. Those of the groups count as they are
// now.
func (g groupsByName) rights(u auth.User) []auth.Permission {
	return slices.Concat(u.Permissions, auth.PermissionsOf(u.Groups, g))
}

// mayHave returns nil if the caller holds all rights that a user has or is to get.
func (c *call) mayHave(u auth.User, groups groupsByName) error {
	if u.Superuser && !c.who.User.Superuser {
		return &lackedRight{errForbidden, "superuser"}
	}
	return c.holds(groups, groups.rights(u))
}

// holds returns nil if the caller holds all the permissions.
func (c *call) holds(groups groupsByName, wanted []auth.Permission) error {
	if c.who.User.Superuser {
		return nil
	}
	own := slices.Concat(groups.rights(c.who.User), c.who.User.GroupPermissions)
	for _, p := range wanted {
		if !slices.ContainsFunc(own, func(held auth.Permission) bool { return held.Allows(p) }) {
			return &lackedRight{refuse(http.StatusForbidden, fmt.Sprintf(
				"You do not have permission to perform this action: it takes %s, which you do not hold.", p)), string(p)}
		}
	}
	return nil
}

// mayTouch returns nil if the caller may decide about a user's tokens, authority or
// account. A user who no longer exists may have left tokens behind.
func (m *Manager) mayTouch(c *call, username string) error {
	if c.who.User.Superuser || username == c.who.User.Username {
		return nil
	}
	groups, err := m.groups(c)
	if err != nil {
		return err
	}
	u, err := m.lookUp(c, username)
	switch {
	case errors.Is(err, auth.ErrUnknownUser):
		return nil
	case errors.Is(err, auth.ErrInactive):
		err = &lackedRight{errForbidden, "superuser"} // the directory does not return what they hold
	case err == nil:
		err = c.mayHave(u, groups)
	}
	m.noteForbidden(c, username, err)
	return err
}

// lookUp returns a user, even one who is disabled if that can be known.
func (m *Manager) lookUp(c *call, username string) (auth.User, error) {
	if m.config.Directory == nil {
		return auth.User{}, auth.ErrInactive
	}
	u, err := m.config.Directory.Lookup(c.Context(), username)
	if m.config.Users == nil || !errors.Is(err, auth.ErrInactive) {
		return u, err
	}
	a, stored := m.config.Users.Store().Account(c.Context(), username)
	if errors.Is(stored, auth.ErrUnknownUser) { // another directory has disabled them
		return u, err
	}
	return a.User, stored
}

// mayRevoke returns nil if the caller may revoke the token of that ID.
func (m *Manager) mayRevoke(c *call, admin auth.TokenAdmin, id string) error {
	if c.who.User.Superuser || id == c.who.TokenID {
		return nil
	}
	all, err := admin.Issued(c.Context(), "")
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(t auth.TokenInfo) bool { return t.ID == id })
	if i < 0 {
		return errNotFound
	}
	return m.mayTouch(c, all[i].Username)
}

// mayChangeGroup returns nil if the caller may replace a group by g: they hold what it
// gives and gave, and no member has more rights than they have.
func (m *Manager) mayChangeGroup(c *call, g auth.Group) error {
	groups, err := m.groups(c)
	if err != nil {
		return err
	}
	err = c.holds(groups, slices.Concat(g.Permissions, groups[g.Name].Permissions))
	if _, known := groups[g.Name]; err == nil && known && !c.who.User.Superuser {
		var members []auth.Account
		if members, err = m.config.Users.Store().Accounts(c.Context()); err != nil {
			return err
		}
		for _, a := range members {
			if err == nil && slices.Contains(a.Groups, g.Name) {
				err = c.mayHave(a.User, groups)
			}
		}
	}
	m.noteForbidden(c, "group "+g.Name, err)
	if err != nil {
		return err
	}
	if _, known := groups[g.Name]; !known && c.Method == http.MethodPut {
		return badField(noField, auth.CheckNewName("group", g.Name, slices.Collect(maps.Keys(groups))))
	}
	return nil
}

// noteForbidden writes an audit record if err is about a right that the caller lacks.
func (m *Manager) noteForbidden(c *call, subject string, err error) {
	if lacked, ok := errors.AsType[*lackedRight](err); ok {
		m.note(c, audit.Record{Action: audit.Forbidden, Subject: subject, Outcome: audit.Refused, Detail: lacked.right})
	}
}
