package auth_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

func fails(t *testing.T, l *auth.LogInLimiter, user, address string) {
	t.Helper()
	_, err := l.Try(user, address)
	require.NoError(t, err)
}

func refused(t *testing.T, l *auth.LogInLimiter, user, address string) time.Duration {
	t.Helper()
	_, err := l.Try(user, address)
	many, ok := errors.AsType[*auth.TooManyTriesError](err)
	require.True(t, ok, "%v", err)
	return many.RetryAfter
}

func TestLimiter_GivesAUserTenTriesAndThenOneEveryTenSeconds(t *testing.T) {
	c := newClock()
	l := auth.NewLogInLimiter(auth.LogInLimits{}, c)
	for i := range 10 {
		fails(t, l, "ada", fmt.Sprint("10.0.0.", i))
	}
	require.Equal(t, 10*time.Second, refused(t, l, "ada", "10.0.0.99"), "from wherever")
	require.Equal(t, 10*time.Second, refused(t, l, "ada", "10.0.0.99"), "a refused try costs nothing")
	fails(t, l, "bob", "10.0.0.99")
	c.advance(4500 * time.Millisecond)
	require.Equal(t, 6*time.Second, refused(t, l, "ada", "10.0.0.1"), "full seconds")
	c.advance(5500 * time.Millisecond)
	fails(t, l, "ada", "10.0.0.1")
	refused(t, l, "ada", "10.0.0.1")
	c.advance(time.Hour)
	for range 10 {
		fails(t, l, "ada", "10.0.0.1")
	}
	refused(t, l, "ada", "10.0.0.1")
}

func TestLimiter_LimitsAnAddressWhateverNamesItTries(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{AddressTries: 3, AddressEvery: time.Minute}, newClock())
	for i := range 3 {
		fails(t, l, fmt.Sprint("user", i), "10.0.0.1")
	}
	require.Equal(t, time.Minute, refused(t, l, "another", "10.0.0.1"))
	fails(t, l, "another", "10.0.0.2")
}

func TestLimiter_ARightLogInCostsNothing(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{UserTries: 2}, newClock())
	for range 100 {
		succeeded, err := l.Try("ada", "10.0.0.1")
		require.NoError(t, err)
		succeeded()
	}
}

func TestLimiter_AnAttackerDoesNotLockTheUserOutOfWhereItWorkedBefore(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{UserTries: 2}, newClock())
	succeeded, err := l.Try("ada", "control room")
	require.NoError(t, err)
	succeeded()
	fails(t, l, "ada", "attacker")
	fails(t, l, "ada", "attacker")
	refused(t, l, "ada", "attacker")
	refused(t, l, "ada", "somewhere new")
	fails(t, l, "ada", "control room")
	fails(t, l, "ada", "control room")
	refused(t, l, "ada", "control room")
}

func TestLimiter_HoldsABoundedNumberOfNames(t *testing.T) {
	l := auth.NewLogInLimiter(auth.LogInLimits{}, newClock())
	for i := range 25_000 {
		fails(t, l, fmt.Sprint("user", i), fmt.Sprint("address", i))
	}
}
