package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
)

func TestTokenAdmin_ListsAndEndsTokensWithoutHavingThem(t *testing.T) {
	c := newClock()
	tokens := auth.NewJWT(key, users(t), auth.WithTokenClock(c), auth.WithTokenLifetime(time.Hour))
	old := issue(t, tokens, "user")
	c.advance(time.Minute)
	young, other := issue(t, tokens, "user"), issue(t, tokens, "admin")
	list, err := tokens.Issued(t.Context(), "user")
	require.NoError(t, err)
	require.Len(t, list, 2)
	p, err := tokens.Verify(t.Context(), young)
	require.NoError(t, err)
	require.Equal(t, p.TokenID, list[0].ID)

	require.NoError(t, tokens.RevokeID(t.Context(), p.TokenID))
	require.ErrorIs(t, tokens.RevokeID(t.Context(), p.TokenID), auth.ErrToken)
	require.ErrorIs(t, tokens.RevokeID(t.Context(), "stranger"), auth.ErrToken)
	_, err = tokens.Verify(t.Context(), young)
	require.ErrorIs(t, err, auth.ErrToken, "at once, though it was verified before")

	n, err := tokens.RevokeAll(t.Context(), "user")
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = tokens.Verify(t.Context(), old)
	require.ErrorIs(t, err, auth.ErrToken)
	_, err = tokens.Verify(t.Context(), other)
	require.NoError(t, err)
	c.advance(2 * time.Hour)
	list, err = tokens.Issued(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, list, "what has expired is not listed")
	_, err = tokens.RotateKey(t.Context())
	require.ErrorContains(t, err, "SECRET_KEY")
}

func TestVerify_OfManyTokensStaysRight(t *testing.T) {
	tokens := auth.NewJWT(key, users(t))
	first := issue(t, tokens, "user")
	for range 2 {
		for range 4200 { // more than are remembered
			_, err := tokens.Verify(t.Context(), issue(t, tokens, "admin"))
			require.NoError(t, err)
		}
		p, err := tokens.Verify(t.Context(), first)
		require.NoError(t, err)
		require.Equal(t, "user", p.User.Username)
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

// What validate-token costs once a token is known.
func BenchmarkVerify(b *testing.B) {
	u := auth.NewUsers(auth.NewMemoryUserStore(), cheap())
	if err := u.Add(b.Context(), auth.User{Username: "ada", Groups: []string{auth.GroupCommand}}, "x"); err != nil {
		b.Fatal(err)
	}
	for _, known := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprintf("%d tokens", known), func(b *testing.B) {
			tokens := auth.NewJWT(key, u)
			all := make([]string, known)
			for i := range all {
				token, err := tokens.Issue(b.Context(), auth.User{Username: "ada"})
				if err != nil {
					b.Fatal(err)
				}
				all[i] = token
			}
			i := 0
			for b.Loop() {
				if _, err := tokens.Verify(b.Context(), all[i%known]); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
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
