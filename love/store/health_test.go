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

// grace is how long a store is trusted that has not read its database.
const grace = 5 * time.Second

func TestCheck_FailsIfTheDatabaseWasNotReadForLong(t *testing.T) {
	clock := lovetest.NewClock(time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC))
	address := "sqlite:" + filepath.Join(t.TempDir(), "love.db")
	s := openStore(t, address, store.WithClock(clock))
	require.NoError(t, s.Users().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}}))
	clock.WaitForTimers(1)

	// A watcher that hangs keeps the store from reading.
	hangs, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(s.Users().WatchAccounts(func(string) { close(hangs); <-release }))
	another := openStore(t, address)
	require.NoError(t, another.Users().DeleteAccount(t.Context(), "ada"))
	clock.Advance(store.PollPeriod)
	<-hangs
	lastRead := clock.Now()

	for _, c := range []struct {
		age  time.Duration
		want string
	}{
		{0, ""},
		{grace - time.Millisecond, ""},
		{grace, "last read 5s ago"},
		{time.Minute + 900*time.Millisecond, "last read 1m0s ago"},
	} {
		clock.Advance(c.age - clock.Now().Sub(lastRead))
		err := s.Check(t.Context())
		if c.want == "" {
			require.NoError(t, err, c.age)
			continue
		}
		require.ErrorContains(t, err, c.want)
		require.ErrorIs(t, err, auth.ErrUnavailable)
	}
	_, err := s.Users().Groups(t.Context())
	require.NoError(t, err, "the database has not failed, so nobody is locked out")

	close(release)
	require.Eventually(t, func() bool { return s.Check(t.Context()) == nil }, waitLimit, time.Millisecond, "it reads again")
}

func TestCheck_ReportsADatabaseThatCannotBeReadAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "love.db")
	s := openStore(t, "sqlite:"+file, store.WithClock(lovetest.NewClock(time.Now())))
	require.NoError(t, s.Check(t.Context()))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Check(gone), auth.ErrUnavailable)
	dropRevisions(t, file)
	require.ErrorContains(t, s.Check(t.Context()), "revisions", "without waiting for the next poll")
}
