package auth_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/lovetest"
)

// brokenStore is a store of users whose database may be away.
type brokenStore struct {
	auth.UserStore
	away bool
}

func (s *brokenStore) Account(ctx context.Context, username string) (auth.Account, error) {
	if s.away {
		return auth.Account{}, errAway
	}
	return s.UserStore.Account(ctx, username)
}

// underTest returns users with ada for the conformance suite.
func underTest(t *testing.T) lovetest.AuthenticatorSetup {
	store := &brokenStore{UserStore: auth.NewMemoryUserStore()}
	u := auth.NewUsers(store, cheap())
	require.NoError(t, u.Add(t.Context(), auth.User{Username: "ada"}, "Correct horse"))
	return lovetest.AuthenticatorSetup{
		Authenticator: u, Username: "ada", Password: "Correct horse",
		Disable: func(t *testing.T) { require.NoError(t, u.SetActive(t.Context(), "ada", false)) },
		Break:   func(*testing.T) { store.away = true },
	}
}

func TestUsers_PassTheConformanceSuite(t *testing.T) { lovetest.RunAuthenticator(t, underTest) }

func TestLogIn_GivesTheUserForTheRightPasswordOnly(t *testing.T) {
	u := users(t)
	got, err := u.Authenticate(t.Context(), "cmd_user", "secret of cmd_user")
	require.NoError(t, err)
	require.Equal(t, "cmd_user", got.Username)
	require.Equal(t, []string{"cmd", "ui_framework"}, got.Groups)

	require.NoError(t, u.SetActive(t.Context(), "user", false))
	for name, c := range map[string][2]string{
		"wrong password":        {"cmd_user", "secret of admin"},
		"empty password":        {"cmd_user", ""},
		"unknown user":          {"nobody", "secret of nobody"},
		"empty user":            {"", ""},
		"other case":            {"CMD_USER", "secret of cmd_user"},
		"disabled user":         {"user", "secret of user"},
		"disabled, wrong again": {"user", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := u.Authenticate(t.Context(), c[0], c[1])
			require.Equal(t, auth.ErrCredentials, err, "the same error for every reason")
		})
	}
	require.NoError(t, u.SetActive(t.Context(), "user", true))
	_, err = u.Authenticate(t.Context(), "user", "secret of user")
	require.NoError(t, err)
}

func TestAdd_RefusesWhatCannotBeAUser(t *testing.T) {
	u := users(t)
	require.ErrorIs(t, u.Add(t.Context(), auth.User{Username: "admin"}, "x"), auth.ErrUserExists)
	_, err := u.Authenticate(t.Context(), "admin", "secret of admin")
	require.NoError(t, err, "the existing password stays")

	for _, name := range []string{"", "a b", "a\nb", "a\x00", "\xff", strings.Repeat("é", 151)} {
		require.ErrorContains(t, u.Add(t.Context(), auth.User{Username: name}, "x"), "not usable", "%q", name)
	}
	require.NoError(t, u.Add(t.Context(), auth.User{Username: strings.Repeat("é", 150)}, "x"))
	require.ErrorContains(t, u.Add(t.Context(), auth.User{Username: "new"}, ""), "empty")
}

func TestLookup_DistinguishesUnknownFromDisabled(t *testing.T) {
	u := users(t)
	_, err := u.Lookup(t.Context(), "nobody")
	require.ErrorIs(t, err, auth.ErrUnknownUser)
	require.ErrorIs(t, u.SetActive(t.Context(), "nobody", false), auth.ErrUnknownUser)

	require.NoError(t, u.SetActive(t.Context(), "user", false))
	_, err = u.Lookup(t.Context(), "user")
	require.ErrorIs(t, err, auth.ErrInactive)
}

func TestLookup_GivesACopy(t *testing.T) {
	u := users(t)
	got, err := u.Lookup(t.Context(), "user")
	require.NoError(t, err)
	got.Groups[0] = auth.GroupCommand
	again, err := u.Lookup(t.Context(), "user")
	require.NoError(t, err)
	require.Equal(t, []string{auth.GroupUIFramework}, again.Groups)
}

func TestRoles_DecideByUserAndGroup(t *testing.T) {
	own := auth.RoleAuthorizer{Roles: auth.Roles{"night": {"telescope.open"}}}
	for name, c := range map[string]struct {
		by   auth.RoleAuthorizer
		who  auth.Principal
		what auth.Permission
		ok   bool
	}{
		"superuser":              {who: auth.Principal{User: auth.User{Superuser: true}}, what: "anything", ok: true},
		"group cmd":              {who: auth.Principal{User: auth.User{Groups: []string{"cmd"}}}, what: auth.ExecuteCommand, ok: true},
		"group cmd, other right": {who: auth.Principal{User: auth.User{Groups: []string{"cmd"}}}, what: "anything"},
		"directly":               {who: auth.Principal{User: auth.User{Permissions: []auth.Permission{auth.ExecuteCommand}}}, what: auth.ExecuteCommand, ok: true},
		"group ui_framework":     {who: auth.Principal{User: auth.User{Groups: []string{"ui_framework"}}}, what: auth.ExecuteCommand},
		"nobody":                 {what: auth.ExecuteCommand},
		"a process":              {who: auth.Principal{Process: true}, what: auth.ExecuteCommand},
		"own roles":              {by: own, who: auth.Principal{User: auth.User{Groups: []string{"night"}}}, what: "telescope.open", ok: true},
		"own roles replace":      {by: own, who: auth.Principal{User: auth.User{Groups: []string{"cmd"}}}, what: auth.ExecuteCommand},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.by.Authorize(t.Context(), c.who, c.what)
			if c.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, auth.ErrForbidden)
		})
	}
}

func TestAddMissing_MakesTheDefaultUsersThatHaveAPassword(t *testing.T) {
	u := auth.NewUsers(auth.NewMemoryUserStore(), cheap())
	added, err := u.AddMissing(t.Context(), map[string]string{"admin": "a", "cmd_user": "c", "stranger": "x"})
	require.NoError(t, err)
	require.Equal(t, []string{"admin", "cmd_user"}, added)
	added, err = u.AddMissing(t.Context(), map[string]string{"admin": "other", "user": "u"})
	require.NoError(t, err)
	require.Equal(t, []string{"user"}, added)
	_, err = u.Authenticate(t.Context(), "admin", "a")
	require.NoError(t, err, "an existing password stays")

	require.NoError(t, u.SetPassword(t.Context(), "admin", "new"))
	_, err = u.Authenticate(t.Context(), "admin", "new")
	require.NoError(t, err)
	require.ErrorContains(t, u.SetPassword(t.Context(), "admin", ""), "empty")
	require.ErrorIs(t, u.SetPassword(t.Context(), "nobody", "x"), auth.ErrUnknownUser)
}

// What a log-in costs on purpose.
func BenchmarkLogIn(b *testing.B) {
	u := auth.NewUsers(auth.NewMemoryUserStore(), password.New())
	if err := u.Add(b.Context(), auth.User{Username: "ada"}, "x"); err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := u.Authenticate(b.Context(), "ada", "x"); err != nil {
				b.Error(err)
			}
		}
	})
}

// What a log-in costs beside the hash, which is as cheap as can be.
func BenchmarkLogInAmongManyUsers(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("%d users", n), func(b *testing.B) {
			u := auth.NewUsers(auth.NewMemoryUserStore(), cheap())
			for i := range n {
				if err := u.Add(b.Context(), auth.User{Username: fmt.Sprint("user", i), Groups: []string{auth.GroupCommand, auth.GroupUIFramework}}, "x"); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if _, err := u.Authenticate(b.Context(), "user0", "x"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
