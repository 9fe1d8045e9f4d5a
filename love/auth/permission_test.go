package auth_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

func TestPermission_AllowsItselfAndCommandsByPattern(t *testing.T) {
	move := auth.CommandPermission("ATDome", 1, "cmd_moveAzimuth")
	require.Equal(t, auth.Permission("ATDome:1:moveAzimuth"), move)
	require.Equal(t, move, auth.CommandPermission("ATDome", 1, "moveAzimuth"))
	for _, c := range []struct {
		held, wanted auth.Permission
		ok           bool
	}{
		{auth.ExecuteCommand, auth.ExecuteCommand, true},
		{auth.ExecuteCommand, move, true},
		{auth.ExecuteCommand, auth.SomeCommand, true},
		{auth.ExecuteCommand, auth.ManageUsers, false},
		{auth.ManageUsers, move, false},
		{auth.ManageUsers, auth.SomeCommand, false},
		{"ATDome:*:move*", move, true},
		{"ATDome:*:cmd_move*", move, true},
		{"ATDome:*:move*", auth.SomeCommand, true},
		{"ATDome:*:move*", auth.ExecuteCommand, false},
		{"ATDome:1:moveAzimuth", move, true},
		{"ATDome:?:*", move, true},
		{"*:*:*", move, true},
		{"*:*:*", auth.ExecuteCommand, false},
		{"*:*:*", auth.Publish, false},
		{"ATDome:2:move*", move, false},
		{"ATDome:*:stop*", move, false},
		{"MTDome:*:move*", move, false},
		{"atdome:*:move*", move, false},
		{"ATDome:*:move", move, false},
		{"*Dome:*:*", "MTDome:0:exit", true},
		{"*:*:*", "a/b:0:exit", true},
		{"*:*:*", "", false},
		{"ATDome:*:*", "ATDome:1:a:b", false},
		{"", move, false},
	} {
		require.Equal(t, c.ok, c.held.Allows(c.wanted), "%s allows %s", c.held, c.wanted)
	}
}

func TestParsePermission_KnowsWhatCanBeGranted(t *testing.T) {
	for _, p := range append(auth.Permissions(), "ATDome:*:move*", "*:*:*", "MTHexapod:1:m?ve", "ScriptQueue:1:add") {
		got, err := auth.ParsePermission(string(p))
		require.NoError(t, err)
		require.Equal(t, p, got)
	}
	require.Contains(t, auth.Permissions(), auth.Permission("ui_framework.delete_workspaceview"))
	require.Contains(t, auth.Permissions(), auth.Permission("api.view_emergencycontact"))
	for _, text := range []string{"", "execute_command", "api.everything", string(auth.SomeCommand), "a:b", "a:b:c:d", "::", "a::c", "a:[b:c", `a:\:c`, "a:b: c", "a:b/c:d", strings.Repeat("a", 101) + ":*:*"} {
		_, err := auth.ParsePermission(text)
		require.ErrorContains(t, err, "ATDome:*:move*", "%q: the error shows how", text)
	}
}

func TestAuthorizer_WithADirectoryGoesByTheUserAsOfNow(t *testing.T) {
	u := users(t)
	by := auth.RoleAuthorizer{Users: u}
	p := auth.Principal{User: auth.User{Username: "user", Superuser: true, Permissions: []auth.Permission{auth.ExecuteCommand}}}
	move := auth.CommandPermission("ATDome", 0, "moveAzimuth")
	require.ErrorIs(t, by.Authorize(t.Context(), p, move), auth.ErrForbidden, "what the principal held once does not count")

	require.NoError(t, u.Store().UpdateAccount(t.Context(), "user", func(a *auth.Account) error {
		a.Permissions = []auth.Permission{"ATDome:*:move*"}
		return nil
	}))
	require.NoError(t, by.Authorize(t.Context(), p, move))
	require.NoError(t, by.Authorize(t.Context(), p, auth.SomeCommand))
	require.ErrorIs(t, by.Authorize(t.Context(), p, auth.ExecuteCommand), auth.ErrForbidden)

	require.NoError(t, u.Store().PutGroup(t.Context(), auth.Group{Name: auth.GroupUIFramework, Permissions: []auth.Permission{auth.ExecuteCommand}}))
	require.NoError(t, by.Authorize(t.Context(), p, auth.ExecuteCommand), "by its group")
	require.NoError(t, u.Store().PutGroup(t.Context(), auth.Group{Name: auth.GroupCommand}))
	cmd := auth.Principal{User: auth.User{Username: "cmd_user"}}
	require.NoError(t, u.Store().PutGroup(t.Context(), auth.Group{Name: auth.GroupUIFramework}))
	require.ErrorIs(t, by.Authorize(t.Context(), cmd, auth.ExecuteCommand), auth.ErrForbidden, "what groups give by default does not count either")

	require.NoError(t, u.SetActive(t.Context(), "user", false))
	require.ErrorIs(t, by.Authorize(t.Context(), p, move), auth.ErrForbidden)
	require.ErrorIs(t, by.Authorize(t.Context(), auth.Principal{User: auth.User{Username: "gone", Superuser: true}}, move), auth.ErrForbidden)
	require.ErrorIs(t, by.Authorize(t.Context(), auth.Principal{Process: true}, move), auth.ErrForbidden)
	require.ErrorIs(t, auth.RoleAuthorizer{Users: brokenDirectory{}}.Authorize(t.Context(), p, move), errAway)
}

func TestPublishingHasToBeGivenEvenToASuperuser(t *testing.T) {
	may := func(u auth.User) bool {
		return auth.RoleAuthorizer{}.Authorize(t.Context(), auth.Principal{User: u}, auth.Publish) == nil
	}
	require.False(t, may(auth.User{Username: "admin", Superuser: true}))
	require.True(t, may(auth.User{Username: "admin", Superuser: true, Permissions: []auth.Permission{auth.Publish}}))
}
