package seal_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/seal"
)

var (
	secret = []byte("a secret of at least sixteen bytes")
	now    = time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)
)

type attempt struct{ State, Next string }

func sealed(t *testing.T, v any) string {
	t.Helper()
	text, err := seal.Seal(secret, "attempt", v, now.Add(time.Minute))
	require.NoError(t, err)
	return text
}

func TestOpen_ReturnsWhatWasSealed(t *testing.T) {
	text := sealed(t, attempt{"s", "/next?é"})
	require.NotContains(t, text, "next", "nobody can read it")
	require.NotEqual(t, text, sealed(t, attempt{"s", "/next?é"}), "nor see that two are the same")
	var got attempt
	require.NoError(t, seal.Open(secret, "attempt", text, &got, now.Add(59*time.Second)))
	require.Equal(t, attempt{"s", "/next?é"}, got)
}

func TestOpen_RefusesEverythingElse(t *testing.T) {
	text := sealed(t, attempt{"s", "/"})
	var got attempt
	require.ErrorIs(t, seal.Open(secret, "attempt", text, &got, now.Add(time.Minute)), seal.ErrExpired)
	require.ErrorIs(t, seal.Open(secret, "grant", text, &got, now), seal.ErrBroken, "another purpose")
	require.ErrorIs(t, seal.Open([]byte("another secret of many bytes"), "attempt", text, &got, now), seal.ErrBroken)
	for _, wrong := range []string{"", "x", text[1:], text[:len(text)-1], text + "A", text + "\n", " " + text, strings.Repeat("A", 10_000_000)} {
		require.ErrorIs(t, seal.Open(secret, "attempt", wrong, &got, now), seal.ErrBroken)
	}
	for i := range text {
		changed := []byte(text)
		changed[i] = map[bool]byte{true: 'B', false: 'A'}[changed[i] == 'A']
		require.ErrorIs(t, seal.Open(secret, "attempt", string(changed), &got, now), seal.ErrBroken, i)
	}
	require.ErrorIs(t, seal.Open(secret, "attempt", sealed(t, []int{1}), &got, now), seal.ErrBroken, "another kind of value")
	require.Zero(t, got)
}

func TestSeal_RefusesWhatCannotBeOpened(t *testing.T) {
	_, err := seal.Seal(secret, "attempt", strings.Repeat("x", seal.MaxBytes), now)
	require.ErrorContains(t, err, "more than")
	_, err = seal.Seal([]byte("short"), "attempt", 1, now)
	require.ErrorContains(t, err, "16 bytes")
	_, err = seal.Seal(secret, "attempt", func() {}, now)
	require.Error(t, err)
}

func FuzzOpen(f *testing.F) {
	text, err := seal.Seal(secret, "attempt", attempt{"s", "/"}, now.Add(time.Minute))
	require.NoError(f, err)
	f.Add(text)
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, other string) {
		var got attempt
		err := seal.Open(secret, "attempt", other, &got, now)
		require.True(t, err != nil || got == attempt{"s", "/"}, "%q was opened as %v", other, got)
	})
}
