package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestLimiters_ThatShareCountAsOne(t *testing.T) {
	c := lovetest.NewClock(start)
	one, two := auth.NewLogInLimiter(auth.LogInLimits{}, c), auth.NewLogInLimiter(auth.LogInLimits{}, c)
	one.Share(func(failure string) {
		require.NotContains(t, failure, "ada")
		require.NoError(t, two.Learn(failure))
	})
	two.Share(func(failure string) { require.NoError(t, one.Learn(failure)) })
	for range 5 {
		fails(t, one, "ada", "10.0.0.1")
		fails(t, two, "ada", "10.0.0.2")
	}
	refused(t, one, "ada", "10.0.0.9")
	refused(t, two, "ada", "10.0.0.9")
	fails(t, one, "bob", "10.0.0.9")

	right, err := two.Try(t.Context(), "bob", "10.0.0.9")
	require.NoError(t, err)
	right.Right()
	right.Wrong()
	for range 8 {
		fails(t, one, "bob", "10.0.0.7")
	}
	fails(t, two, "bob", "10.0.0.8") // the tenth
	refused(t, one, "bob", "10.0.0.8")
}

func FuzzLogInLimiter_Learn(f *testing.F) {
	c := lovetest.NewClock(start)
	from := auth.NewLogInLimiter(auth.LogInLimits{}, c)
	from.Share(func(failure string) { f.Add(failure) })
	for _, address := range []string{"10.0.0.1", "fe80::1", ""} {
		try, err := from.Try(f.Context(), "ada", address)
		require.NoError(f, err)
		try.Wrong()
	}
	f.Add(`{"user":"00","address":"x"}`)
	f.Add(`nothing`)
	l := auth.NewLogInLimiter(auth.LogInLimits{}, c)
	f.Fuzz(func(t *testing.T, text string) {
		_ = l.Learn(text)
		try, err := l.Try(t.Context(), "bob", "10.0.0.1")
		if err == nil {
			try.GiveBack()
		}
	})
}
