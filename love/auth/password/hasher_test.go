package password_test

import (
	"context"
	"regexp"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cheap keeps the tests quick: most are not about what a hash costs.
func cheap() *password.Hasher { return password.New(password.WithCost(8, 1)) }

func check(t *testing.T, h *password.Hasher, hash, text string) bool {
	t.Helper()
	right, err := h.Check(t.Context(), hash, text, 0)
	require.NoError(t, err)
	return right
}

func TestHash_HasAFreshSalt(t *testing.T) {
	h := cheap()
	a, err := h.Hash(t.Context(), "pässword")
	require.NoError(t, err)
	b, err := h.Hash(t.Context(), "pässword")
	require.NoError(t, err)
	require.NotEqual(t, a, b)
	require.Regexp(t, regexp.MustCompile(`^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`), a)
	for _, hash := range []string{a, b} {
		require.True(t, check(t, h, hash, "pässword"))
		require.False(t, check(t, h, hash, "password"))
	}
}

func TestHash_CostsAtLeastWhatOWASPRecommends(t *testing.T) {
	hash, err := password.New().Hash(t.Context(), "x")
	require.NoError(t, err)
	require.Contains(t, hash, "$m=19456,t=2,p=1$")
}

func TestCheck_AcceptsAHashOfAnotherCost(t *testing.T) {
	hash, err := password.New(password.WithCost(16, 2)).Hash(t.Context(), "x")
	require.NoError(t, err)
	require.True(t, check(t, cheap(), hash, "x"))
}

func TestCheck_AgainstNoHashIsWrong(t *testing.T) {
	for _, text := range []string{"", "x"} {
		require.False(t, check(t, cheap(), "", text))
	}
}

func TestOutdated_IsAHashOfAnotherCostOrKind(t *testing.T) {
	h := cheap()
	hash, err := h.Hash(t.Context(), "x")
	require.NoError(t, err)
	require.False(t, h.Outdated(hash))
	require.True(t, password.New(password.WithCost(16, 1)).Outdated(hash))
	require.True(t, password.New(password.WithCost(8, 2)).Outdated(hash))
	require.True(t, h.Outdated(djangoHash(t, "x", 1)))
}

// salted is a hash without its key.
const salted = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"

func TestCheck_RefusesADamagedHash(t *testing.T) {
	key := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for name, hash := range map[string]string{
		"not a hash":    "password",
		"other method":  "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + key,
		"other version": "$argon2id$v=16$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + key,
		"too costly":    "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" + key,
		"too long":      "$argon2id$v=19$m=8,t=99999,p=1$c29tZXNhbHRzb21lc2FsdA$" + key,
		"no passes":     "$argon2id$v=19$m=8,t=0,p=1$c29tZXNhbHRzb21lc2FsdA$" + key,
		"a tail":        "$argon2id$v=19$m=8,t=1,p=1,x$c29tZXNhbHRzb21lc2FsdA$" + key,
		"short key":     salted + "AAAA",
		"bad base64":    salted + "!" + key[1:],
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cheap().Check(t.Context(), hash, "password", 0)
			require.ErrorContains(t, err, "damaged")
			require.ErrorContains(t, password.CheckHash(hash), "damaged")
		})
	}
	require.False(t, check(t, cheap(), salted+key, "password"))
	require.NoError(t, password.CheckHash(salted+key))
	require.NoError(t, password.CheckHash(""))
}

func TestHasher_ComputesManyInTurn(t *testing.T) {
	h := password.New(password.WithCost(8, 1), password.WithWorkers(2))
	hash, err := h.Hash(t.Context(), "x")
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if right, err := h.Check(context.Background(), hash, "x", 0); err != nil || !right {
				t.Error("a check failed", err)
			}
		})
	}
	wg.Wait()
}

func TestHasher_RefusesWhatExceedsItsQueue(t *testing.T) {
	h := password.New(password.WithCost(8, 1), password.WithQueue(0))
	_, err := h.Hash(t.Context(), "x")
	require.ErrorIs(t, err, auth.ErrUnavailable)
	_, err = h.Check(t.Context(), "", "x", 0)
	require.ErrorIs(t, err, auth.ErrUnavailable)
}

func FuzzCheck(f *testing.F) {
	f.Add("")
	f.Add(salted + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$$")
	f.Add("$$$$$")
	f.Add("pbkdf2_sha256$1$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	h := cheap()
	f.Fuzz(func(t *testing.T, hash string) {
		if len(hash) > 200 || regexp.MustCompile(`m=\d{5}|t=\d{3}|256\$\d{5}`).MatchString(hash) {
			return // costs that a real hash may have take seconds each
		}
		right, _ := h.Check(t.Context(), hash, "password", 0)
		require.False(t, right)
	})
}
