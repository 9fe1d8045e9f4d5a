package auth_test

import (
	"context"
	"regexp"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

func TestPasswords_AreHashedWithAFreshSalt(t *testing.T) {
	p := cheap()
	a, err := p.Hash(t.Context(), "pässword")
	require.NoError(t, err)
	b, err := p.Hash(t.Context(), "pässword")
	require.NoError(t, err)
	require.NotEqual(t, a, b)
	require.Regexp(t, regexp.MustCompile(`^\$argon2id\$v=19\$m=8,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`), a)
	for _, h := range []string{a, b} {
		ok, err := p.Check(t.Context(), h, "pässword")
		require.NoError(t, err)
		require.True(t, ok)
		ok, err = p.Check(t.Context(), h, "password")
		require.NoError(t, err)
		require.False(t, ok)
	}
}

func TestPasswords_DefaultCostIsAtLeastWhatOWASPAsks(t *testing.T) {
	h, err := auth.NewPasswords().Hash(t.Context(), "x")
	require.NoError(t, err)
	require.Contains(t, h, "$m=19456,t=2,p=1$")
}

func TestPasswords_HashesOfAnotherCostStayValid(t *testing.T) {
	h, err := auth.NewPasswords(auth.WithPasswordCost(16, 2)).Hash(t.Context(), "x")
	require.NoError(t, err)
	ok, err := cheap().Check(t.Context(), h, "x")
	require.NoError(t, err)
	require.True(t, ok)
}

// salted is a hash without its key.
const salted = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$"

func TestPasswords_RefuseADamagedHash(t *testing.T) {
	key := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	for name, h := range map[string]string{
		"no hash":       "password",
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
			_, err := cheap().Check(t.Context(), h, "password")
			require.ErrorContains(t, err, "damaged")
		})
	}
	ok, err := cheap().Check(t.Context(), salted+key, "password")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestPasswords_ManyAtOnceAllGetTheirTurn(t *testing.T) {
	p := auth.NewPasswords(auth.WithPasswordCost(8, 1), auth.WithPasswordWorkers(2))
	h, err := p.Hash(t.Context(), "x")
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			ok, err := p.Check(context.Background(), h, "x")
			if err != nil || !ok {
				t.Error("a check failed", err)
			}
		})
	}
	wg.Wait()
}

func FuzzStoredHash(f *testing.F) {
	f.Add("")
	f.Add(salted + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$$")
	f.Add("$$$$$")
	f.Add("pbkdf2_sha256$1$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	p := cheap()
	f.Fuzz(func(t *testing.T, hash string) {
		if len(hash) > 200 || regexp.MustCompile(`m=\d{5}|t=\d{3}|256\$\d{5}`).MatchString(hash) {
			return // costs that a real hash may have take seconds each
		}
		ok, _ := p.Check(t.Context(), hash, "password")
		require.False(t, ok)
	})
}
