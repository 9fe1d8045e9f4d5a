package auth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

// answers is an identity system that always answers the same.
type answers struct {
	name string
	err  error
}

func (a answers) Authenticate(context.Context, string, string) (auth.User, error) {
	return auth.User{Username: a.name}, a.err
}

// hangs until it is told to end.
type hangs struct{}

func (hangs) Authenticate(ctx context.Context, _, _ string) (auth.User, error) {
	<-ctx.Done()
	return auth.User{}, ctx.Err()
}

func TestEither_TheFirstThatAcceptsDecides(t *testing.T) {
	yes, no, away := answers{name: "ada"}, answers{err: auth.ErrCredentials}, answers{err: errAway}
	for name, c := range map[string]struct {
		ask  auth.Either
		want error
	}{
		"one accepts":              {auth.Either{no, yes}, nil},
		"one is away, one accepts": {auth.Either{away, yes}, nil},
		"one hangs, one accepts":   {auth.Either{hangs{}, yes}, nil},
		"all refuse":               {auth.Either{no, no}, auth.ErrCredentials},
		"one refuses, one is away": {auth.Either{away, no}, auth.ErrUnavailable},
		"a guess was made":         {auth.Either{away, no}, auth.ErrRefused},
		"nobody could check":       {auth.Either{away, away}, auth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := c.ask.Authenticate(t.Context(), "ada", "x")
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.want == auth.ErrCredentials, errors.Is(err, auth.ErrCredentials))
			if c.want == nil {
				require.Equal(t, "ada", u.Username)
			}
		})
	}
}

func TestProvision_MakesAndUpdatesWhomSomebodyElseVouchesFor(t *testing.T) {
	u := users(t)
	ldap := auth.User{Username: "ada", Email: "a@x", Groups: []string{auth.GroupCommand}}
	got, err := u.Provision(t.Context(), ldap)
	require.NoError(t, err)
	require.Contains(t, got.GroupPermissions, auth.ExecuteCommand)
	_, err = u.Authenticate(t.Context(), "ada", "")
	require.ErrorIs(t, err, auth.ErrCredentials, "no password fits")

	ldap.Email, ldap.Groups = "b@x", []string{auth.GroupUIFramework}
	got, err = u.Provision(t.Context(), ldap)
	require.NoError(t, err)
	require.Equal(t, "b@x", got.Email)
	require.Equal(t, []string{"cmd", "ui_framework"}, got.Groups, "groups are added")
	got, err = u.Provision(t.Context(), ldap)
	require.NoError(t, err)
	require.Len(t, got.Groups, 2)

	require.NoError(t, u.Store().DeleteGroup(t.Context(), auth.GroupUIFramework))
	got, err = u.Provision(t.Context(), ldap)
	require.NoError(t, err, "a group that was removed here is no reason to stay out")
	require.Equal(t, []string{"cmd"}, got.Groups)

	require.NoError(t, u.SetActive(t.Context(), "ada", false))
	_, err = u.Provision(t.Context(), ldap)
	require.ErrorIs(t, err, auth.ErrCredentials, "disabled here")
	_, err = u.Provision(t.Context(), auth.User{Username: "admin"})
	require.ErrorIs(t, err, auth.ErrCredentials, "a local user is not taken over")
	_, err = u.Provision(t.Context(), auth.User{Username: "a b"})
	require.ErrorIs(t, err, auth.ErrCredentials)
}
