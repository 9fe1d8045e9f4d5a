package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// writeFile writes a file of the user's and returns its path.
func (u *user) writeFile(name, text string) string {
	path := filepath.Join(u.env["HOME"], name)
	require.NoError(u.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// settings returns what `loved config` prints, as "from value" by name.
func (u *user) settings(args ...string) map[string]string {
	u.t.Helper()
	all := map[string]string{}
	for line := range strings.Lines(u.mustRun("", append([]string{"config"}, args...)...)) {
		if name, rest, ok := strings.Cut(strings.TrimSpace(line), "  "); ok && strings.HasPrefix(line, "  ") {
			from, value, _ := strings.Cut(strings.TrimSpace(rest), "  ")
			all[name] = from + " " + strings.TrimSpace(value)
		}
	}
	return all
}

func TestASettingOfTheFileThatAVariableOverridesIsAWarning(t *testing.T) {
	u := newUser(t)
	secret := u.writeFile("secret", "four-random-words")
	file := u.writeFile("loved.yaml", "ping: 41s\ndrain: 42s\ndatabase: postgres://love@db/love\norigins: [https://a.example, https://b.example]\n"+
		"process-password-file: /nowhere\nlisten: 127.0.0.1:1\nname: \"\"\n")
	u.env["LOVED_CONFIG"], u.env["LOVED_PING"], u.env["LOVED_DATABASE"] = file, "31s", "sqlite:/var/lib/loved/loved.db"
	u.env["LOVED_ORIGINS"], u.env["PROCESS_CONNECTION_PASS_FILE"] = "https://a.example,https://b.example", secret
	warnings := regexp.MustCompile(`level=WARN msg="(.*)"`).FindAllStringSubmatch(u.run("config", "--drain", "22s").errors, -1)
	require.Len(t, warnings, 3, "of none that is the same, or that a flag overrides")
	for i, want := range []string{
		":1: ping has no effect, because LOVED_PING takes precedence: remove one of them",
		":3: database has no effect, because LOVED_DATABASE takes precedence: remove one of them",
		":5: process-password-file has no effect, because PROCESS_CONNECTION_PASS_FILE takes precedence: remove one of them",
	} {
		require.Equal(t, file+want, warnings[i][1])
	}
}

func TestAFlagCountsBeforeAVariableBeforeTheFileBeforeTheDefault(t *testing.T) {
	u := newUser(t)
	file := u.writeFile("loved.yaml", `listen: 127.0.0.1:1
ping: 41s
drain: 42s
origins: [https://a.example, https://b.example]
limit-queue-bytes: 64 MiB
trace: false
database: sqlite:/var/lib/love/loved.db
commander: http://from.file:5000
`)
	u.env["LOVED_CONFIG"] = file
	u.env["LOVED_PING"], u.env["LOVED_DRAIN"] = "31s", "32s"
	got := u.settings("--drain", "22s")
	for name, want := range map[string]string{
		"listen":            file + ":1 127.0.0.1:1",
		"ping":              "LOVED_PING 31s",
		"drain":             "--drain 22s",
		"origins":           file + ":4 https://a.example, https://b.example",
		"limit-queue-bytes": file + ":5 64 MiB",
		"trace":             file + ":6 false",
		"database":          file + ":7 sqlite:/var/lib/love/loved.db",
		"commander":         file + ":8 http://from.file:5000",
		"write-interval":    "default " + u.settings()["write-interval"][len("default "):],
		"archive":           "default -",
		"token-lifetime":    "default 30d",
	} {
		if name == "token-lifetime" {
			require.Contains(t, got[name], "default ")
			continue
		}
		require.Equal(t, want, got[name], name)
	}

	u.env["DB_ENGINE"], u.env["DB_HOST"], u.env["DB_PASS"] = "postgresql", "db.example", "hidden"
	u.env["COMMANDER_HOSTNAME"], u.env["COMMANDER_PORT"], u.env["LOVE_SITE"] = "c.example", "5000", "base"
	got = u.settings()
	require.Equal(t, "DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASS postgres://…@db.example:5432/postgres", got["database"], "the environment precedes the file")
	require.Equal(t, "COMMANDER_HOSTNAME and COMMANDER_PORT c.example:5000", got["commander"])
	require.Equal(t, "variable base", got["LOVE_SITE"])
	require.Equal(t, "--commander http://flag:1", u.settings("--commander", "http://flag:1")["commander"])
}

func TestTheOtherProgramsHaveAFileToo(t *testing.T) {
	u := newUser(t)
	file := u.writeFile("producer.yaml", "sal: sim\nindex: [MTHexapod:1]\nmanager: love.example:80\n")
	got := u.settings("producer", "--config", file)
	require.Equal(t, file+":2 MTHexapod:1", got["index"])
	require.Equal(t, file+":1 sim", got["sal"])
	u.env["LSST_TOPIC_SUBNAME"], u.env["LSST_KAFKA_SECURITY_PASSWORD"] = "sal", "hidden"
	got = u.settings("commander")
	require.Equal(t, "variable sal", got["LSST_TOPIC_SUBNAME"])
	require.Equal(t, "variable …", got["LSST_KAFKA_SECURITY_PASSWORD"])
	require.Equal(t, "default 127.0.0.1:5000", got["listen"])
}

func TestAFileThatIsWrongIsRefusedWithTheLineAndTheNearestName(t *testing.T) {
	for text, want := range map[string]string{
		"ping: 5s\nlisten: a\nlisten: b\n":                `:3: "listen" is given a second time, after line 2`,
		"lisen: 0.0.0.0:80\n":                             `:1: loved manager has no setting "lisen"; did you mean listen?`,
		"\nsal: sim\n":                                    `:2: "sal" is a setting of loved producer, and not of loved manager`,
		"--listen: a\n":                                   `:1: "--listen" is not a setting: write the name of the flag without hyphens`,
		"LOVED_LISTEN: a\n":                               `:1: "LOVED_LISTEN" is not a setting`,
		"config: other.yaml\n":                            `:1: loved manager has no setting "config"`,
		"help: true\n":                                    `:1: loved manager has no setting "help"`,
		"trace: si\n":                                     `:1: trace: is "si": give true or false`,
		"trace: \"true\"\n":                               `:1: trace: is "true": give true or false`,
		"url-prefix: true\n":                              `:1: url-prefix: is true: give a text`,
		"listen: [a, b]\n":                                `:1: listen: is a list: give one value`,
		"limits:\n  queue-bytes: 1\n":                     `:2: limits: settings are not nested`,
		"limit-queue-bytes: much\n":                       `:1: limit-queue-bytes: "much" is not a number such as`,
		"ping: 5\n":                                       `:1: ping: "5" is not a time such as`,
		"compression: maybe\n":                            `:1: compression: "maybe" is not one of on, off`,
		"process-password: \"not closed\n":                `:`,
		"database: sqlite::memory:\n":                     `:1: a value that ends with a colon, or has one before a space, must be in quotation marks`,
		"ping:\n":                                         `:1: ping has no value`,
		"process-password-file: /nowhere/x\n":             `:1: open /nowhere/x`,
		"process-password: a\nprocess-password-file: b\n": ":1 and ",
	} {
		u := newUser(t)
		file := u.writeFile("loved.yaml", text)
		got := u.mustFail(exitUsage, "", "manager", "--config", file)
		require.Contains(t, got, file+want, "%q: %s", text, got)
	}
	u := newUser(t)
	require.Contains(t, u.mustFail(exitUsage, "", "check", "--config", "/nowhere/loved.yaml"), "--config: open /nowhere/loved.yaml: no such file")
	require.Contains(t, u.mustFail(exitUsage, "", "config", "dome"), `"dome"`)
}

func TestAValueOfTheFileThatTheManagerRefusesIsNamedWithItsLine(t *testing.T) {
	u := newUser(t)
	file := u.writeFile("loved.yaml", "process-password: a good long one\ndatabase: \"sqlite::memory:\"\n\nping: 5ms\n")
	require.Contains(t, u.mustFail(exitUsage, "", "manager", "--config", file), "--ping is 5ms: give 1s or more ("+file+":4: ping)")
	u.env["LOVED_PING"] = "6ms"
	require.NotContains(t, u.mustFail(exitUsage, "", "manager", "--config", file), file)
}

func TestAManagerRunsFromAFileAndItsUsersAreAddedWithTheSameOne(t *testing.T) {
	u := newUser(t)
	database := filepath.Join(u.env["HOME"], "love.db")
	file := u.writeFile("loved.yaml", "database: sqlite:"+database+"\nlisten: 127.0.0.1:0\nprocess-password: a good long one\nadmin-password: admin's\n")
	p := u.start("manager", "--config", file)
	p.waitFor("LOVE manager at")
	require.Zero(t, p.stop())
	u.env["LOVED_CONFIG"] = file
	u.mustRun("four random words\n", "user", "add", "ada")
	require.Contains(t, u.mustRun("", "user", "list"), "ada")
	require.FileExists(t, database)
	require.Contains(t, u.mustRun("", "check"), "database: 2 users")
}

func TestASecretCanBeInAFileOfItsOwn(t *testing.T) {
	u := newUser(t)
	secret := u.writeFile("process", "the secret of processes\n")
	got := u.settings("--process-password-file", secret)
	require.Equal(t, "--process-password-file …", got["process-password"])
	require.NotContains(t, got, "process-password-file")

	u.env["PROCESS_CONNECTION_PASS_FILE"] = secret
	u.env["LOVED_DATABASE"] = "sqlite::memory:"
	require.Equal(t, "PROCESS_CONNECTION_PASS_FILE …", u.settings()["process-password"])
	require.Contains(t, u.mustRun("", "config", "--secrets"), "the secret of processes")
	require.Regexp(t, `(?m)^ok +settings: complete`, u.mustRun("", "check"))
	require.Equal(t, "--process-password …", u.settings("--process-password", "other")["process-password"], "a flag precedes a variable, however the secret is given")

	u.env["PROCESS_CONNECTION_PASS"] = "x"
	require.Contains(t, u.mustFail(exitUsage, "", "manager"), "PROCESS_CONNECTION_PASS and PROCESS_CONNECTION_PASS_FILE are both given")
	delete(u.env, "PROCESS_CONNECTION_PASS")

	for text, want := range map[string]string{"": "is empty", "\n": "is empty", "a\nb\n": "has several lines", strings.Repeat("x", 70000): "has more than 64 KiB"} {
		u.writeFile("process", text)
		require.Contains(t, u.mustFail(exitUsage, "", "manager"), "PROCESS_CONNECTION_PASS_FILE: "+secret+" "+want)
	}

	u = newUser(t)
	u.env["DB_ENGINE"], u.env["DB_PASS_FILE"] = "postgresql", u.writeFile("db", "p@ss\n")
	require.Contains(t, u.mustRun("", "config", "--secrets"), "postgres://postgres:p%40ss@postgres:5432/postgres")
}

func TestAFileWithSecretsThatOthersCanReadIsReported(t *testing.T) {
	u := newUser(t)
	file := u.writeFile("loved.yaml", "process-password: a good long one\nlisten: 127.0.0.1:0\ndatabase: \"sqlite::memory:\"\n")
	require.NoError(t, os.Chmod(file, 0o644))
	p := u.start("manager", "--config", file)
	p.waitForError("has a secret .process-password., and every user of this machine can read it: chmod o-r " + file)
	require.Zero(t, p.stop())
	require.NoError(t, os.Chmod(file, 0o640))
	require.NotContains(t, u.run("check", "--config", file).errors, "can read it")
}

func TestTheConfigurationFileThatIsPrintedReproducesTheSettings(t *testing.T) {
	u := newUser(t)
	u.env = environment{
		"HOME": u.env["HOME"], "PROCESS_CONNECTION_PASS": `quote " colon: hash # 'x'`, "ADMIN_USER_PASS": "null", "SECRET_KEY": "0x10",
		"USER_USER_PASS": "läuft\ttab", "CMD_USER_PASS_FILE": u.writeFile("cmd", "in a file"), "LOVED_DRAIN": "90s", "LOVED_WRITE_INTERVAL": "0s",
		"LOVED_LIMIT_QUEUE_BYTES": "64 MiB", "LOVED_LIMIT_SESSIONS": "1234", "LOVED_ORIGINS": "https://a.example,https://b.example",
		"LOVED_COMPRESSION": "off", "SHOW_TRACE_TIMESTAMPS": "false", "LOVED_LOG_LEVEL": "10", "LOVED_DATABASE": "postgres://u:p@h/db",
		"URL_SUBPATH": "no", "LOVED_ARCHIVE": "/tmp/a b", "LOVED_ARCHIVE_AGE": "3d", "LOVED_NAME": "true", "LOVED_COMMAND_TIMEOUT": "7.5",
		"JIRA_PROJECT_ID": "007", "LOVED_EFD": "summit_efd=http://x:1", "SMTP_USER": strings.Repeat("a long name ", 30), "LOVED_ARCHIVE_BYTES": "70000000",
	}
	want := u.settings("--secrets")
	file := u.writeFile("loved.yaml", u.mustRun("", "config", "--output", "yaml", "--secrets"))
	again := &user{t, environment{"HOME": u.env["HOME"], "LOVED_CONFIG": file}}
	got := again.settings("--secrets")
	require.Greater(t, len(got), 80)
	changed := 0
	for name, value := range want {
		_, value, _ = strings.Cut(value, " ")
		from, now, _ := strings.Cut(got[name], " ")
		require.Equal(t, value, now, name)
		if from != "default" {
			require.Regexp(t, file+`:\d+`, from)
			changed++
		}
	}
	require.Equal(t, len(u.env)-1, changed)

	shown := u.mustRun("", "config", "--output", "yaml")
	require.Contains(t, shown, "# process-password: a secret, from PROCESS_CONNECTION_PASS; --secrets shows it\n")
	require.Contains(t, shown, "# database: a secret, from LOVED_DATABASE; --secrets shows it\n")
	require.Contains(t, shown, "cmd-password-file: "+u.env["CMD_USER_PASS_FILE"]+" # from CMD_USER_PASS_FILE\n")
	for _, secret := range []string{"quote", "0x10", "läuft", "u:p@", "in a file"} {
		require.NotContains(t, shown, secret)
	}
}

func TestEverySettingCanBeInAFile(t *testing.T) {
	root := (&app{}).command()
	u := newUser(t)
	for _, role := range roles {
		names := settingNames(roleCommand(root, role))
		require.Greater(t, len(names), 10)
		for _, name := range names {
			require.NotContains(t, u.mustFail(exitUsage, "", role, "--config", u.writeFile("f.yaml", name+": [a, [b]]\n")), "no setting", name)
		}
	}
}
