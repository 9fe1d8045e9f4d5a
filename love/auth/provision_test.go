package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

func TestProvision_AddsAndUpdatesAUserOfAnotherSystem(t *testing.T) {
	u := users(t)
	ldap := auth.User{Username: "ada", Email: "a@x", Groups: []string{auth.GroupCommand}}
	got, err := u.Provision(t.Context(), ldap)
	require.NoError(t, err)
	require.True(t, got.Added)
	require.Equal(t, []string{"cmd"}, got.Granted)
	require.Contains(t, got.User.GroupPermissions, auth.ExecuteCommand)
	_, err = u.Authenticate(t.Context(), "ada", "")
	require.ErrorIs(t, err, auth.ErrCredentials, "no password fits")

	ldap.Email, ldap.Groups = "b@x", []string{auth.GroupUIFramework}
	got, err = u.Provision(t.Context(), ldap)
	require.NoError(t, err)
	require.False(t, got.Added)
	require.Equal(t, []string{"ui_framework"}, got.Granted)
	require.Equal(t, "b@x", got.User.Email)
	require.Equal(t, []string{"cmd", "ui_framework"}, got.User.Groups, "groups are added")
	got, err = u.Provision(t.Context(), ldap)
	require.NoError(t, err)
	require.Len(t, got.User.Groups, 2)
	require.Empty(t, got.Granted)

	require.NoError(t, u.Store().DeleteGroup(t.Context(), auth.GroupUIFramework))
	got, err = u.Provision(t.Context(), ldap)
	require.NoError(t, err, "a group that was removed here keeps nobody out")
	require.Equal(t, []string{"cmd"}, got.User.Groups)
}

func TestProvision_RefusesAUserWhoBelongsHere(t *testing.T) {
	u := users(t)
	_, err := u.Provision(t.Context(), auth.User{Username: "ada"})
	require.NoError(t, err)
	require.NoError(t, u.SetActive(t.Context(), "ada", false))
	for _, name := range []string{"ada", "admin", "a b"} { // disabled here, with a password here, not usable here
		_, err = u.Provision(t.Context(), auth.User{Username: name})
		require.ErrorIs(t, err, auth.ErrCredentials, name)
	}
}
