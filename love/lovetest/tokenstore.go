package lovetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
)

// storeStart is the time at which the tests of stores start.
var storeStart = time.Date(2026, 3, 14, 1, 59, 26, 535897000, time.UTC)

// RunTokenStore is the conformance suite of [jwt.TokenStore]. open returns an
// empty store that uses the clock for each test (see [Stored]), and closes it with t.Cleanup.
func RunTokenStore(t *testing.T, open func(t *testing.T, clock love.Clock) Stored[jwt.TokenStore]) {
	t.Run("added tokens are listed, newest first", func(t *testing.T) {
		s := open(t, NewClock(storeStart)).Store
		token := func(id, user string, age time.Duration) auth.TokenInfo {
			issued := storeStart.Add(-age)
			return auth.TokenInfo{ID: id, Username: user, Issued: issued, Expires: issued.Add(time.Hour)}
		}
		old, young, other := token("old", "ada", time.Minute), token("young", "ada", 0), token("other", "bob", time.Second)
		for _, tk := range []auth.TokenInfo{old, young, other} {
			require.NoError(t, s.Add(t.Context(), tk))
		}
		got, err := s.List(t.Context(), "ada")
		require.NoError(t, err)
		require.Equal(t, []auth.TokenInfo{young, old}, got)
		_, err = s.Revoke(t.Context(), "old", old.Expires)
		require.NoError(t, err)
		old.Revoked = true
		got, err = s.List(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, []auth.TokenInfo{young, other, old}, got)
		got, err = s.List(t.Context(), "nobody")
		require.NoError(t, err)
		require.Empty(t, got)
	})
	t.Run("a revocation is visible at once, reported once, and possible for unknown tokens", func(t *testing.T) {
		s := open(t, NewClock(storeStart)).Store
		var notified []string
		cancel := s.Watch(func(id string) { notified = append(notified, id) })
		for _, want := range []bool{true, false} {
			first, err := s.Revoke(t.Context(), "id", storeStart.Add(time.Hour))
			require.NoError(t, err)
			require.Equal(t, want, first)
			revoked, err := s.Revoked(t.Context(), "id")
			require.NoError(t, err)
			require.True(t, revoked)
		}
		require.Equal(t, []string{"id"}, notified)
		revoked, err := s.Revoked(t.Context(), "ID")
		require.NoError(t, err)
		require.False(t, revoked)
		cancel()
		_, err = s.Revoke(t.Context(), "another", storeStart.Add(-time.Hour))
		require.NoError(t, err)
		revoked, err = s.Revoked(t.Context(), "another")
		require.NoError(t, err)
		require.True(t, revoked, "the revocation of an expired token is kept, too")
		require.Len(t, notified, 1)
	})
	t.Run("of revocations at the same time exactly one is the first", func(t *testing.T) {
		s := open(t, NewClock(storeStart)).Store
		var mu sync.Mutex
		var wg sync.WaitGroup
		firsts := 0
		for range 20 {
			wg.Go(func() {
				first, err := s.Revoke(t.Context(), "id", storeStart)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if first {
					firsts++
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, firsts)
	})
	t.Run("what is stored outlives the store", func(t *testing.T) { tokensAreKept(t, open(t, NewClock(storeStart))) })
}
