package jwt_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/lovetest"
)

// hookedStore changes something while a token is being added.
type hookedStore struct {
	jwt.TokenStore
	adding func()
}

func (s *hookedStore) Add(ctx context.Context, i auth.TokenInfo) error {
	s.adding()
	return s.TokenStore.Add(ctx, i)
}

// TestIssue_TakesATokenBackWhoseUserChangesMeanwhile is about stores that do not
// keep the users, and so cannot compare versions themselves.
func TestIssue_TakesATokenBackWhoseUserChangesMeanwhile(t *testing.T) {
	for name, change := range map[string]func(context.Context, *auth.Users) error{
		"a new password":      func(ctx context.Context, u *auth.Users) error { return u.SetPassword(ctx, "user", "new") },
		"the tokens are kept": func(ctx context.Context, u *auth.Users) error { return u.SetPasswordKeepTokens(ctx, "user", "new") },
		"disabled":            func(ctx context.Context, u *auth.Users) error { return u.SetActive(ctx, "user", false) },
		"deleted":             func(ctx context.Context, u *auth.Users) error { return u.Store().DeleteAccount(ctx, "user") },
	} {
		t.Run(name, func(t *testing.T) {
			u, clock := users(t), lovetest.NewClock(start)
			store := &hookedStore{jwt.NewMemoryTokenStore(clock), func() { require.NoError(t, change(t.Context(), u)) }}
			tokens := jwt.New(key, u, jwt.WithTokenStore(store), jwt.WithClock(clock))
			checked, err := u.Lookup(t.Context(), "user")
			require.NoError(t, err)
			_, err = tokens.Issue(t.Context(), checked)
			require.ErrorIs(t, err, auth.ErrSuperseded)
			all, err := store.List(t.Context(), "user")
			require.NoError(t, err)
			require.Len(t, all, 1)
			require.True(t, all[0].Revoked)
		})
	}
}

func TestIssue_RefusesALogInOfAnEarlierVersion(t *testing.T) {
	u := users(t)
	tokens := jwt.New(key, u)
	checked, err := u.Lookup(t.Context(), "user")
	require.NoError(t, err)
	require.NoError(t, u.SetActive(t.Context(), "user", false))
	require.NoError(t, u.SetActive(t.Context(), "user", true))
	_, err = tokens.Issue(t.Context(), checked)
	require.ErrorIs(t, err, auth.ErrSuperseded)
	issue(t, tokens, "user") // as of now
}

// unversioned is a directory without versions, such as another identity system's.
type unversioned struct{}

func (unversioned) Lookup(_ context.Context, name string) (auth.User, error) {
	return auth.User{Username: name}, nil
}

func TestTokens_WithoutVersionsStayValidUntilTheyAreRevoked(t *testing.T) {
	clock := lovetest.NewClock(start)
	tokens := jwt.New(key, unversioned{}, jwt.WithClock(clock))
	token := issue(t, tokens, "user")
	p, err := tokens.Verify(t.Context(), token)
	require.NoError(t, err)
	require.EqualValues(t, 1, p.Version)
	n, err := tokens.RevokeAll(t.Context(), "user")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = tokens.Verify(t.Context(), token)
	require.ErrorIs(t, err, auth.ErrToken)
}
