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

func TestProvisionBy_BindsTheAccountToTheIdentity(t *testing.T) {
	u := users(t)
	first := auth.Voucher{Identity: "https://id.example 1"}
	got, err := u.ProvisionBy(t.Context(), auth.User{Username: "ada"}, first)
	require.NoError(t, err)
	require.True(t, got.Added)
	_, err = u.ProvisionBy(t.Context(), auth.User{Username: "ada", Email: "a@x"}, first)
	require.NoError(t, err)
	for why, v := range map[string]auth.Voucher{
		"somebody else has the name now": {Identity: "https://id.example 2"},
		"another provider":               {Identity: "https://other.example 1", Adopt: true},
		"LDAP":                           {},
	} {
		_, err = u.ProvisionBy(t.Context(), auth.User{Username: "ada"}, v)
		require.ErrorIs(t, err, auth.ErrCredentials, why)
		require.ErrorContains(t, err, "belongs to somebody else", why)
	}
	account, err := u.Store().Account(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, first.Identity, account.Identity)
	require.Equal(t, "a@x", account.Email)
}

func TestProvisionBy_AdoptsAnAccountOnlyIfItMay(t *testing.T) {
	u := users(t)
	_, err := u.Provision(t.Context(), auth.User{Username: "ada"}) // by LDAP
	require.NoError(t, err)
	v := auth.Voucher{Identity: "https://id.example 1"}
	_, err = u.ProvisionBy(t.Context(), auth.User{Username: "ada"}, v)
	require.ErrorIs(t, err, auth.ErrCredentials)
	v.Adopt = true
	_, err = u.ProvisionBy(t.Context(), auth.User{Username: "ada"}, v)
	require.NoError(t, err)
	account, err := u.Store().Account(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, v.Identity, account.Identity)
	_, err = u.ProvisionBy(t.Context(), auth.User{Username: "admin"}, v)
	require.ErrorIs(t, err, auth.ErrCredentials, "nobody adopts a user with a password")
}

func TestProvisionBy_TakesTheGroupsThatItGives(t *testing.T) {
	u := users(t)
	require.NoError(t, u.Store().PutGroup(t.Context(), auth.Group{Name: "night"}))
	v := auth.Voucher{Identity: "1", Groups: []string{auth.GroupCommand, auth.GroupUIFramework}}
	_, err := u.ProvisionBy(t.Context(), auth.User{Username: "ada", Groups: []string{auth.GroupCommand}}, v)
	require.NoError(t, err)
	require.NoError(t, u.Store().UpdateAccount(t.Context(), "ada", func(a *auth.Account) error {
		a.Groups = append(a.Groups, "night")
		return nil
	}))
	got, err := u.ProvisionBy(t.Context(), auth.User{Username: "ada", Groups: []string{auth.GroupUIFramework}}, v)
	require.NoError(t, err)
	require.Equal(t, []string{"ui_framework"}, got.Granted)
	require.Equal(t, []string{"cmd"}, got.Taken)
	require.Equal(t, []string{"night", "ui_framework"}, got.User.Groups, "what was given here stays")
	require.NotContains(t, got.User.GroupPermissions, auth.ExecuteCommand)
}
