package jwt_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/lovetest"
)

var key = []byte("0123456789abcdef0123456789abcdef")

func issue(t *testing.T, tokens auth.Tokens, name string) string {
	t.Helper()
	token, err := tokens.Issue(t.Context(), auth.User{Username: name})
	require.NoError(t, err)
	return token
}

func TestTokens_PassTheConformanceSuite(t *testing.T) {
	for name, opts := range map[string][]jwt.Option{"default": nil, "short lifetime": {jwt.WithLifetime(time.Minute)}} {
		t.Run(name, func(t *testing.T) {
			lovetest.RunTokens(t, func(_ *testing.T, users auth.Directory, c love.Clock) auth.Tokens {
				return jwt.New(key, users, append(opts, jwt.WithClock(c))...)
			})
		})
	}
}

func TestToken_StandsForItsUserAsOfNow(t *testing.T) {
	u, c := users(t), lovetest.NewClock(start)
	tokens := jwt.New(key, u, jwt.WithClock(c))
	a, b := issue(t, tokens, "cmd_user"), issue(t, tokens, "cmd_user")
	require.NotEqual(t, a, b, "every log-in gets its own")
	require.Regexp(t, `^[A-Za-z0-9._~-]{20,}$`, a)
	require.LessOrEqual(t, len(a), jwt.MaxBytes)

	p, err := tokens.Verify(t.Context(), a)
	require.NoError(t, err)
	require.Equal(t, "cmd_user", p.User.Username)
	require.Equal(t, []string{"cmd", "ui_framework"}, p.User.Groups, "looked up, not taken from the token")
	require.False(t, p.Process)
	require.NotEmpty(t, p.TokenID)
	require.NotContains(t, a, p.TokenID)
	require.Equal(t, c.Now().Add(720*time.Hour), p.Expires.UTC())

	require.NoError(t, u.SetActive(t.Context(), "cmd_user", false))
	_, err = tokens.Verify(t.Context(), a)
	require.ErrorIs(t, err, auth.ErrInactive)
	require.NoError(t, u.SetActive(t.Context(), "cmd_user", true))
	_, err = tokens.Verify(t.Context(), a)
	require.NoError(t, err, "enabled again")

	_, err = tokens.Verify(t.Context(), issue(t, tokens, "deleted"))
	require.ErrorIs(t, err, auth.ErrToken)
}

func TestToken_ExpiresAtFirstSightAndIsUnknownAfterwards(t *testing.T) {
	c := lovetest.NewClock(start)
	tokens := jwt.New(key, users(t), jwt.WithClock(c), jwt.WithLifetime(time.Hour))
	token := issue(t, tokens, "user")
	var ended []string
	defer tokens.Watch(func(id string) { ended = append(ended, id) })()

	c.Advance(time.Hour - time.Second)
	p, err := tokens.Verify(t.Context(), token)
	require.NoError(t, err, "using a token does not prolong it")
	c.Advance(time.Second)
	_, err = tokens.Verify(t.Context(), token)
	require.ErrorIs(t, err, auth.ErrExpired)
	require.Equal(t, []string{p.TokenID}, ended)
	for range 2 {
		_, err = tokens.Verify(t.Context(), token)
		require.ErrorIs(t, err, auth.ErrToken)
	}
	require.Len(t, ended, 1)
}

func TestRevoke_EndsOneTokenAndNotifiesWatchers(t *testing.T) {
	tokens := jwt.New(key, users(t))
	a, b := issue(t, tokens, "user"), issue(t, tokens, "user")
	p, err := tokens.Verify(t.Context(), a)
	require.NoError(t, err)

	var ended []string
	cancel := tokens.Watch(func(id string) { ended = append(ended, id) })
	require.NoError(t, tokens.Revoke(t.Context(), a))
	require.NoError(t, tokens.Revoke(t.Context(), a), "revoking it twice is not an error")
	require.Equal(t, []string{p.TokenID}, ended, "reported once")
	_, err = tokens.Verify(t.Context(), a)
	require.ErrorIs(t, err, auth.ErrToken)
	_, err = tokens.Verify(t.Context(), b)
	require.NoError(t, err, "the other token stays valid")

	require.ErrorIs(t, tokens.Revoke(t.Context(), "nonsense"), auth.ErrToken)
	cancel()
	require.NoError(t, tokens.Revoke(t.Context(), b))
	require.Len(t, ended, 1, "a watcher that was cancelled is not called")
}

func TestKeys_CanBeChangedWhileOldTokensStayValid(t *testing.T) {
	u, next := users(t), []byte(strings.Repeat("n", 32))
	old := issue(t, jwt.New(key, u), "user")

	rotated := jwt.New(next, u, jwt.WithOldKeys(key))
	_, err := rotated.Verify(t.Context(), old)
	require.NoError(t, err)
	fresh := issue(t, rotated, "user")

	done := jwt.New(next, u)
	_, err = done.Verify(t.Context(), fresh)
	require.NoError(t, err, "new tokens are signed by the new key")
	_, err = done.Verify(t.Context(), old)
	require.ErrorIs(t, err, auth.ErrToken)
}

func TestKeys_AnEmptyOneIsNeverUsed(t *testing.T) {
	u := users(t)
	_, err := jwt.New(nil, u).Verify(t.Context(), issue(t, jwt.New(nil, u), "user"))
	require.ErrorIs(t, err, auth.ErrToken)
	require.Error(t, jwt.CheckKey(nil))
	require.ErrorContains(t, jwt.CheckKey(key[:31]), "shorter than 32 bytes")
	require.NoError(t, jwt.CheckKey(key))
}

func TestIssue_RefusesANameThatMakesTheTokenTooLong(t *testing.T) {
	_, err := jwt.New(key, users(t)).Issue(t.Context(), auth.User{Username: strings.Repeat("x", 8000)})
	require.ErrorContains(t, err, "too long")
}

// brokenDirectory fails like one whose database is unavailable.
type brokenDirectory struct{}

var errAway = errors.New("the database is unavailable")

func (brokenDirectory) Lookup(context.Context, string) (auth.User, error) {
	return auth.User{}, errAway
}

// brokenStore can add tokens, but neither revoke them nor say which are revoked.
type brokenStore struct{ jwt.TokenStore }

func (brokenStore) Revoked(context.Context, string) (bool, error) { return false, errAway }
func (brokenStore) Revoke(context.Context, string, time.Time) (bool, error) {
	return false, errAway
}

func TestToken_ThatCannotBeCheckedIsNeitherGoodNorRefused(t *testing.T) {
	for name, tokens := range map[string]*jwt.Tokens{
		"users": jwt.New(key, brokenDirectory{}),
		"store": jwt.New(key, users(t), jwt.WithTokenStore(brokenStore{jwt.NewMemoryTokenStore(lovetest.NewClock(start))})),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tokens.Verify(t.Context(), issue(t, jwt.New(key, users(t)), "user"))
			require.ErrorIs(t, err, errAway)
			require.NotErrorIs(t, err, auth.ErrToken)
		})
	}
	tokens := jwt.New(key, users(t), jwt.WithTokenStore(brokenStore{jwt.NewMemoryTokenStore(lovetest.NewClock(start))}))
	require.ErrorIs(t, tokens.Revoke(t.Context(), issue(t, tokens, "user")), errAway)
	_, err := jwt.New(key, brokenDirectory{}).Issue(t.Context(), auth.User{Username: "user"})
	require.ErrorIs(t, err, errAway, "whose version is unknown gets no token")
}

func TestVerify_OfManyTokensStaysRight(t *testing.T) {
	tokens := jwt.New(key, users(t))
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

// What validate-token costs once a token is known.
func BenchmarkVerify(b *testing.B) {
	u := auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	if err := u.Add(b.Context(), auth.User{Username: "ada", Groups: []string{auth.GroupCommand}}, "x"); err != nil {
		b.Fatal(err)
	}
	for _, known := range []int{1, 1000, 100_000} {
		b.Run(fmt.Sprintf("%d tokens", known), func(b *testing.B) {
			tokens := jwt.New(key, u)
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
