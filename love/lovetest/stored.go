package lovetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/commander/record"
)

// Stored is a store of type S for the suite of its interface:
//
//	lovetest.RunUserStore(t, func(t *testing.T) lovetest.Stored[auth.UserStore] {
//		path := filepath.Join(t.TempDir(), "users")
//		open := func(t *testing.T) auth.UserStore { return openMyStore(t, path) } // closes it with t.Cleanup
//		return lovetest.Stored[auth.UserStore]{Store: open(t), Reopen: open}
//	})
type Stored[S any] struct {
	// Store is new and empty.
	Store S
	// Reopen opens the same data once more, as the next run of the program does. Store
	// is not used any more; Reopen may close it. Nil: the store keeps nothing.
	Reopen func(t *testing.T) S
}

// reopened opens the data of a store once more; without that, the test is skipped.
func (s Stored[S]) reopened(t *testing.T) S {
	t.Helper()
	if s.Reopen == nil {
		t.Skip("this store keeps nothing: Stored.Reopen is nil")
	}
	return s.Reopen(t)
}

func usersAreKept(t *testing.T, stored Stored[auth.UserStore]) {
	s, ctx := stored.Store, t.Context()
	for _, name := range []string{"ada", "bob", "eve", "zoe"} {
		a := ada
		a.Username = name
		require.NoError(t, s.CreateAccount(ctx, a))
	}
	require.NoError(t, s.PutGroup(ctx, auth.Group{Name: "night", Permissions: []auth.Permission{"ATDome:*:*"}}))
	require.NoError(t, s.DeleteGroup(ctx, auth.GroupCommand))
	require.NoError(t, s.UpdateAccount(ctx, "ada", func(a *auth.Account) error {
		a.Disabled, a.Groups, a.Permissions, a.PasswordHash = true, []string{"night"}, nil, "another hash"
		return nil
	}))
	require.NoError(t, s.UpdateAccount(ctx, "eve", func(a *auth.Account) error { a.EndTokens(); return nil }))
	require.NoError(t, s.DeleteAccount(ctx, "bob"))
	deleted, err := s.Account(ctx, "zoe")
	require.NoError(t, err)
	require.NoError(t, s.UpdateAccount(ctx, "zoe", func(a *auth.Account) error { a.EndTokens(); return nil }))
	require.NoError(t, s.DeleteAccount(ctx, "zoe"))
	accounts, err := s.Accounts(ctx)
	require.NoError(t, err)
	groups, err := s.Groups(ctx)
	require.NoError(t, err)

	again := stored.reopened(t)
	for _, name := range []string{"bob", "zoe"} {
		_, err = again.Account(ctx, name)
		require.ErrorIs(t, err, auth.ErrUnknownUser, "the deletion was not kept")
	}
	kept, err := again.Accounts(ctx)
	require.NoError(t, err)
	require.Equal(t, accounts, kept)
	keptGroups, err := again.Groups(ctx)
	require.NoError(t, err)
	require.Equal(t, groups, keptGroups)
	require.NoError(t, again.CreateAccount(ctx, auth.Account{User: auth.User{Username: "zoe"}}))
	zoe, err := again.Account(ctx, "zoe")
	require.NoError(t, err)
	require.Greater(t, zoe.TokensFrom, deleted.Version, "the tokens of the deleted account would be valid again")
}

func tokensAreKept(t *testing.T, stored Stored[jwt.TokenStore]) {
	s, ctx := stored.Store, t.Context()
	for _, id := range []string{"open", "revoked"} {
		require.NoError(t, s.Add(ctx, auth.TokenInfo{ID: id, Username: "ada", Issued: storeStart, Expires: storeStart.Add(time.Hour)}))
	}
	for _, id := range []string{"revoked", "unknown"} {
		_, err := s.Revoke(ctx, id, storeStart.Add(time.Hour))
		require.NoError(t, err)
	}
	all, err := s.List(ctx, "")
	require.NoError(t, err)

	again := stored.reopened(t)
	kept, err := again.List(ctx, "")
	require.NoError(t, err)
	require.ElementsMatch(t, all, kept)
	for id, want := range map[string]bool{"open": false, "revoked": true, "unknown": true} {
		revoked, err := again.Revoked(ctx, id)
		require.NoError(t, err)
		require.Equal(t, want, revoked, "the revocation of %s", id)
	}
}

func keysAreKept(t *testing.T, stored Stored[jwt.Keyring]) {
	old, err := stored.Store.SigningKey(t.Context())
	require.NoError(t, err)
	fresh, err := stored.Store.Rotate(t.Context(), time.Hour)
	require.NoError(t, err)

	again := stored.reopened(t)
	signs, err := again.SigningKey(t.Context())
	require.NoError(t, err)
	require.Equal(t, fresh.ID, signs.ID)
	require.Equal(t, fresh.Secret, signs.Secret)
	kept, err := again.Key(t.Context(), old.ID)
	require.NoError(t, err)
	require.Equal(t, old.Secret, kept.Secret)
}

func auditRecordsAreKept(t *testing.T, stored Stored[audit.Log]) {
	r := audit.Record{Time: storeStart, Actor: "ada", Address: "10.0.0.1", Action: audit.LogIn, Subject: "ada", Outcome: audit.Done}
	require.NoError(t, stored.Store.Record(t.Context(), r))
	kept, err := stored.reopened(t).Records(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, []audit.Record{r}, kept)
}

func holdsAreKept(t *testing.T, stored Stored[authority.Store]) {
	addHold(t, stored.Store, 1)
	addHold(t, stored.Store, 2)
	require.NoError(t, stored.Store.Change(t.Context(), func(held []love.Hold) ([]love.Hold, error) { return held[1:], nil }))
	addWaiting(t, stored.Store, 1)
	again := stored.reopened(t)
	require.Equal(t, []love.Hold{hold(2)}, held(t, again))
	all, err := again.Waiting()
	require.NoError(t, err)
	require.Equal(t, []authority.Waiting{waiting(1)}, all)
}

func commandsAreKept(t *testing.T, stored Stored[record.Store]) {
	begin(t, stored.Store, recordEntry(1), recordEntry(2))
	require.NoError(t, stored.Store.Change(t.Context(), change(2, love.CommandOutcome{State: love.CommandDone, Result: "Done"})))
	_, err := stored.Store.Prune(t.Context(), recordEntry(2).Time)
	require.NoError(t, err)
	all := list(t, stored.Store, love.CommandFilter{})
	require.Len(t, all, 1)
	require.Equal(t, all, list(t, stored.reopened(t), love.CommandFilter{}))
}
