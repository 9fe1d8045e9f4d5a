package secret_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/secret"
)

func TestWarnings(t *testing.T) {
	const space, quotes, placeholder, control = "white space", "quotation marks", "not replaced", "control character"
	for value, want := range map[string][]string{
		"":                      nil,
		"correct-horse":         nil,
		"correct horse+%&#":     nil,
		"it's":                  nil,
		`"`:                     nil,
		"$ecret":                nil,
		"$":                     nil,
		"correct-horse\n":       {space},
		" correct-horse":        {space},
		"correct-horse\r\n":     {space},
		"correct-horse\u00a0":   {space},
		`"correct-horse"`:       {quotes},
		"'correct-horse'":       {quotes},
		"`correct-horse`":       {quotes},
		"\"correct-horse\"\n":   {space, quotes},
		"${ADMIN_USER_PASS}":    {placeholder},
		"$SECRET_KEY":           {placeholder},
		"correct\nhorse":        {control},
		"correct\x00horse":      {control},
		"'correct\thorse'":      {quotes, control},
		"\"correct-horse'":      nil,
		"${lower}":              nil,
		"correct-horse\v\u2003": {space},
	} {
		got := secret.Warnings("ADMIN_USER_PASS", value)
		require.Len(t, got, len(want), "%q: %q", value, got)
		for i, w := range want {
			require.Contains(t, got[i], w)
			require.True(t, strings.HasPrefix(got[i], "ADMIN_USER_PASS "))
		}
		if len(value) > 1 && !strings.Contains(value, "ADMIN_USER_PASS") {
			require.NotContains(t, fmt.Sprint(got), strings.Trim(value, " \r\n\v\u00a0\u2003"))
		}
	}
}

func TestQueryWarnings(t *testing.T) {
	for _, value := range []string{"a+b", "100%", "a&b", "a#b", "a b", "schlüssel", "a%20b"} {
		got := secret.QueryWarnings("PROCESS_CONNECTION_PASS", value)
		require.Len(t, got, 1, value)
		require.Contains(t, got[0], "PROCESS_CONNECTION_PASS has one of")
		require.Contains(t, got[0], "letters, digits")
		require.NotContains(t, got[0], value)
	}
	require.Len(t, secret.QueryWarnings("X", "a b\n"), 2)
	for _, value := range []string{"", "AZaz09-._~", "a=b;c", "a/b?c@d:e,f!g*(h)'$"} {
		require.Empty(t, secret.QueryWarnings("X", value), value)
	}
}

func TestURLWarnings(t *testing.T) {
	for text, want := range map[string]string{
		"sqlite:loved.db":                         "",
		"postgres://love@host/db":                 "",
		"postgres://love:p%2B%23@host/db":         "",
		"postgres://love:p@host/db?sslmode=off":   "",
		"postgres://love@host/db?password=a+b":    "Write it %2B",
		"postgres://love@host/db?password=a%2Bb":  "",
		"postgres://love:%22quoted%22@host/db":    "the password in LOVED_DATABASE is in quotation marks",
		"postgres://love:p%0A@host/db":            "white space",
		"postgres://love:p#x@host/db":             "", // not a URL of this kind: the store refuses it
		"postgres://love:$%7BDB_PASS%7D@host/db ": "not replaced",
	} {
		got := strings.Join(secret.URLWarnings("LOVED_DATABASE", text), " ")
		if want == "" {
			require.Empty(t, got, text)
			continue
		}
		require.Contains(t, got, want)
	}
}
