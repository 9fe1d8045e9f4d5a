package cli

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAWrongSettingIsNamedWithWhatIsAccepted(t *testing.T) {
	folder := t.TempDir()
	for _, c := range []struct {
		env  environment
		args []string
		want string
	}{
		{environment{"LOVED_LIMIT_SESSIONS": "many"}, []string{"manager"}, `loved manager: LOVED_LIMIT_SESSIONS: "many" is not a number such as 20000, or 0 for the default (`},
		{nil, []string{"manager", "--limit-sessions", "many"}, `loved manager: --limit-sessions: "many" is not a number such as 20000`},
		{environment{"LOVED_AUTHORITY": "maybe"}, []string{"manager"}, `LOVED_AUTHORITY: "maybe" is not true or false`},
		{environment{"LOVED_NAN": "x"}, []string{"manager"}, `LOVED_NAN: "x" is not one of raw, null`},
		{nil, []string{"manager", "--token-lifetime", "3"}, `--token-lifetime: "3" is not a time such as 30d, 12h`},
		{nil, []string{"bench", "--subscribers", "x"}, `--subscribers: "x" is not a whole number`},
		{nil, []string{"manager", "--lisen", "x"}, "unknown flag: --lisen; did you mean --listen?"},
		{nil, []string{"user", "list", "--databse", "x"}, "unknown flag: --databse; did you mean --database?"},
		{nil, []string{"user", "add", "ada", "--database", "mysql:x"}, "--database (LOVED_DATABASE): the database address must begin with sqlite: or postgres://"},
		{nil, []string{"user", "add", "ada", "--database", "sqlite:" + folder + "/no/love.db"}, "--database (LOVED_DATABASE): the folder " + folder + "/no of the database file does not exist: make it"},
		{environment{"DB_ENGINE": "postgresql", "DB_HOST": "127.0.0.1", "DB_PORT": "1", "DB_PASS": "geheim"}, []string{"user", "list"},
			"DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASS: the database at 127.0.0.1:1 cannot be reached, see whether PostgreSQL runs there: dial tcp 127.0.0.1:1: connect: connection refused\n"},
	} {
		u := newUser(t)
		for name, value := range c.env {
			u.env[name] = value
		}
		got := u.run(c.args...)
		require.NotZero(t, got.code)
		require.Contains(t, got.errors, c.want)
	}
}

func TestAVariableThatIsNoneIsReported(t *testing.T) {
	u := newUser(t)
	u.env["LOVED_DATABSE"], u.env["LOVED_PASSWORD"], u.env["LOVELY"] = "x", "y", "z"
	got := u.run("version")
	require.Zero(t, got.code)
	require.Equal(t, "loved version: warning: LOVED_DATABSE is not a variable that loved reads; did you mean LOVED_DATABASE?\n", got.errors)
}

func TestNoDatabaseIsMadeForAnExportThatCannotBeRead(t *testing.T) {
	u := newUser(t)
	file := filepath.Join(t.TempDir(), "loved.db")
	got := u.run("import-django", "/no/such/file", "--database", "sqlite:"+file)
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errors, "opening the export: open /no/such/file: no such file")
	require.NoFileExists(t, file)
}
