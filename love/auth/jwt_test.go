package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

var key = []byte("0123456789abcdef0123456789abcdef")

func issue(t *testing.T, tokens auth.Tokens, name string) string {
	t.Helper()
	token, err := tokens.Issue(t.Context(), auth.User{Username: name})
	require.NoError(t, err)
	return token
}

func TestToken_StandsForItsUserAsOfNow(t *testing.T) {
	u, c := users(t), newClock()
	tokens := auth.NewJWT(key, u, auth.WithTokenClock(c))
	a, b := issue(t, tokens, "cmd_user"), issue(t, tokens, "cmd_user")
	require.NotEqual(t, a, b, "every log-in gets its own")
	require.Regexp(t, `^[A-Za-z0-9._~-]{20,}$`, a)
	require.LessOrEqual(t, len(a), auth.MaxTokenBytes)

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
	c := newClock()
	tokens := auth.NewJWT(key, users(t), auth.WithTokenClock(c), auth.WithTokenLifetime(time.Hour))
	token := issue(t, tokens, "user")
	var died []string
	defer tokens.Watch(func(id string) { died = append(died, id) })()

	c.advance(time.Hour - time.Second)
	p, err := tokens.Verify(t.Context(), token)
	require.NoError(t, err, "using a token does not prolong it")
	c.advance(time.Second)
	_, err = tokens.Verify(t.Context(), token)
	require.ErrorIs(t, err, auth.ErrExpired)
	require.Equal(t, []string{p.TokenID}, died)
	for range 2 {
		_, err = tokens.Verify(t.Context(), token)
		require.ErrorIs(t, err, auth.ErrToken)
	}
	require.Len(t, died, 1)
}

func TestRevoke_EndsOneTokenAndTellsWhoWatches(t *testing.T) {
	tokens := auth.NewJWT(key, users(t))
	a, b := issue(t, tokens, "user"), issue(t, tokens, "user")
	p, err := tokens.Verify(t.Context(), a)
	require.NoError(t, err)

	var died []string
	cancel := tokens.Watch(func(id string) { died = append(died, id) })
	require.NoError(t, tokens.Revoke(t.Context(), a))
	require.NoError(t, tokens.Revoke(t.Context(), a), "twice is no error")
	require.Equal(t, []string{p.TokenID}, died, "told once")
	_, err = tokens.Verify(t.Context(), a)
	require.ErrorIs(t, err, auth.ErrToken)
	_, err = tokens.Verify(t.Context(), b)
	require.NoError(t, err, "the other token lives")

	require.ErrorIs(t, tokens.Revoke(t.Context(), "nonsense"), auth.ErrToken)
	cancel()
	require.NoError(t, tokens.Revoke(t.Context(), b))
	require.Len(t, died, 1, "nobody watches any more")
}

func TestKeys_CanBeChangedWhileOldTokensLive(t *testing.T) {
	u, next := users(t), []byte(strings.Repeat("n", 32))
	old := issue(t, auth.NewJWT(key, u), "user")

	rotated := auth.NewJWT(next, u, auth.WithOldKeys(key))
	_, err := rotated.Verify(t.Context(), old)
	require.NoError(t, err)
	fresh := issue(t, rotated, "user")

	done := auth.NewJWT(next, u)
	_, err = done.Verify(t.Context(), fresh)
	require.NoError(t, err, "new tokens are signed by the new key")
	_, err = done.Verify(t.Context(), old)
	require.ErrorIs(t, err, auth.ErrToken)
}

func TestKeys_AnEmptyOneIsNeverUsed(t *testing.T) {
	u := users(t)
	_, err := auth.NewJWT(nil, u).Verify(t.Context(), issue(t, auth.NewJWT(nil, u), "user"))
	require.ErrorIs(t, err, auth.ErrToken)
	require.Error(t, auth.CheckKey(nil))
	require.ErrorContains(t, auth.CheckKey(key[:31]), "31 bytes")
	require.NoError(t, auth.CheckKey(key))
}

func TestIssue_RefusesANameThatMakesTheTokenTooLong(t *testing.T) {
	_, err := auth.NewJWT(key, users(t)).Issue(t.Context(), auth.User{Username: strings.Repeat("x", 8000)})
	require.ErrorContains(t, err, "too long")
}

func TestLedger_ForgetsRevocationsADayAfterTheTokenHasExpired(t *testing.T) {
	c := newClock()
	r := auth.NewMemoryLedger(c)
	first, err := r.Revoke(t.Context(), "a", c.Now().Add(time.Hour))
	require.NoError(t, err)
	require.True(t, first)
	first, err = r.Revoke(t.Context(), "a", c.Now().Add(time.Hour))
	require.NoError(t, err)
	require.False(t, first)

	for _, step := range []struct {
		forward time.Duration
		dead    bool
	}{{24 * time.Hour, true}, {2 * time.Hour, false}} {
		c.advance(step.forward)
		_, err = r.Revoke(t.Context(), "another of "+step.forward.String(), c.Now())
		require.NoError(t, err)
		dead, err := r.Revoked(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, step.dead, dead)
	}
}

// broken fails like a database that is away.
type broken struct{}

var errAway = errors.New("the database is away")

func (broken) Lookup(context.Context, string) (auth.User, error) { return auth.User{}, errAway }

// brokenLedger can only be written to.
type brokenLedger struct{ auth.Ledger }

func (brokenLedger) Revoked(context.Context, string) (bool, error) { return false, errAway }
func (brokenLedger) Revoke(context.Context, string, time.Time) (bool, error) {
	return false, errAway
}

func TestToken_ThatCannotBeCheckedIsNeitherGoodNorRefused(t *testing.T) {
	for name, tokens := range map[string]*auth.JWT{
		"users":  auth.NewJWT(key, broken{}),
		"ledger": auth.NewJWT(key, users(t), auth.WithLedger(brokenLedger{auth.NewMemoryLedger(newClock())})),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tokens.Verify(t.Context(), issue(t, tokens, "user"))
			require.ErrorIs(t, err, errAway)
			require.NotErrorIs(t, err, auth.ErrToken)
		})
	}
	tokens := auth.NewJWT(key, users(t), auth.WithLedger(brokenLedger{auth.NewMemoryLedger(newClock())}))
	require.ErrorIs(t, tokens.Revoke(t.Context(), issue(t, tokens, "user")), errAway)
}
