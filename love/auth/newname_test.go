package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

func TestANewNameThatCanBeTakenForAnotherIsRefused(t *testing.T) {
	taken := []string{"admin", "Zoë", "ｗｉｄｅ", "осa"}
	for name, why := range map[string]string{
		"ADMIN":         `looks like "admin"`,
		"zoË":           `looks like "Zoë"`,
		"ꓮꓓꓟꓲꓠ":         "looks like another character", // Lisu
		"ⲟⲣ":            "looks like another character", // Coptic
		"admǀn":         "looks like another character",
		"ǃadmin":        "looks like another character",
		"admiƞ":         "looks like another character",
		"oƿerator":      "looks like another character",
		"admın":         `looks like "admin"`,
		"admln":         `looks like "admin"`,
		"adm1n":         `looks like "admin"`,
		"admIn":         `looks like "admin"`,
		"admin.":        `looks like "admin"`,
		"admin·":        `looks like "admin"`,
		"z0ë":           `looks like "Zoë"`,
		"wide":          `looks like "ｗｉｄｅ"`,
		"оса":           `looks like "осa"`, // Cyrillic all through; the other has a Latin a
		"аdmin":         "mixes letters of several scripts",
		"ｂｏｂ":           "looks like another character",
		"𝐛𝐨𝐛":           "looks like another character",
		"ﬁona":          "looks like another character",
		"bob²":          "looks like another character",
		"b\u202eob":     "U+202E, which cannot be seen", // right to left
		"bob\u200b":     "U+200B, which cannot be seen", // zero width
		"b\u00adob":     "U+00AD, which cannot be seen", // soft hyphen
		"\ufeffbob":     "U+FEFF, which cannot be seen", // byte order mark
		"b\u0085ob":     "U+0085, which cannot be seen", // a control character
		"b\u00a0ob":     "U+00A0, which cannot be seen", // no-break space
		"b\u3164ob":     "U+3164, which cannot be seen", // Hangul filler
		"bob\ue000":     "U+E000, which cannot be seen", // private use
		"bob\U000e0041": "U+E0041, which cannot be seen",
		"e\u0301va":     "U+0301 after 'e', which looks like one letter",
		"..":            "looks like a folder",
		".":             "looks like a folder",
		"a..b":          "looks like a folder",
		"../admin":      "holds a space, a slash",
		"Process":       "records name processes so",
		"a b":           "holds a space",
		"a\nb":          "holds a space",
		"":              "needs 1 to 150 characters",
	} {
		require.ErrorContains(t, auth.CheckNewName("user", name, taken), why, "%q", name)
	}
	for _, name := range []string{"admin", "admin2", "ad.min", "a.dmin", "o'hara", "名前", "カメラ", "ana-日本", "a%b", "a?b", "a.b@c+d-e_f", ":name", "josé", "Иван", "Ωμέγα", "नमस्ते", "ß", "_", "42"} {
		require.NoError(t, auth.CheckNewName("user", name, taken), "%q", name)
	}
}

func TestUsers_ANewOneWhoLooksLikeAnotherIsNotAdded(t *testing.T) {
	u := users(t)
	require.ErrorContains(t, u.Add(t.Context(), auth.User{Username: "ADMIN"}, "x"), `looks like "admin", which exists`)
	require.ErrorIs(t, u.Add(t.Context(), auth.User{Username: "admin"}, "x"), auth.ErrUserExists)
	_, err := u.Provision(t.Context(), auth.User{Username: "Admin"})
	require.ErrorIs(t, err, auth.ErrCredentials)
	require.ErrorContains(t, err, `looks like "admin", which exists`)
	require.NoError(t, u.Store().CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "Cmd_User"}}), "as it was before there was the rule")
	_, err = u.Provision(t.Context(), auth.User{Username: "Cmd_User", FirstName: "C"})
	require.NoError(t, err, "who exists can log in")
	require.NoError(t, u.SetPassword(t.Context(), "Cmd_User", "x"))
	_, err = u.Authenticate(t.Context(), "Cmd_User", "x")
	require.NoError(t, err)
	_, err = u.AddMissing(t.Context(), map[string]string{"cmd_user": "x"})
	require.NoError(t, err, "the default users have their names")
}
