package cli

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// leaky has every secret of a manager in a form that does not arrive as it was
// meant, with the text of the warning.
var leaky = map[string]struct{ value, reads string }{
	"PROCESS_CONNECTION_PASS": {"pa+ss%wo&rd#horse", "PROCESS_CONNECTION_PASS has one of + % & #"},
	"SECRET_KEY":              {strings.Repeat("k", 40) + "\n", "SECRET_KEY begins or ends with white space"},
	"ADMIN_USER_PASS":         {"horse-battery-1\r\n", "ADMIN_USER_PASS begins or ends with white space"},
	"USER_USER_PASS":          {`"horse-battery-2"`, "USER_USER_PASS is in quotation marks"},
	"CMD_USER_PASS":           {" 'horse-battery-3'", "CMD_USER_PASS is in quotation marks"},
	"REMOTE_BASE_USER_PASS":   {"${BASE_PASS}", "REMOTE_BASE_USER_PASS looks like the name of a variable"},
	"REMOTE_TUCSON_USER_PASS": {"horse\nbattery-4", "REMOTE_TUCSON_USER_PASS has a line break"},
	"REMOTE_SLAC_USER_PASS":   {"\thorse-battery-5", "REMOTE_SLAC_USER_PASS begins or ends with white space"},
	"AUTH_LDAP_BIND_PASSWORD": {"ldappass\n", "AUTH_LDAP_BIND_PASSWORD begins or ends with white space"},
}

// leakyEnvironment sets the secrets of leaky.
func leakyEnvironment(u *user) {
	for name, s := range leaky {
		u.env[name] = s.value
	}
	u.env["AUTH_LDAP_1_SERVER_URI"] = "ldaps://127.0.0.1:1"
}

func TestManager_WarnsAtStartOfSecretsThatDoNotArriveAsTheyWereMeant(t *testing.T) {
	u := newUser(t)
	leakyEnvironment(u)
	u.env["LOVED_DATABASE"] = "sqlite:" + filepath.Join(t.TempDir(), "love.db")
	m := u.start("manager", "--listen", "127.0.0.1:0")
	m.waitFor("LOVE manager at")
	m.stop()
	log := m.errors.String()
	for name, s := range leaky {
		require.Contains(t, log, s.reads)
		require.NotContains(t, log, strings.Trim(s.value, " \t\r\n\"'"), name)
	}
	require.Equal(t, len(leaky)+1, strings.Count(log, "level=WARN"), "one of them has two faults: %s", log)
}

func TestManager_WarnsByTheNameOfTheFlag(t *testing.T) {
	u := newUser(t)
	m := u.start("manager", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:", "--process-password", "a long and random one", "--log-format", "json")
	m.waitFor("LOVE manager at")
	m.stop()
	require.Contains(t, m.errors.String(), `"level":"WARN","msg":"--process-password has one of`)
}

func TestManager_DoesNotWarnOfGoodSecrets(t *testing.T) {
	u := newUser(t)
	maps.Copy(u.env, environment{
		"PROCESS_CONNECTION_PASS": "correct-horse_battery.staple~1", "SECRET_KEY": strings.Repeat("k+/=", 12), "ADMIN_USER_PASS": "it's fine + 100 %",
	})
	m := u.start("manager", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:")
	m.waitFor("LOVE manager at")
	m.stop()
	require.NotContains(t, m.errors.String(), "level=WARN")
}

func TestCheck_WarnsOfSecretsAndShowsNone(t *testing.T) {
	u := newUser(t)
	leakyEnvironment(u)
	u.env["LOVED_DATABASE"] = "postgres://love:%22dbpass%22@127.0.0.1:1/love?connect_timeout=1"
	got := u.run("check")
	require.Contains(t, got.out, "warning  secrets: ")
	require.Contains(t, got.out, "the password in LOVED_DATABASE is in quotation marks")
	require.NotContains(t, got.out+got.errors, "dbpass")
	for name, s := range leaky {
		require.Contains(t, got.out, s.reads)
		require.NotContains(t, got.out+got.errors, strings.Trim(s.value, " \t\r\n\"'"), name)
	}
	require.NotContains(t, newUser(t).run("check").out, "secrets:")
}

func TestCommands_WarnOfTheSecretsThatTheyUse(t *testing.T) {
	for _, c := range []struct {
		variable, value string
		more            environment
		args            []string
		reads           string
	}{
		{"DB_PASS", "dbpass\n", environment{"DB_ENGINE": "postgresql", "DB_HOST": "127.0.0.1", "DB_PORT": "1"}, []string{"user", "list"}, "loved user list: warning: DB_PASS begins or ends"},
		{"LOVED_TOKEN", `"token"`, environment{"LOVED_MANAGER": "http://127.0.0.1:1"}, []string{"commands"}, "loved commands: warning: LOVED_TOKEN is in quotation marks"},
		{"LOVED_PASSWORD", "$PASSWORD", environment{"LOVED_MANAGER": "http://127.0.0.1:1"}, []string{"token", "ada"}, "loved token: warning: LOVED_PASSWORD looks like"},
		{"SECRET_KEY", "'key'", nil, []string{"token", "ada", "--database", "sqlite:/none/there.db"}, "loved token: warning: SECRET_KEY is in quotation marks"},
		{"PROCESS_CONNECTION_PASS", " password", environment{"WEBSOCKET_HOST": "http://127.0.0.1:1?"}, []string{"producer", "--sal", "sim", "NoSuch"}, `level=WARN msg="PROCESS_CONNECTION_PASS begins or ends`},
		{"LSST_KAFKA_SECURITY_PASSWORD", "password\n", nil, []string{"sal", "topics"}, "warning: LSST_KAFKA_SECURITY_PASSWORD begins or ends"},
	} {
		t.Run(c.variable, func(t *testing.T) {
			u := newUser(t)
			maps.Copy(u.env, c.more)
			u.env[c.variable] = c.value
			got := u.run(c.args...)
			require.Contains(t, got.errors, c.reads)
			require.Equal(t, 1, strings.Count(got.errors, "arning: ")+strings.Count(got.errors, "level=WARN"), got.errors)
		})
	}
}

// TestErrors_ShowNoPasswordOfAnAddress gives addresses with a password where none
// belongs.
func TestErrors_ShowNoPasswordOfAnAddress(t *testing.T) {
	for _, args := range [][]string{
		{"manager", "--commander", "http://love:hunter2@127.0.0.1:5000"},
		{"manager", "--commander", "http://love:hunter2#@127.0.0.1:5000"},
		{"manager", "--ldap-1", "ldaps://love:hunter2@127.0.0.1"},
		{"manager", "--ldap-1", "http://love:hunter2@127.0.0.1"},
		{"manager", "--database", "postgres://love:hunter2#@127.0.0.1/love"},
		{"manager", "--database", "postgres://love:hunter2?@127.0.0.1/love"},
		{"sub", "--manager", "http://love:hunter2@127.0.0.1:8000", "--token", "x", "event-all-all-all"},
		{"sub", "--manager", "http://127.0.0.1:8000?password=hunter2", "--token", "x", "event-all-all-all"},
	} {
		u := newUser(t)
		u.env["PROCESS_CONNECTION_PASS"] = "good"
		u.env["LOVED_DATABASE"] = "sqlite::memory:"
		got := u.run(append(args, map[bool][]string{true: {"--listen", "127.0.0.1:0"}}[args[0] == "manager"]...)...)
		require.NotZero(t, got.code, args)
		require.NotContains(t, got.out+got.errors, "hunter2")
	}
}
