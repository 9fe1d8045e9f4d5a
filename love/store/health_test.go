package store_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

// trust is for how long a store is trusted that has not looked at its database.
const trust = 5 * time.Second

func TestCheck_TellsWhenNobodyHasLookedAtTheDatabaseForLong(t *testing.T) {
	clock := lovetest.NewClock(time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC))
	address := "sqlite:" + filepath.Join(t.TempDir(), "love.db")
	s := openStore(t, address, store.WithClock(clock))
	require.NoError(t, s.Users().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}))
	clock.WaitForTimers(1)

	// A watcher that hangs keeps the store from looking.
	hangs, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(s.Users().WatchAccounts(func(string) { close(hangs); <-release }))
	another := openStore(t, address)
	require.NoError(t, another.Users().DeleteAccount(t.Context(), "ada"))
	clock.Advance(store.PollPeriod)
	<-hangs
	looked := clock.Now()

	for _, c := range []struct {
		age  time.Duration
		want string
	}{
		{0, ""},
		{trust - time.Millisecond, ""},
		{trust, "last looked at 5s ago"},
		{time.Minute + 900*time.Millisecond, "last looked at 1m0s ago"},
	} {
		clock.Advance(c.age - clock.Now().Sub(looked))
		err := s.Check(t.Context())
		if c.want == "" {
			require.NoError(t, err, c.age)
			continue
		}
		require.ErrorContains(t, err, c.want)
		require.ErrorIs(t, err, auth.ErrUnavailable)
	}
	_, err := s.Users().Groups(t.Context())
	require.NoError(t, err, "the database has not failed: nobody is locked out")

	close(release)
	require.Eventually(t, func() bool { return s.Check(t.Context()) == nil }, waitLimit, time.Millisecond, "it looks again")
}

func TestCheck_NamesADatabaseThatCannotBeReadAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "love.db")
	s := openStore(t, "sqlite:"+file, store.WithClock(lovetest.NewClock(time.Now())))
	require.NoError(t, s.Check(t.Context()))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Check(gone), auth.ErrUnavailable)
	breakIt(t, file)
	require.ErrorContains(t, s.Check(t.Context()), "revisions", "without waiting for a look")
}
