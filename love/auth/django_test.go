package auth_test

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

// djangoHash is what Django stores for a password.
func djangoHash(t testing.TB, password string, iterations int) string {
	t.Helper()
	key, err := pbkdf2.Key(sha256.New, password, []byte("NaCl0123456789abcdefgh"), iterations, 32)
	require.NoError(t, err)
	return fmt.Sprintf("pbkdf2_sha256$%d$NaCl0123456789abcdefgh$%s", iterations, base64.StdEncoding.EncodeToString(key))
}

func TestDjangoHash_IsCheckedAndReplacedAtLogIn(t *testing.T) {
	u := auth.NewMemoryUsers(auth.WithPasswords(cheap()))
	stored := func() string {
		a, err := u.Store().Account(t.Context(), "ada")
		require.NoError(t, err)
		return a.PasswordHash
	}
	old := djangoHash(t, "pässword", 1000)
	require.NoError(t, u.Store().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}, PasswordHash: old}))
	_, err := u.Authenticate(t.Context(), "ada", "wrong")
	require.ErrorIs(t, err, auth.ErrCredentials)
	require.Equal(t, old, stored())

	got, err := u.Authenticate(t.Context(), "ada", "pässword")
	require.NoError(t, err)
	require.Equal(t, "ada", got.Username)
	require.Contains(t, stored(), "$argon2id$")
	_, err = u.Authenticate(t.Context(), "ada", "pässword")
	require.NoError(t, err)
	_, err = u.Authenticate(t.Context(), "ada", "wrong")
	require.ErrorIs(t, err, auth.ErrCredentials)
}

// The vector was computed by an independent implementation (Python's hashlib).
func TestDjangoHash_OfAnotherImplementationIsUnderstood(t *testing.T) {
	ok, err := cheap().Check(t.Context(), "pbkdf2_sha256$20000$seasalt$HEKK1trd/bq6iLo7ut3wYjn33DUG3Go7c8cqhlhtF+g=", "letmein")
	require.NoError(t, err)
	require.True(t, ok)
}

func TestDjangoHash_ThatIsDamagedIsAnErrorAndNoPanic(t *testing.T) {
	for _, h := range []string{
		"pbkdf2_sha256$", "pbkdf2_sha256$1000$salt", "pbkdf2_sha256$0$salt$AAAA", "pbkdf2_sha256$-1$salt$AAAA",
		"pbkdf2_sha256$99999999$salt$" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"pbkdf2_sha256$1000$$" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"pbkdf2_sha256$1000$salt$" + base64.StdEncoding.EncodeToString(make([]byte, 31)), "pbkdf2_sha1$1000$salt$AAAA", "!unusable",
	} {
		_, err := cheap().Check(t.Context(), h, "x")
		require.ErrorContains(t, err, "damaged", h)
		require.Error(t, auth.CheckHash(h))
	}
	require.NoError(t, auth.CheckHash(""))
	require.NoError(t, auth.CheckHash(djangoHash(t, "x", 1)))
}

func TestLogIn_TakesTheSameTimeWhoeverExistsWhileThereAreDjangoHashes(t *testing.T) {
	u := users(t)
	require.NoError(t, u.Store().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "ada"}, PasswordHash: djangoHash(t, "x", 20_000)}))
	took := func(name string) time.Duration { // at best: the machine may be busy
		best := time.Hour
		for range 5 {
			start := time.Now()
			_, err := u.Authenticate(t.Context(), name, "wrong")
			require.ErrorIs(t, err, auth.ErrCredentials)
			best = min(best, time.Since(start))
		}
		return best
	}
	legacy, modern, unknown := took("ada"), took("admin"), took("nobody")
	require.Greater(t, 4*modern, legacy)
	require.Greater(t, 4*unknown, legacy)
	require.Greater(t, 4*legacy, unknown)
}

func TestLogIn_RenewsAHashOfAnotherCost(t *testing.T) {
	store := auth.NewMemoryUserStore()
	require.NoError(t, auth.NewUsers(store, auth.WithPasswords(cheap())).Add(t.Context(), auth.User{Username: "ada"}, "x"))
	dearer := auth.NewUsers(store, auth.WithPasswords(auth.NewPasswords(auth.WithPasswordCost(16, 1))))
	_, err := dearer.Authenticate(t.Context(), "ada", "x")
	require.NoError(t, err)
	a, err := store.Account(t.Context(), "ada")
	require.NoError(t, err)
	require.Contains(t, a.PasswordHash, "$m=16,t=1,")
}

func TestPasswords_BeyondTheQueueAreRefusedAtOnce(t *testing.T) {
	p := auth.NewPasswords(auth.WithPasswordCost(8, 1), auth.WithPasswordQueue(0))
	_, err := p.Hash(context.Background(), "x")
	require.ErrorIs(t, err, auth.ErrUnavailable)
	_, err = p.Check(context.Background(), "", "x")
	require.ErrorIs(t, err, auth.ErrUnavailable)
}
