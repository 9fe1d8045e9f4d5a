package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/store"
)

func TestUsersAreAddedAndChangedWithoutAManager(t *testing.T) {
	u := newUser(t)
	u.useDatabase()
	require.Contains(t, u.mustFail(exitFailure, "", "user", "list"), "there is no database")
	u.mustRun("geheim of four random words\n", "user", "add", "ada", "--email", "ada@example.org", "--group", "ui_framework")
	u.mustRun("", "user", "grant", "ada", "cmd", "ATDome:*:move*", "api.manage_users")
	u.mustRun("", "user", "revoke", "ada", "ui_framework", "api.manage_users")
	u.mustRun("x of four random words\n", "user", "add", "root", "--superuser")
	u.mustRun("", "user", "disable", "root")
	require.Equal(t, strings.Join([]string{
		"NAME  STATE     LOG-IN    GROUPS  PERMISSIONS",
		"ada   active    password  cmd     ATDome:*:move*",
		"root  disabled  password  -       superuser\n",
	}, "\n"), u.mustRun("", "user", "list"))
	u.mustRun("", "user", "enable", "root")
	u.mustRun("neu of four random words\n", "user", "passwd", "ada")

	for want, c := range map[string]struct {
		input string
		args  []string
	}{
		"exists already":      {"some random words\n", []string{"user", "add", "ada"}},
		"it is empty":         {"", []string{"user", "add", "bob"}},
		"not usable":          {"some random words\n", []string{"user", "add", "a b"}},
		"no such group":       {"some random words\n", []string{"user", "add", "bob", "--group", "nothing"}},
		"no such user":        {"", []string{"user", "disable", "bob"}},
		"is not a permission": {"", []string{"user", "grant", "ada", "fly"}},
		"no such user ":       {"some random words\n", []string{"user", "passwd", "bob"}},
		"no such user  ":      {"", []string{"token", "bob", "--database", u.env["LOVED_DATABASE"]}},
	} {
		require.Contains(t, u.mustFail(exitFailure, c.input, c.args...), strings.TrimSpace(want))
	}
	require.Contains(t, u.mustFail(exitUsage, "", "user", "grant", "ada"), "WHAT is missing")
	require.Contains(t, u.mustFail(exitUsage, "", "user", "fly"), "fly")
}

func TestAManagerFollowsChangesToUsersInItsDatabase(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager()
	u.mustRun("secret of ada\n", "user", "add", "ada")
	u.env["LOVED_PASSWORD"] = "secret of ada"
	var token string
	require.Eventually(t, func() bool {
		got := u.run("token", "ada")
		token = strings.TrimSpace(got.out)
		return got.code == 0
	}, testTimeout, 50*time.Millisecond)
	sub := u.start("sub", "--token", token, "--log-level", "info", "event-all-all-all")
	sub.waitForError(`msg=subscribed`)
	began := time.Now()
	u.mustRun("", "user", "disable", "ada")
	sub.waitForError(`the log-in has ended|no longer|code 1000`)
	require.Less(t, time.Since(began), 2*time.Second)
	require.Contains(t, validateToken(t, url, token), "User is not active")
}

func TestANewPasswordEndsWhatWasOpenedWithTheOldOne(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager()
	u.env["LOVED_PASSWORD"] = "user's"
	stolen := strings.TrimSpace(u.mustRun("", "token", "user"))
	u.env["LOVED_PASSWORD"] = "admin's"
	other := strings.TrimSpace(u.mustRun("", "token", "admin"))
	sub := u.start("sub", "--token", stolen, "--log-level", "info", "event-all-all-all")
	sub.waitForError(`msg=subscribed`)

	u.mustRun("second of four random words\n", "user", "passwd", "user", "--keep-sessions")
	require.Contains(t, validateToken(t, url, stolen), `"username":"user"`)
	require.Equal(t, []string{"sessions kept"}, passwordRecordDetails(t, url, other))

	u.mustRun("third of four random words\n", "user", "passwd", "user")
	sub.waitForError(`the log-in has ended|no longer|code 1000`)
	require.Contains(t, validateToken(t, url, stolen), "Invalid Token")
	require.Contains(t, validateToken(t, url, other), `"username":"admin"`, "tokens of others stay valid")
	require.Equal(t, []string{"", "sessions kept"}, passwordRecordDetails(t, url, other))
	for password, works := range map[string]bool{"user's": false, "second of four random words": false, "third of four random words": true} {
		u.env["LOVED_PASSWORD"] = password
		require.Equal(t, works, u.run("token", "user").code == exitDone, password)
	}
}

// interruptingStore is a store whose user presses Ctrl-C as soon as an account has
// changed.
type interruptingStore struct {
	auth.UserStore
	interrupt func()
}

func (s interruptingStore) UpdateAccount(ctx context.Context, username string, change func(*auth.Account) error) error {
	defer s.interrupt()
	return s.UserStore.UpdateAccount(ctx, username, change)
}

func TestAnInterruptAfterANewPasswordLeavesNoTokens(t *testing.T) {
	for keep, want := range map[bool]struct {
		tokens int
		detail string
	}{false: {0, ""}, true: {1, "sessions kept"}} {
		ctx, interrupt := context.WithCancel(t.Context())
		db, err := openUserDatabase(ctx, func(ctx context.Context) (*store.Store, error) { return store.Open(ctx, store.Memory) }, "test")
		require.NoError(t, err)
		defer db.Close()
		ada := auth.User{Username: "ada"}
		require.NoError(t, db.users.Add(ctx, ada, "old"))
		tokens := newTokens(nil, db.Store, db.users, time.Hour)
		_, err = tokens.Issue(ctx, ada)
		require.NoError(t, err)

		db.users = auth.NewUsers(interruptingStore{db.Users(), interrupt}, password.New())
		require.NoError(t, db.setPassword(ctx, "ada", "new", keep))
		require.Error(t, ctx.Err())
		left, err := tokens.Issued(t.Context(), "ada")
		require.NoError(t, err)
		require.Len(t, left, want.tokens)
		records, err := db.AuditLog().Records(t.Context(), 1)
		require.NoError(t, err)
		require.Equal(t, audit.PasswordSet, records[0].Action)
		require.Equal(t, want.detail, records[0].Detail)
	}
}

// passwordRecordDetails returns the details of the audit records of new
// passwords, newest first.
func passwordRecordDetails(t *testing.T, url, token string) []string {
	t.Helper()
	var records []struct{ Action, Detail string }
	require.NoError(t, json.Unmarshal([]byte(request(t, "GET", url+"/manager/api/admin/audit/", token, "")), &records))
	var details []string
	for _, r := range records {
		if r.Action == audit.PasswordSet {
			details = append(details, r.Detail)
		}
	}
	return details
}

func TestTokensSurviveARestartOfTheManager(t *testing.T) {
	u := newUser(t)
	manager, _ := u.startManager()
	u.env["LOVED_PASSWORD"] = "admin's"
	token := strings.TrimSpace(u.mustRun("", "token", "admin"))
	require.Equal(t, exitDone, manager.stop())

	u.env["ADMIN_USER_PASS"] = "another"
	manager, url := u.restartManager()
	require.Contains(t, validateToken(t, url, token), `"username":"admin"`, "the key is kept in the database")
	u.mustRun("", "token", "admin")
	require.Equal(t, exitDone, manager.stop())
}

func TestATokenCanBeMadeInTheDatabaseForAShortTime(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager()
	database := u.env["LOVED_DATABASE"]
	long := strings.TrimSpace(u.mustRun("", "token", "user", "--database", database))
	require.Contains(t, validateToken(t, url, long), `"username":"user"`)
	short := strings.TrimSpace(u.mustRun("", "token", "user", "--database", database, "--lifetime", "1ns"))
	require.Contains(t, validateToken(t, url, short), "The Token is expired")
	require.Contains(t, validateToken(t, url, short), "Invalid Token", "it has been removed")
	require.Contains(t, u.mustFail(exitUsage, "", "token", "user", "--lifetime", "1h"), "--database")
	require.Contains(t, u.mustFail(exitUsage, "", "token", "user", "--database", database, "--lifetime", "0s"), "--lifetime")
}

func TestUsersOfThePythonManagerAreImportedWithTheirPasswords(t *testing.T) {
	u := newUser(t)
	file := filepath.Join(t.TempDir(), "dump.json")
	// The hash is Django's of the password "letmein".
	require.NoError(t, os.WriteFile(file, []byte(`[{"model": "auth.group", "pk": 1, "fields": {"name": "cmd", "permissions": []}},
		{"model": "auth.user", "pk": 1, "fields": {"username": "ada", "is_active": true, "groups": [1], "user_permissions": [7],
		"password": "pbkdf2_sha256$600000$seasalt$Dgn1dldl4VXmmfKGyTMBBYnS10AZeC0qknzm+1t2DX4="}}]`), 0o600))
	u.useDatabase()
	got := u.run("import-django", file)
	require.Equal(t, result{out: "1 users and 1 groups imported\n", errors: "user ada: the permission number 7 means nothing here and is left out\n"}, got)
	got = u.run("import-django", file)
	require.Contains(t, got.errors, "stays as it is")
	require.Contains(t, u.mustFail(exitFailure, "", "import-django", filepath.Join(t.TempDir(), "none")), "no such file")

	u.startManager()
	u.env["LOVED_PASSWORD"] = "letmein"
	u.mustRun("", "token", "ada")
	require.NotContains(t, u.mustRun("", "export", "--password-hashes"), "pbkdf2")
}

func TestExportWritesUsersAndGroupsWithoutSecrets(t *testing.T) {
	u := newUser(t)
	u.useDatabase()
	u.mustRun("geheim of four random words\n", "user", "add", "ada", "--group", "cmd")
	text := u.mustRun("", "export")
	var e exported
	require.NoError(t, json.Unmarshal([]byte(text), &e))
	require.Equal(t, 1, e.Format)
	require.Equal(t, "ada", e.Users[0].Username)
	require.Equal(t, "cmd", e.Groups[0].Name)
	require.NotContains(t, text, "argon2")
	require.Contains(t, u.mustRun("", "export", "--password-hashes"), "$argon2id$")
}

func TestCheckWarnsWhenTheTableOfLeapSecondsIsOld(t *testing.T) {
	expiry := love.LeapSecondsExpiry()
	found, err := leapSecondsAt(expiry.AddDate(0, -6, 0))
	require.NoError(t, err)
	require.Equal(t, "known until "+expiry.Format(time.DateOnly), found)
	_, err = leapSecondsAt(expiry.AddDate(0, -1, 0))
	require.ErrorContains(t, err, "expires on")
	_, err = leapSecondsAt(expiry)
	require.ErrorContains(t, err, "has expired")
}

func TestANewerTableOfLeapSecondsCanBeGiven(t *testing.T) {
	defer love.UseLeapSeconds(love.LeapSecondTable{})
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"], u.env["LOVED_DATABASE"] = "a good long one", "sqlite::memory:"
	file := filepath.Join(t.TempDir(), "leap-seconds.list")
	require.NoError(t, os.WriteFile(file, []byte("#@ 3913056000\n2272060800 10\n"), 0o600))
	u.env["LOVED_LEAP_SECONDS"] = file
	require.Regexp(t, `(?m)^warning +leap seconds: the table has expired on 2024-01-01`, u.run("check").out)

	require.NoError(t, os.WriteFile(file, []byte("10 2272060800\n"), 0o600))
	got := u.run("check")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.errors, "--leap-seconds "+file+": leap seconds: the table must begin with 1972")
}

func TestTheLocationCanDecideWhoCommands(t *testing.T) {
	u := newUser(t)
	for from, want := range map[string]string{"127.0.0.1": "HTTP 503", "10.0.0.0/8": "location is not allowed"} {
		_, url := u.startManager("--commanding", "location", "--command-from", from)
		u.env["LOVED_PASSWORD"] = "user's"
		got := u.run("cmd", "--manager", url, "--user", "user", "ATDome", "moveAzimuth")
		require.Equal(t, exitFailure, got.code)
		require.Contains(t, got.out+got.errors, want)
	}
}

func TestRemoteControlRoomsAreUsersOfTheSummitOnly(t *testing.T) {
	u := newUser(t)
	u.env["REMOTE_BASE_USER_PASS"] = "base's"
	manager, _ := u.startManager()
	require.Regexp(t, `base_control_room +active +password +ui_framework`, u.mustRun("", "user", "list"))
	require.NotContains(t, u.mustRun("", "user", "list"), "slac")
	require.Equal(t, exitDone, manager.stop())

	u = newUser(t)
	u.env["REMOTE_BASE_USER_PASS"], u.env["LOVE_SITE"] = "base's", "tucson"
	u.startManager()
	require.NotContains(t, u.mustRun("", "user", "list"), "base_control_room")
}

func TestLogInTriesAreLimited(t *testing.T) {
	u := newUser(t)
	u.startManager("--limit-log-in-tries", "2")
	u.env["LOVED_PASSWORD"] = "guess"
	for range 2 {
		require.Contains(t, u.mustFail(exitFailure, "", "token", "admin"), "user name or password is wrong")
	}
	require.Contains(t, u.mustFail(exitFailure, "", "token", "admin"), "Too many log-ins have failed")
}
