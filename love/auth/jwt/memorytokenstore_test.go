package jwt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMemoryTokenStore_DropsRevocationsADayAfterTheTokenHasExpired(t *testing.T) {
	c := lovetest.NewClock(start)
	s := jwt.NewMemoryTokenStore(c)
	first, err := s.Revoke(t.Context(), "a", c.Now().Add(time.Hour))
	require.NoError(t, err)
	require.True(t, first)
	first, err = s.Revoke(t.Context(), "a", c.Now().Add(time.Hour))
	require.NoError(t, err)
	require.False(t, first)

	for _, step := range []struct {
		forward time.Duration
		kept    bool
	}{{24 * time.Hour, true}, {2 * time.Hour, false}} {
		c.Advance(step.forward)
		_, err = s.Revoke(t.Context(), "another of "+step.forward.String(), c.Now())
		require.NoError(t, err)
		revoked, err := s.Revoked(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, step.kept, revoked)
	}
}

func TestMemoryTokenStore_PassesTheConformanceSuite(t *testing.T) {
	lovetest.RunTokenStore(t, func(_ *testing.T, c love.Clock) lovetest.Stored[jwt.TokenStore] {
		return lovetest.Stored[jwt.TokenStore]{Store: jwt.NewMemoryTokenStore(c)}
	})
}
