package cli

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestCheckReportsWhatWorksAndWhatDoesNot(t *testing.T) {
	u := newUser(t)
	u.useDatabase()
	u.env["PROCESS_CONNECTION_PASS"] = "a good long one"
	u.mustRun("four random words\n", "user", "add", "ada")
	u.env["AUTH_LDAP_1_SERVER_URI"] = "ldap://127.0.0.1:1"
	got := u.run("check")
	require.Equal(t, exitFailure, got.code)
	require.Regexp(t, `(?m)^ok +database: 1 user$`, got.out)
	require.Regexp(t, `(?m)^FAILED +LDAP: .*refused`, got.out)
	require.Regexp(t, `leap seconds`, got.out)
	require.Contains(t, got.errors, "1 of ")

	u.env["AUTH_LDAP_1_SERVER_URI"] = ""
	u.env["PROCESS_CONNECTION_PASS"] = "dev_pass"
	require.Regexp(t, `(?m)^FAILED +settings: .*--insecure-dev`, u.run("check").out)
	u.env["PROCESS_CONNECTION_PASS"], u.env["LOVED_DATABASE"] = "a good long one", "sqlite::memory:"
	got = u.run("check")
	require.Zero(t, got.code, got.errors)
	require.Regexp(t, `(?m)^warning +database: in memory`, got.out)
}

func TestCheckSaysThatAMissingDatabaseFileWillBeMadeAndMakesNone(t *testing.T) {
	u := newUser(t)
	file := u.useDatabase()
	u.env["PROCESS_CONNECTION_PASS"] = "a good long one"
	got := u.run("check")
	require.Zero(t, got.code, got.out+got.errors)
	require.Regexp(t, `(?m)^ok +settings: complete$`, got.out)
	require.Regexp(t, `(?m)^warning +database: `+file+` does not exist yet: the manager will make it, without users: add one with`, got.out)
	require.NotContains(t, got.out, "LDAP")
	u.env["ADMIN_USER_PASS"] = "x"
	require.Regexp(t, `(?m)^warning +database: `+file+` does not exist yet: the manager will make it$`, u.run("check").out)
	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Empty(t, left)

	u.env["LOVED_DATABASE"] = "sqlite:" + filepath.Join(filepath.Dir(file), "nowhere", "loved.db")
	got = u.run("check")
	require.Equal(t, exitFailure, got.code)
	require.Regexp(t, `(?m)^FAILED +database: the folder of .*nowhere/loved.db does not exist: make it`, got.out)
	require.NoError(t, os.WriteFile(file, []byte("this is not a database, and is long enough to be none"), 0o600))
	u.env["LOVED_DATABASE"] = "sqlite:" + file
	require.Regexp(t, `(?m)^FAILED +database: .*is not a SQLite database`, u.run("check").out)
}

func TestCheckTriesTheCommander(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"], u.env["LOVED_DATABASE"] = "a good long one", "sqlite::memory:"
	require.Regexp(t, `(?m)^warning +commander: there is none, commands will be refused`, u.run("check").out)

	api := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Commander: &lovetest.Commander{}}))
	got := u.run("check", "--commander", api.URL)
	require.Zero(t, got.code, got.out+got.errors)
	require.Regexp(t, `(?m)^ok +commander: answers; its last heartbeat was at \d{4}-`, got.out)
	api.Close()
	got = u.run("check", "--commander", api.URL)
	require.Equal(t, exitFailure, got.code)
	require.Regexp(t, `(?m)^FAILED +commander: .*refused.*: start it, or correct --commander`, got.out)

	page := httptest.NewServer(http.NotFoundHandler())
	defer page.Close()
	require.Regexp(t, `(?m)^FAILED +commander: .* is not a LOVE-commander`, u.run("check", "--commander", page.URL).out)
	require.Regexp(t, `(?m)^FAILED +commander: --commander: commander "ftp://x"`, u.run("check", "--commander", "ftp://x").out)
	require.Regexp(t, `(?m)^FAILED +commander: --authority and --approval need a commander`, u.run("check", "--authority").out)
}

func TestCheckTriesEverySetting(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"], u.env["LOVED_DATABASE"] = "a good long one", "sqlite::memory:"
	require.Regexp(t, `(?m)^FAILED +settings: .*the URL prefix "/a:b" is not a plain path`, u.run("check", "--url-prefix", "a:b").out)
	require.Regexp(t, `(?m)^FAILED +settings: --origins: "love.example" is not the origin of a page`, u.run("check", "--origins", "love.example").out)

	require.Regexp(t, `(?m)^ok +address: 127\.0\.0\.1:\d+ is free$`, u.run("check", "--listen", "127.0.0.1:0").out)
	require.Regexp(t, `(?m)^FAILED +address: cannot listen on "here", give HOST:PORT`, u.run("check", "--listen", "here").out)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	got := u.run("check", "--listen", taken.Addr().String())
	require.Zero(t, got.code, got.out)
	require.Regexp(t, `(?m)^warning +address: .* is in use: if not by this manager, choose another port`, got.out)
	require.Regexp(t, `(?m)^ok +limits: \d+ clients, with \d+ file descriptors$`, got.out)
}

func TestCheckAndTheManagerWarnOfRedisWithoutASharedDatabase(t *testing.T) {
	u := newUser(t)
	u.useDatabase()
	const want = "--broker connects several managers, but --database is this one's own"
	args := []string{"--insecure-dev", "--broker", "unix:" + u.env["HOME"] + "/no-redis"}
	require.Contains(t, u.run(append([]string{"check"}, args...)...).out, "warning  shared database: "+want)
	p := u.start(append([]string{"manager", "--listen", "127.0.0.1:0"}, args...)...)
	p.waitForError(`level=WARN msg="` + want)

	u.env["LOVED_DATABASE"] = "postgres://love@127.0.0.1:1/love"
	require.NotContains(t, u.run(append([]string{"check"}, args...)...).out, "shared database")
	require.NotContains(t, u.run("check", "--insecure-dev", "--database", "sqlite:"+u.env["HOME"]+"/loved.db").out, "shared database")
}

func TestCheckCountsWhatItPrints(t *testing.T) {
	u := newUser(t)
	u.useDatabase()
	got := u.run("check", "--listen", "nowhere", "--insecure-dev")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errors, fmt.Sprintf("1 of %d checks failed: the lines above say what to do", strings.Count(got.out, "\n")))

	require.Equal(t, "0 users", counted(0, "user"))
	require.Equal(t, "1 user", counted(1, "user"))
}
