package django_test

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/django"
	"github.com/rubin-love/love-go/love/auth/password"
)

// djangoHash is what Django stores for a password.
func djangoHash(t testing.TB, text string, iterations int) string {
	t.Helper()
	key, err := pbkdf2.Key(sha256.New, text, []byte("NaCl0123456789abcdefgh"), iterations, 32)
	require.NoError(t, err)
	return fmt.Sprintf("pbkdf2_sha256$%d$NaCl0123456789abcdefgh$%s", iterations, base64.StdEncoding.EncodeToString(key))
}

func dumpWithNumbers(t testing.TB) string {
	return fmt.Sprintf(`[
	{"model": "sessions.session", "pk": "x", "fields": {}},
	{"model": "auth.user", "pk": 1, "fields": {"password": %q, "last_login": null, "is_superuser": true, "username": "admin", "first_name": "", "last_name": "",
		"email": "admin@fake.com", "is_staff": true, "is_active": true, "date_joined": "2020-01-01T00:00:00Z", "groups": [], "user_permissions": []}},
	{"model": "auth.user", "pk": 2, "fields": {"password": "!unusable", "is_superuser": false, "username": "ada", "email": "a@x", "first_name": "Ada", "last_name": "L",
		"is_active": false, "groups": [7, 9], "user_permissions": [31, 1, 99]}},
	{"model": "auth.user", "pk": 3, "fields": {"password": "bcrypt$x", "username": "bob", "is_active": true, "groups": [], "user_permissions": [1]}},
	{"model": "auth.permission", "pk": 31, "fields": {"name": "Execute Commands.", "content_type": 8, "codename": "command.execute_command"}},
	{"model": "auth.permission", "pk": 44, "fields": {"name": "Can add view", "content_type": 9, "codename": "add_view"}},
	{"model": "auth.permission", "pk": 1, "fields": {"name": "Can add log entry", "content_type": 1, "codename": "add_logentry"}},
	{"model": "auth.group", "pk": 7, "fields": {"name": "night", "permissions": [31, 44]}}
	]`, djangoHash(t, "old password", 1000))
}

func TestImport_TakesUsersOverWithTheirPasswords(t *testing.T) {
	d, err := django.ReadDump(strings.NewReader(dumpWithNumbers(t)))
	require.NoError(t, err)
	require.Equal(t, []string{
		"user ada: the permission add_logentry means nothing here and is left out",
		"user ada: the permission number 99 means nothing here and is left out",
		"user ada: group 9 is not in the export",
		"user bob: the password hash is of an unknown kind; set a new password",
	}, d.Notes)
	u := auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	require.NoError(t, u.Add(t.Context(), auth.User{Username: "bob", Email: "mine"}, "x"))
	done, err := d.ImportInto(t.Context(), u.Store())
	require.NoError(t, err)
	require.Equal(t, []string{"admin", "ada"}, done.Added)
	require.Equal(t, []string{"bob"}, done.Kept)

	admin, err := u.Authenticate(t.Context(), "admin", "old password")
	require.NoError(t, err, "nobody needs a new password")
	require.True(t, admin.Superuser)
	ada, err := u.Store().Account(t.Context(), "ada")
	require.NoError(t, err)
	require.True(t, ada.Disabled)
	require.Empty(t, ada.PasswordHash)
	require.Equal(t, []string{"night"}, ada.Groups)
	require.Equal(t, []auth.Permission{auth.ExecuteCommand}, ada.Permissions)
	require.Equal(t, []auth.Permission{auth.ExecuteCommand, "ui_framework.add_view"}, ada.GroupPermissions)
	bob, err := u.Lookup(t.Context(), "bob")
	require.NoError(t, err)
	require.Equal(t, "mine", bob.Email)
	done, err = d.ImportInto(t.Context(), u.Store())
	require.NoError(t, err)
	require.Empty(t, done.Added)
	require.Len(t, done.Kept, 3, "twice does no harm")
}

func TestReadDump_UnderstandsNaturalKeys(t *testing.T) {
	d, err := django.ReadDump(strings.NewReader(`[
	{"model": "auth.group", "fields": {"name": "cmd", "permissions": [["command.execute_command", "api", "command"]]}},
	{"model": "auth.user", "fields": {"username": "ada", "password": "", "is_active": true, "groups": [["cmd"]],
		"user_permissions": [["delete_workspaceview", "ui_framework", "workspaceview"]]}}]`))
	require.NoError(t, err)
	require.Empty(t, d.Notes)
	require.Equal(t, []auth.Group{{Name: "cmd", Permissions: []auth.Permission{auth.ExecuteCommand}}}, d.Groups)
	require.Equal(t, []string{"cmd"}, d.Accounts[0].Groups)
	require.Equal(t, []auth.Permission{"ui_framework.delete_workspaceview"}, d.Accounts[0].Permissions)
}

func TestImport_LeavesOutAGroupThatDoesNotExist(t *testing.T) {
	d, err := django.ReadDump(strings.NewReader(`[{"model": "auth.user", "fields": {"username": "ada", "is_active": true, "groups": [["night"], ["cmd"]]}},
		{"model": "auth.user", "fields": {"username": "bob", "is_active": true}}]`))
	require.NoError(t, err)
	u := auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	done, err := d.ImportInto(t.Context(), u.Store())
	require.NoError(t, err)
	require.Equal(t, []string{"ada", "bob"}, done.Added, "the others are imported")
	require.Equal(t, []string{"user ada: there is no group night"}, done.Notes)
	ada, err := u.Lookup(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, []string{"cmd"}, ada.Groups)
}

func TestImport_ChecksEverythingBeforeItAddsAnything(t *testing.T) {
	u := auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	d := django.Dump{Accounts: []auth.Account{{User: auth.User{Username: "ada"}}, {User: auth.User{Username: "a b"}}}}
	_, err := d.ImportInto(t.Context(), u.Store())
	require.ErrorContains(t, err, "not usable")
	all, err := u.Store().Accounts(t.Context())
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestReadDump_RefusesWhatIsNotADump(t *testing.T) {
	for text, want := range map[string]string{
		"":    "not a dumpdata export",
		"{}":  "not a dumpdata export",
		"[1]": "not a dumpdata export",
		"[]":  "neither auth.user nor auth.group",
		`[{"model": "auth.user", "pk": 1, "fields": []}]`:                                  "object 1 (auth.user)",
		`[{"model": "auth.user", "pk": 1, "fields": {"username": "a b", "password": ""}}]`: "not usable",
		`[{"model": "auth.group", "pk": 1, "fields": {"name": ""}}]`:                       "not usable",
	} {
		_, err := django.ReadDump(strings.NewReader(text))
		require.ErrorContains(t, err, want, text)
	}
}

func FuzzReadDump(f *testing.F) {
	f.Add(dumpWithNumbers(f))
	f.Add(`[{"model": "auth.user", "fields": {"username": "x", "groups": [[]], "user_permissions": [[""], {}]}}]`)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := django.ReadDump(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, a := range d.Accounts {
			require.NoError(t, a.Check())
			require.NoError(t, password.CheckHash(a.PasswordHash))
		}
	})
}

func TestImport_WarnsOfNamesThatLookAlike(t *testing.T) {
	store := auth.NewMemoryUserStore()
	require.NoError(t, store.CreateAccount(t.Context(), auth.Account{User: auth.User{Username: "admin"}}))
	dump := django.Dump{Accounts: []auth.Account{{User: auth.User{Username: "Admin"}}, {User: auth.User{Username: "ana"}}, {User: auth.User{Username: "b\u200b"}}}}
	for range 2 { // repeated, it adds nothing and has no notes
		done, err := dump.ImportInto(t.Context(), store)
		require.NoError(t, err)
		if len(done.Added) == 0 {
			require.Empty(t, done.Notes)
			break
		}
		require.Equal(t, []string{"Admin", "ana", "b\u200b"}, done.Added)
		require.Len(t, done.Notes, 2)
		require.Contains(t, done.Notes[0], `user Admin: imported, but beware: the user name "Admin" is not usable for a new user: it looks like "admin"`)
		require.Contains(t, done.Notes[1], "cannot be seen")
	}
}
