package ldap_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/ldap"
)

// hookedUsers changes something after the directory has checked a password.
type hookedUsers struct {
	*auth.Users
	checked func()
}

func (u *hookedUsers) Provision(ctx context.Context, user auth.User) (auth.Provisioned, error) {
	u.checked()
	return u.Users.Provision(ctx, user)
}

func TestLogIn_ThatIsOvertakenByAChangeHereIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(context.Context, *auth.Users) error
		want   error
	}{
		"all tokens ended": {func(ctx context.Context, u *auth.Users) error { return u.EndTokens(ctx, "ada") }, auth.ErrSuperseded},
		"deleted":          {func(ctx context.Context, u *auth.Users) error { return u.Store().DeleteAccount(ctx, "ada") }, auth.ErrSuperseded},
		"disabled":         {func(ctx context.Context, u *auth.Users) error { return u.SetActive(ctx, "ada", false) }, auth.ErrCredentials},
		"a local password": {func(ctx context.Context, u *auth.Users) error { return u.SetPassword(ctx, "ada", "local") }, auth.ErrCredentials},
		"a group": {func(ctx context.Context, u *auth.Users) error {
			return u.Store().PutGroup(ctx, auth.Group{Name: "night"})
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			users := &hookedUsers{Users: localUsers(t), checked: func() {}}
			a, err := ldap.New(config(newDirectory(t, true), "ldaps"), users)
			require.NoError(t, err)
			_, err = a.Authenticate(t.Context(), "ada", "ada's secret")
			require.NoError(t, err)

			users.checked = func() { require.NoError(t, c.change(t.Context(), users.Users)) }
			_, err = a.Authenticate(t.Context(), "ada", "ada's secret")
			require.ErrorIs(t, err, c.want)
		})
	}
}
