package auth_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/lovetest"
)

func fails(t *testing.T, l *auth.LogInLimiter, user, address string) {
	t.Helper()
	try, err := l.Try(t.Context(), user, address)
	require.NoError(t, err)
	try.Wrong()
}

func refused(t *testing.T, l *auth.LogInLimiter, user, address string) time.Duration {
	t.Helper()
	_, err := l.Try(t.Context(), user, address)
	many, ok := errors.AsType[*auth.TooManyTriesError](err)
	require.True(t, ok, "%v", err)
	return many.RetryAfter
}

func TestLimiter_GivesAUserTenTriesAndThenOneEveryTenSeconds(t *testing.T) {
	c := lovetest.NewClock(start)
	l := auth.NewLogInLimiter(auth.LogInLimits{}, c)
	for i := range 10 {
		fails(t, l, "ada", fmt.Sprint("10.0.0.", i))
	}
	require.Equal(t, 10*time.Second, refused(t, l, "ada", "10.0.0.99"), "from wherever")
	require.Equal(t, 10*time.Second, refused(t, l, "ada", "10.0.0.99"), "a refused try costs nothing")
	fails(t, l, "bob", "10.0.0.99")
	c.Advance(4500 * time.Millisecond)
	require.Equal(t, 6*time.Second, refused(t, l, "ada", "10.0.0.1"), "full seconds")
	c.Advance(5500 * time.Millisecond)
	fails(t, l, "ada", "10.0.0.1")
	refused(t, l, "ada", "10.0.0.1")
	c.Advance(time.Hour)
	for range 10 {
		fails(t, l, "ada", "10.0.0.1")
	}
	refused(t, l, "ada", "10.0.0.1")
}

func TestLimiter_LimitsAnAddressWhateverNamesItTries(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{AddressTries: 3, AddressEvery: time.Minute}, lovetest.NewClock(start))
	for i := range 3 {
		fails(t, l, fmt.Sprint("user", i), "10.0.0.1")
	}
	require.Equal(t, time.Minute, refused(t, l, "another", "10.0.0.1"))
	fails(t, l, "another", "10.0.0.2")
}

func TestLimiter_ACorrectLogInCostsNothing(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{UserTries: 2}, lovetest.NewClock(start))
	for range 100 {
		try, err := l.Try(t.Context(), "ada", "10.0.0.1")
		require.NoError(t, err)
		try.Right()
	}
}

func TestLimiter_AnAttackerDoesNotLockTheUserOutOfWhereItWorkedBefore(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{UserTries: 2}, lovetest.NewClock(start))
	try, err := l.Try(t.Context(), "ada", "control room")
	require.NoError(t, err)
	try.Right()
	fails(t, l, "ada", "attacker")
	fails(t, l, "ada", "attacker")
	refused(t, l, "ada", "attacker")
	refused(t, l, "ada", "somewhere new")
	fails(t, l, "ada", "control room")
	fails(t, l, "ada", "control room")
	refused(t, l, "ada", "control room")
}

func TestLimiter_HoldsABoundedNumberOfNames(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{}, lovetest.NewClock(start))
	for i := range 25_000 {
		fails(t, l, fmt.Sprint("user", i), fmt.Sprint("address", i))
	}
}

func TestLimiter_OnlyACorrectLogInMakesAnAddressKnown(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{UserTries: 2}, lovetest.NewClock(start))
	for range 10 {
		try, err := l.Try(t.Context(), "ada", "attacker")
		require.NoError(t, err)
		try.GiveBack()
		try.Right() // it has ended
	}
	fails(t, l, "ada", "attacker")
	fails(t, l, "ada", "another")
	refused(t, l, "ada", "attacker")
}

func TestLimiter_CountsANetworkOf64BitsAsOneAddress(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{AddressTries: 2}, lovetest.NewClock(start))
	fails(t, l, "a", "2001:db8::1")
	fails(t, l, "b", "2001:db8::2:3")
	refused(t, l, "c", "2001:db8::4")
	fails(t, l, "c", "2001:db8:0:1::4")
	fails(t, l, "a", "::ffff:192.0.2.1")
	fails(t, l, "b", "192.0.2.1")
	refused(t, l, "c", "192.0.2.1")
	fails(t, l, "c", "192.0.2.2")
}

func TestLimiter_CorrectLogInsAtTheSameTimeWaitForEachOther(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{UserTries: 2}, lovetest.NewClock(start))
	var logIns sync.WaitGroup
	var wrong atomic.Int32
	for range 50 {
		logIns.Go(func() {
			try, err := l.Try(t.Context(), "ada", "10.0.0.1")
			if err != nil {
				wrong.Add(1)
				return
			}
			runtime.Gosched()
			try.Right()
		})
	}
	logIns.Wait()
	require.Zero(t, wrong.Load())
}

// waits begins a log-in of ada while another one is under way, and returns its
// result once it waits.
func waits(ctx context.Context, l *auth.LogInLimiter, c *lovetest.Clock) <-chan error {
	result := make(chan error, 1)
	go func() {
		_, err := l.Try(ctx, "ada", "10.0.0.1")
		result <- err
	}()
	c.WaitForTimers(1)
	return result
}

func TestLimiter_WhoeverWaitsIsRefusedWhenTheOthersFail(t *testing.T) {
	c := lovetest.NewClock(start)
	l := auth.NewLogInLimiter(auth.LogInLimits{UserTries: 1}, c)
	first, err := l.Try(t.Context(), "ada", "10.0.0.1")
	require.NoError(t, err)
	second := waits(t.Context(), l, c)
	require.Empty(t, second)
	first.Wrong()
	require.ErrorContains(t, <-second, "too many log-ins failed")
}

func TestLimiter_NobodyWaitsForEver(t *testing.T) {
	c := lovetest.NewClock(start)
	l := auth.NewLogInLimiter(auth.LogInLimits{UserTries: 1}, c)
	_, err := l.Try(t.Context(), "ada", "10.0.0.1")
	require.NoError(t, err)
	second := waits(t.Context(), l, c)
	c.Advance(10 * time.Second)
	require.ErrorIs(t, <-second, auth.ErrUnavailable)

	ctx, cancel := context.WithCancel(t.Context())
	third := waits(ctx, l, c)
	cancel()
	err = <-third
	require.ErrorIs(t, err, auth.ErrUnavailable)
	require.ErrorIs(t, err, context.Canceled)
}
