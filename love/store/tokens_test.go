package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

// tokensOver returns a token service that keeps everything in a store.
func tokensOver(t *testing.T, s *store.Store, clock *lovetest.Clock) *jwt.Tokens {
	t.Helper()
	users := auth.NewUsers(s.Users(), password.New())
	err := s.Users().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}})
	if err != nil {
		require.ErrorIs(t, err, auth.ErrUserExists)
	}
	return jwt.New(nil, users, jwt.WithKeyring(s.Keyring()), jwt.WithTokenStore(s.TokenStore()), jwt.WithClock(clock), jwt.WithLifetime(time.Hour))
}

func TestTokens_SurviveARestartAndAChangeOfTheKey(t *testing.T) {
	for _, d := range databases {
		if !d.shared {
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			clock, address := lovetest.NewClock(time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)), d.fresh(t)
			before, err := store.Open(t.Context(), address, store.WithClock(clock))
			require.NoError(t, err)
			tokens := tokensOver(t, before, clock)
			old, err := tokens.Issue(t.Context(), auth.User{Username: "ada"})
			require.NoError(t, err)
			ended, err := tokens.Issue(t.Context(), auth.User{Username: "ada"})
			require.NoError(t, err)
			require.NoError(t, tokens.Revoke(t.Context(), ended))
			require.NoError(t, before.Close())

			tokens = tokensOver(t, openStore(t, address, store.WithClock(clock)), clock)
			_, err = tokens.Verify(t.Context(), old)
			require.NoError(t, err)
			_, err = tokens.Verify(t.Context(), ended)
			require.ErrorIs(t, err, auth.ErrToken)

			_, err = tokens.RotateKey(t.Context())
			require.NoError(t, err)
			young, err := tokens.Issue(t.Context(), auth.User{Username: "ada"})
			require.NoError(t, err)
			for _, good := range []string{old, young} {
				_, err = tokens.Verify(t.Context(), good)
				require.NoError(t, err)
			}
			clock.Advance(time.Hour)
			_, err = tokens.Verify(t.Context(), young)
			require.ErrorIs(t, err, auth.ErrExpired)
			_, err = tokens.Verify(t.Context(), young)
			require.ErrorIs(t, err, auth.ErrToken, "it was removed")
			clock.Advance(time.Minute)
			_, err = tokens.RotateKey(t.Context())
			require.NoError(t, err)
			_, err = tokens.Verify(t.Context(), old)
			require.ErrorIs(t, err, auth.ErrToken, "its key was removed, though it was verified before")
		})
	}
}

func TestTokens_OfAnotherDatabaseAreUnknown(t *testing.T) {
	clock := lovetest.NewClock(time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC))
	here, there := tokensOver(t, openStore(t, store.Memory), clock), tokensOver(t, openStore(t, store.Memory), clock)
	token, err := there.Issue(t.Context(), auth.User{Username: "ada"})
	require.NoError(t, err)
	_, err = here.Verify(t.Context(), token)
	require.ErrorIs(t, err, auth.ErrToken)
}
