package lovetest

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

// RunUserStore is the conformance suite of [auth.UserStore]. open returns a new
// store for each test (see [Stored]), and closes it with t.Cleanup.
func RunUserStore(t *testing.T, open func(t *testing.T) Stored[auth.UserStore]) {
	for name, test := range map[string]func(*testing.T, auth.UserStore){
		"a new store has the default groups and no accounts":      freshUsers,
		"an account is returned unchanged, with its permissions":  accountComesBack,
		"names are kept unchanged":                                accountNames,
		"a name can be used once":                                 accountTaken,
		"unknown accounts and groups have their own errors":       accountUnknown,
		"an update that fails changes nothing":                    accountUpdateFails,
		"updates at the same time are all kept":                   accountUpdatesAtOnce,
		"changes of a group apply at once":                        groupRights,
		"watchers are notified of new, changed, deleted accounts": accountWatch,
		"results are copies":                                      accountCopy,
		"an account created again has no permissions":             accountAgain,
		"an account has the versions of auth.Account.Versioned":   accountVersions,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t).Store) })
	}
	t.Run("what is stored outlives the store", func(t *testing.T) { usersAreKept(t, open(t)) })
}

var ada = auth.Account{
	User: auth.User{
		Username: "ada", Email: "ada@example.org", FirstName: "Ada", LastName: "Lovelace é",
		Groups: []string{auth.GroupCommand, auth.GroupUIFramework}, Permissions: []auth.Permission{"ATDome:*:move*", auth.ManageUsers},
	},
	PasswordHash: "a hash",
	Identity:     "https://id.example.org 4711",
}

// requireAda requires that an account is ada, with whatever versions and with the
// permissions of her groups.
func requireAda(t *testing.T, got auth.Account) {
	t.Helper()
	got.GroupPermissions, got.Version, got.TokensFrom = nil, 0, 0
	require.Equal(t, ada, got)
}

func freshUsers(t *testing.T, s auth.UserStore) {
	groups, err := s.Groups(t.Context())
	require.NoError(t, err)
	want := auth.DefaultGroups()
	for i := range want {
		want[i] = want[i].Normal()
	}
	require.Equal(t, want, groups)
	all, err := s.Accounts(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
}

func accountComesBack(t *testing.T, s auth.UserStore) {
	twice := ada
	twice.Groups = []string{auth.GroupUIFramework, auth.GroupCommand, auth.GroupCommand}
	twice.GroupPermissions = []auth.Permission{"ignored"}
	require.NoError(t, s.CreateAccount(t.Context(), twice))
	require.NoError(t, s.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "Zoe", Superuser: true}, Disabled: true}))
	got, err := s.Account(t.Context(), "ada")
	require.NoError(t, err)
	require.Contains(t, got.GroupPermissions, auth.ExecuteCommand)
	require.Contains(t, got.GroupPermissions, auth.Permission("ui_framework.add_view"))
	require.NotContains(t, got.GroupPermissions, auth.Permission("ignored"))
	requireAda(t, got)

	all, err := s.Accounts(t.Context())
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, "Zoe", all[0].Username, "by name, capitals first")
	require.True(t, all[0].Superuser)
	require.True(t, all[0].Disabled)
	require.Empty(t, all[0].GroupPermissions)
	require.NotEmpty(t, all[1].GroupPermissions)
}

func accountNames(t *testing.T, s auth.UserStore) {
	names := []string{"a", "A", "é", "o'hara", `"quoted"`, "%", "$1", "名前", "x;--"}
	for _, n := range names {
		require.NoError(t, s.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: n, Email: n}}), n)
	}
	for _, n := range names {
		a, err := s.Account(t.Context(), n)
		require.NoError(t, err)
		require.Equal(t, n, a.Email)
	}
	require.NoError(t, s.DeleteAccount(t.Context(), "%"))
	all, err := s.Accounts(t.Context())
	require.NoError(t, err)
	require.Len(t, all, len(names)-1)
}

func accountTaken(t *testing.T, s auth.UserStore) {
	require.NoError(t, s.CreateAccount(t.Context(), ada))
	require.ErrorIs(t, s.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}), auth.ErrUserExists)
	got, err := s.Account(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, ada.Email, got.Email)
}

func accountUnknown(t *testing.T, s auth.UserStore) {
	ctx, touched := t.Context(), func(*auth.Account) error { return errors.New("called") }
	_, err := s.Account(ctx, "nobody")
	require.ErrorIs(t, err, auth.ErrUnknownUser)
	require.ErrorIs(t, s.UpdateAccount(ctx, "nobody", touched), auth.ErrUnknownUser)
	require.ErrorIs(t, s.DeleteAccount(ctx, "nobody"), auth.ErrUnknownUser)
	require.ErrorIs(t, s.DeleteGroup(ctx, "nothing"), auth.ErrUnknownGroup)
	require.ErrorIs(t, s.CreateAccount(ctx, auth.Account{User: auth.User{Username: "x", Groups: []string{"nothing"}}}), auth.ErrUnknownGroup)
	_, err = s.Account(ctx, "x")
	require.ErrorIs(t, err, auth.ErrUnknownUser, "it was not created")
	require.NoError(t, s.CreateAccount(ctx, ada))
	err = s.UpdateAccount(ctx, "ada", func(a *auth.Account) error {
		a.Groups = []string{"nothing"}
		return nil
	})
	require.ErrorIs(t, err, auth.ErrUnknownGroup)
	got, err := s.Account(ctx, "ada")
	require.NoError(t, err)
	require.Equal(t, ada.Groups, got.Groups)
}

func accountUpdateFails(t *testing.T, s auth.UserStore) {
	require.NoError(t, s.CreateAccount(t.Context(), ada))
	no := errors.New("no")
	require.ErrorIs(t, s.UpdateAccount(t.Context(), "ada", func(a *auth.Account) error {
		a.Email, a.Groups[0], a.Permissions = "other", "other", nil
		return no
	}), no)
	got, err := s.Account(t.Context(), "ada")
	require.NoError(t, err)
	requireAda(t, got)
}

func accountUpdatesAtOnce(t *testing.T, s auth.UserStore) {
	require.NoError(t, s.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			err := s.UpdateAccount(t.Context(), "ada", func(a *auth.Account) error {
				a.Email += "x"
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := s.Account(t.Context(), "ada")
	require.NoError(t, err)
	require.Len(t, got.Email, 20)
}

func groupRights(t *testing.T, s auth.UserStore) {
	ctx := t.Context()
	rights := func() []auth.Permission {
		a, err := s.Account(ctx, "ada")
		require.NoError(t, err)
		return a.GroupPermissions
	}
	require.NoError(t, s.PutGroup(ctx, auth.Group{Name: "night", Permissions: []auth.Permission{"b:*:*", "a:*:*", "a:*:*"}}))
	require.NoError(t, s.CreateAccount(ctx, auth.Account{User: auth.User{Username: "ada", Groups: []string{"night"}}}))
	require.Equal(t, []auth.Permission{"a:*:*", "b:*:*"}, rights())
	require.NoError(t, s.PutGroup(ctx, auth.Group{Name: "night", Permissions: []auth.Permission{auth.Publish}}))
	require.Equal(t, []auth.Permission{auth.Publish}, rights())
	require.NoError(t, s.DeleteGroup(ctx, "night"))
	require.Empty(t, rights())
	a, err := s.Account(ctx, "ada")
	require.NoError(t, err)
	require.Empty(t, a.Groups)
	groups, err := s.Groups(ctx)
	require.NoError(t, err)
	require.False(t, slices.ContainsFunc(groups, func(g auth.Group) bool { return g.Name == "night" }))
}

func accountWatch(t *testing.T, s auth.UserStore) {
	ctx := t.Context()
	var notified []string
	cancel := s.WatchAccounts(func(name string) { notified = append(notified, name) })
	for _, n := range []string{"ada", "bob", "eve"} {
		require.NoError(t, s.CreateAccount(ctx, auth.Account{User: auth.User{Username: n, Groups: []string{auth.GroupCommand}}}))
		require.Equal(t, []string{n}, notified, "before the call returns")
		notified = nil
	}
	require.NoError(t, s.UpdateAccount(ctx, "ada", func(a *auth.Account) error {
		a.Disabled = true
		return nil
	}))
	require.Equal(t, []string{"ada"}, notified, "before the change returns")
	require.NoError(t, s.DeleteAccount(ctx, "bob"))
	require.Equal(t, []string{"ada", "bob"}, notified)
	notified = nil
	require.NoError(t, s.PutGroup(ctx, auth.Group{Name: auth.GroupCommand}))
	require.ElementsMatch(t, []string{"ada", "eve"}, notified, "the members of a group that changed")
	cancel()
	require.NoError(t, s.DeleteAccount(ctx, "ada"))
	require.Len(t, notified, 2, "a watcher that was cancelled is not called")
}

func accountCopy(t *testing.T, s auth.UserStore) {
	require.NoError(t, s.CreateAccount(t.Context(), ada))
	one, err := s.Account(t.Context(), "ada")
	require.NoError(t, err)
	all, err := s.Accounts(t.Context())
	require.NoError(t, err)
	groups, err := s.Groups(t.Context())
	require.NoError(t, err)
	one.Groups[0], one.Permissions[0], one.GroupPermissions[0] = "x", "x", "x"
	all[0].Groups[0], groups[0].Permissions[0] = "x", "x"
	again, err := s.Account(t.Context(), "ada")
	require.NoError(t, err)
	require.NotContains(t, again.GroupPermissions, auth.Permission("x"))
	requireAda(t, again)
	freshGroups, err := s.Groups(t.Context())
	require.NoError(t, err)
	require.Equal(t, auth.ExecuteCommand, freshGroups[0].Permissions[0])
}

func accountAgain(t *testing.T, s auth.UserStore) {
	require.NoError(t, s.CreateAccount(t.Context(), ada))
	require.NoError(t, s.DeleteAccount(t.Context(), "ada"))
	require.NoError(t, s.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}))
	got, err := s.Account(t.Context(), "ada")
	require.NoError(t, err)
	require.Empty(t, got.Groups)
	require.Empty(t, got.Permissions)
	require.Empty(t, got.PasswordHash)
}

func accountVersions(t *testing.T, s auth.UserStore) {
	ctx := t.Context()
	now := func() (version, tokensFrom int64) {
		a, err := s.Account(ctx, "ada")
		require.NoError(t, err)
		return a.Version, a.TokensFrom
	}
	change := func(change func(*auth.Account)) {
		require.NoError(t, s.UpdateAccount(ctx, "ada", func(a *auth.Account) error {
			change(a)
			return nil
		}))
	}
	forged := ada
	forged.Version, forged.TokensFrom = 1e6, -1
	require.NoError(t, s.CreateAccount(ctx, forged))
	last, from := now()
	require.Positive(t, last)
	require.Equal(t, last, from, "a new account has no tokens")
	require.Less(t, last, int64(1e6), "the store chooses the version")

	for why, f := range map[string]func(*auth.Account){
		"other data":      func(a *auth.Account) { a.Email = "other@example.org" },
		"rights":          func(a *auth.Account) { a.Superuser, a.Groups = true, nil },
		"forged versions": func(a *auth.Account) { a.Version, a.TokensFrom = 1e6, 1 },
	} {
		change(f)
		version, tokens := now()
		require.Equal(t, []int64{last, from}, []int64{version, tokens}, why)
	}
	for _, f := range []func(*auth.Account){
		func(a *auth.Account) { a.PasswordHash = "another hash" },
		func(a *auth.Account) { a.Disabled = true },
		func(a *auth.Account) { a.Disabled = false },
	} {
		change(f)
		version, tokens := now()
		require.Greater(t, version, last, "log-ins that were checked before are superseded")
		require.Equal(t, from, tokens, "tokens stay valid")
		last = version
	}
	change((*auth.Account).EndTokens)
	version, tokens := now()
	require.Greater(t, version, last)
	require.Equal(t, version, tokens, "all tokens have ended")

	require.NoError(t, s.DeleteAccount(ctx, "ada"))
	require.NoError(t, s.CreateAccount(ctx, ada))
	again, tokens := now()
	require.Greater(t, again, version, "an account of the same name is another one")
	require.Equal(t, again, tokens)
	all, err := s.Accounts(ctx)
	require.NoError(t, err)
	require.Equal(t, again, all[0].Version)
}
