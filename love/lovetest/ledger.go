package lovetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
)

// storeStart is the time at which the tests of stores begin.
var storeStart = time.Date(2026, 3, 14, 1, 59, 26, 535897000, time.UTC)

// RunLedger checks that a ledger does what auth.Ledger promises. open returns a
// fresh one that uses the clock.
func RunLedger(t *testing.T, open func(t *testing.T, clock love.Clock) auth.Ledger) {
	t.Run("lists the tokens that were issued, newest first", func(t *testing.T) {
		l := open(t, NewClock(storeStart))
		token := func(id, user string, age time.Duration) auth.TokenInfo {
			issued := storeStart.Add(-age)
			return auth.TokenInfo{ID: id, Username: user, Issued: issued, Expires: issued.Add(time.Hour)}
		}
		old, young, other := token("old", "ada", time.Minute), token("young", "ada", 0), token("other", "bob", time.Second)
		for _, tk := range []auth.TokenInfo{old, young, other} {
			require.NoError(t, l.Issued(t.Context(), tk))
		}
		got, err := l.Tokens(t.Context(), "ada")
		require.NoError(t, err)
		require.Equal(t, []auth.TokenInfo{young, old}, got)
		_, err = l.Revoke(t.Context(), "old", old.Expires)
		require.NoError(t, err)
		old.Revoked = true
		got, err = l.Tokens(t.Context(), "")
		require.NoError(t, err)
		require.Equal(t, []auth.TokenInfo{young, other, old}, got)
		got, err = l.Tokens(t.Context(), "nobody")
		require.NoError(t, err)
		require.Empty(t, got)
	})
	t.Run("a revocation is seen at once, told once, and needs no token that was issued", func(t *testing.T) {
		l := open(t, NewClock(storeStart))
		var heard []string
		cancel := l.WatchTokens(func(id string) { heard = append(heard, id) })
		for _, want := range []bool{true, false} {
			first, err := l.Revoke(t.Context(), "id", storeStart.Add(time.Hour))
			require.NoError(t, err)
			require.Equal(t, want, first)
			dead, err := l.Revoked(t.Context(), "id")
			require.NoError(t, err)
			require.True(t, dead)
		}
		require.Equal(t, []string{"id"}, heard)
		dead, err := l.Revoked(t.Context(), "ID")
		require.NoError(t, err)
		require.False(t, dead)
		cancel()
		_, err = l.Revoke(t.Context(), "another", storeStart.Add(-time.Hour))
		require.NoError(t, err)
		dead, err = l.Revoked(t.Context(), "another")
		require.NoError(t, err)
		require.True(t, dead, "a token found to be expired is remembered too")
		require.Len(t, heard, 1)
	})
	t.Run("of many who revoke a token one is first", func(t *testing.T) {
		l := open(t, NewClock(storeStart))
		var mu sync.Mutex
		var wg sync.WaitGroup
		firsts := 0
		for range 20 {
			wg.Go(func() {
				first, err := l.Revoke(t.Context(), "id", storeStart)
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
}

// RunKeyring checks that a keyring does what auth.Keyring promises. open returns
// a fresh one that uses the clock.
func RunKeyring(t *testing.T, open func(t *testing.T, clock love.Clock) auth.Keyring) {
	t.Run("makes its key when it is needed, and keeps it", func(t *testing.T) {
		k := open(t, NewClock(storeStart))
		key, err := k.SigningKey(t.Context())
		require.NoError(t, err)
		require.NoError(t, auth.CheckKey(key.Secret))
		require.Equal(t, auth.KeyOf(key.Secret, storeStart).ID, key.ID)
		require.True(t, storeStart.Equal(key.Created))
		again, err := k.SigningKey(t.Context())
		require.NoError(t, err)
		require.Equal(t, key.ID, again.ID)
		found, err := k.Key(t.Context(), key.ID)
		require.NoError(t, err)
		require.Equal(t, key.Secret, found.Secret)
		_, err = k.Key(t.Context(), "stranger")
		require.ErrorIs(t, err, auth.ErrUnknownKey)
	})
	t.Run("of many who need the first key all get the same", func(t *testing.T) {
		k := open(t, NewClock(storeStart))
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
	t.Run("a key that was replaced is accepted for as long as its tokens live", func(t *testing.T) {
		clock := NewClock(storeStart)
		k := open(t, clock)
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
		require.ErrorIs(t, err, auth.ErrUnknownKey)
		_, err = k.Key(t.Context(), fresh.ID)
		require.NoError(t, err)
	})
}

// RunAuditLog checks that an audit log does what audit.Log promises. open
// returns a fresh one.
func RunAuditLog(t *testing.T, open func(t *testing.T) audit.Log) {
	t.Run("returns the newest records, newest first, whole", func(t *testing.T) {
		l := open(t)
		got, err := l.Records(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, got)
		record := audit.Record{Time: storeStart, Actor: "ada", Address: "10.0.0.1", Action: audit.LogIn,
			Subject: "o'hara", Outcome: audit.Refused, Detail: "é 'quoted'"}
		second, third := record, record
		second.Actor, third.Actor, third.Time = "bob", "eve", storeStart.Add(time.Second)
		for _, r := range []audit.Record{record, second, third} {
			require.NoError(t, l.Record(t.Context(), r))
		}
		got, err = l.Records(t.Context(), 10)
		require.NoError(t, err)
		require.Equal(t, []audit.Record{third, second, record}, got, "of the same moment too")
		got, err = l.Records(t.Context(), 2)
		require.NoError(t, err)
		require.Equal(t, []audit.Record{third, second}, got)
	})
}
