package jwt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestTokenAdmin_ListsAndRevokesTokensByID(t *testing.T) {
	c := lovetest.NewClock(start)
	tokens := jwt.New(key, users(t), jwt.WithClock(c), jwt.WithLifetime(time.Hour))
	old := issue(t, tokens, "user")
	c.Advance(time.Minute)
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
	c.Advance(2 * time.Hour)
	list, err = tokens.Issued(t.Context(), "")
	require.NoError(t, err)
	require.Empty(t, list, "expired tokens are not listed")
	_, err = tokens.RotateKey(t.Context())
	require.ErrorContains(t, err, "SECRET_KEY")
}
