package lovetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth/jwt"
)

// RunKeyring is the conformance suite of [jwt.Keyring]. open returns an empty
// keyring that uses the clock for each test (see [Stored]), and closes it with t.Cleanup.
func RunKeyring(t *testing.T, open func(t *testing.T, clock love.Clock) Stored[jwt.Keyring]) {
	t.Run("the key is created when it is first needed, and kept", func(t *testing.T) {
		k := open(t, NewClock(storeStart)).Store
		key, err := k.SigningKey(t.Context())
		require.NoError(t, err)
		require.NoError(t, jwt.CheckKey(key.Secret))
		require.Equal(t, jwt.KeyOf(key.Secret, storeStart).ID, key.ID)
		require.True(t, storeStart.Equal(key.Created))
		again, err := k.SigningKey(t.Context())
		require.NoError(t, err)
		require.Equal(t, key.ID, again.ID)
		found, err := k.Key(t.Context(), key.ID)
		require.NoError(t, err)
		require.Equal(t, key.Secret, found.Secret)
		_, err = k.Key(t.Context(), "unknown")
		require.ErrorIs(t, err, jwt.ErrUnknownKey)
	})
	t.Run("all callers at the same time get the same first key", func(t *testing.T) {
		k := open(t, NewClock(storeStart)).Store
		ids := make(chan string, 20)
		var wg sync.WaitGroup
		for range cap(ids) {
			wg.Go(func() {
				key, err := k.SigningKey(t.Context())
				if err != nil {
					t.Error(err)
				}
				ids <- key.ID
			})
		}
		wg.Wait()
		first := <-ids
		require.NotEmpty(t, first)
		for range cap(ids) - 1 {
			require.Equal(t, first, <-ids)
		}
	})
	t.Run("a replaced key is valid for as long as its tokens", func(t *testing.T) {
		clock := NewClock(storeStart)
		k := open(t, clock).Store
		old, err := k.SigningKey(t.Context())
		require.NoError(t, err)
		fresh, err := k.Rotate(t.Context(), time.Hour)
		require.NoError(t, err)
		require.NotEqual(t, old.ID, fresh.ID)
		signs, err := k.SigningKey(t.Context())
		require.NoError(t, err)
		require.Equal(t, fresh.ID, signs.ID)
		_, err = k.Key(t.Context(), old.ID)
		require.NoError(t, err)

		clock.Advance(30 * time.Minute)
		_, err = k.Rotate(t.Context(), time.Hour)
		require.NoError(t, err)
		_, err = k.Key(t.Context(), old.ID)
		require.NoError(t, err, "its last token may be half an hour old")
		clock.Advance(31 * time.Minute)
		_, err = k.Rotate(t.Context(), time.Hour)
		require.NoError(t, err)
		_, err = k.Key(t.Context(), old.ID)
		require.ErrorIs(t, err, jwt.ErrUnknownKey)
		_, err = k.Key(t.Context(), fresh.ID)
		require.NoError(t, err)
	})
	t.Run("what is stored outlives the store", func(t *testing.T) { keysAreKept(t, open(t, NewClock(storeStart))) })
}
