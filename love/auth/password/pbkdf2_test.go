package password_test

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth/password"
)

// djangoHash is what Django stores for a password.
func djangoHash(t testing.TB, text string, iterations int) string {
	t.Helper()
	key, err := pbkdf2.Key(sha256.New, text, []byte("NaCl0123456789abcdefgh"), iterations, 32)
	require.NoError(t, err)
	return fmt.Sprintf("pbkdf2_sha256$%d$NaCl0123456789abcdefgh$%s", iterations, base64.StdEncoding.EncodeToString(key))
}

// The vector was computed by an independent implementation (Python's hashlib).
func TestCheck_AcceptsADjangoHash(t *testing.T) {
	const hash = "pbkdf2_sha256$20000$seasalt$HEKK1trd/bq6iLo7ut3wYjn33DUG3Go7c8cqhlhtF+g="
	for _, legacyCost := range []int{0, 100, 30_000} {
		for text, want := range map[string]bool{"letmein": true, "Letmein": false, "": false} {
			right, err := cheap().Check(t.Context(), hash, text, legacyCost)
			require.NoError(t, err)
			require.Equal(t, want, right, "%q with legacy cost %d", text, legacyCost)
		}
	}
}

func TestCheck_RefusesADamagedDjangoHash(t *testing.T) {
	for _, hash := range []string{
		"pbkdf2_sha256$", "pbkdf2_sha256$1000$salt", "pbkdf2_sha256$0$salt$AAAA", "pbkdf2_sha256$-1$salt$AAAA",
		"pbkdf2_sha256$99999999$salt$" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"pbkdf2_sha256$1000$$" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"pbkdf2_sha256$1000$salt$" + base64.StdEncoding.EncodeToString(make([]byte, 31)), "pbkdf2_sha1$1000$salt$AAAA", "!unusable",
	} {
		_, err := cheap().Check(t.Context(), hash, "x", 0)
		require.ErrorContains(t, err, "damaged", hash)
		require.Error(t, password.CheckHash(hash))
		require.Zero(t, cheap().LegacyCost(hash))
	}
	require.NoError(t, password.CheckHash(djangoHash(t, "x", 1)))
}

func TestLegacyCost_IsThatOfADjangoHash(t *testing.T) {
	h := cheap()
	hash, err := h.Hash(t.Context(), "x")
	require.NoError(t, err)
	require.Zero(t, h.LegacyCost(hash))
	require.Zero(t, h.LegacyCost(""))
	require.Equal(t, 20_000, h.LegacyCost(djangoHash(t, "x", 20_000)))
}

func TestCheck_TakesTheSameTimeForEveryHash(t *testing.T) {
	const legacyCost = 40_000
	h := cheap()
	modern, err := h.Hash(t.Context(), "x")
	require.NoError(t, err)
	took := make(map[string]time.Duration)
	for name, hash := range map[string]string{
		"none": "", "argon2id": modern, "Django": djangoHash(t, "x", legacyCost), "older Django": djangoHash(t, "x", legacyCost/40),
	} {
		best := time.Hour // the machine may be busy
		for range 10 {
			start := time.Now()
			_, err := h.Check(t.Context(), hash, "wrong", legacyCost)
			require.NoError(t, err)
			best = min(best, time.Since(start))
		}
		took[name] = best
	}
	for name, d := range took {
		require.Less(t, d, 4*took["Django"], name)
		require.Greater(t, 4*d, took["Django"], name)
	}
}
