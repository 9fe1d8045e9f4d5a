package secret_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/secret"
)

func TestAPasswordThatCanBeGuessedIsRefused(t *testing.T) {
	for password, why := range map[string]string{
		"":                  "shorter than 12 characters: choose a longer one",
		"a good one":        "shorter than",
		"пароль12345":       "shorter than",
		"123456789012":      "has no letters",
		"2026-11-28 17:00":  "has no letters",
		"aaaaaaaaaaaa":      "repeats few characters",
		"aaaabbbbccccdddd":  "repeats few characters",
		"passwordpassword":  "most common",
		"Password1234!":     "most common",
		"iloveyou123456":    "most common",
		"qwertyuiop12":      "most common",
		"international2026": "most common",
		"AdminAdmin123":     "everybody knows",
		"ada.lovelace1":     "everybody knows",
		"user!user!user!":   "most common",
	} {
		err := secret.CheckStrength(password, "ada.lovelace", "admin")
		require.ErrorContains(t, err, why, password)
		if password != "" {
			require.NotContains(t, err.Error(), password)
		}
	}
	for _, password := range []string{"correct horse battery staple", "a-long-one-for-tests", "Zk3!vR8#qLw2", "LoveIsAllYouNeed1", "четыре разных слова"} {
		require.NoError(t, secret.CheckStrength(password, "ada.lovelace", "admin"), password)
	}
}
