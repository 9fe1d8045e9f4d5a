package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestAManagerRecordsIntoAFolder(t *testing.T) {
	u := newUser(t)
	dir := filepath.Join(t.TempDir(), "archive")
	p, _ := u.startManager("--archive", dir, "--archive-age", "2d", "--efd", "summit=http://127.0.0.1:1/path")
	require.Equal(t, result{}, u.run("pub", "event", "ATDome", "summaryState", `{"summaryState":{"value":2}}`))
	require.Zero(t, p.stop())
	text, _, _ := p.errors.snapshot()
	require.Contains(t, text, `msg="archive: recording" folder=`+dir)
	require.Contains(t, text, "msg=EFD name=summit address=http://127.0.0.1:1/…")
	require.Contains(t, text, `msg="archive: closed" recorded=1`)
	files, err := filepath.Glob(dir + "/*.mcap")
	require.NoError(t, err)
	require.Len(t, files, 1)
	report, err := archive.Verify(t.Context(), files[0])
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	require.EqualValues(t, 1, report.Messages)
}

func TestSettingsOfAnArchiveThatCannotBeMeantAreRefused(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"] = "a good long one"
	for args, want := range map[string]string{
		"--archive-age 2d":                  "without an archive",
		"--archive-bytes 1000000000":        "without an archive",
		"--archive x --archive-age 1m":      "give an hour or more",
		"--archive x --archive-age -1h":     "give an hour or more",
		"--archive x --archive-bytes 1":     "give 64 MiB or more",
		"--archive x --archive-bytes -1":    "is not a number of bytes",
		"--archive x --archive-bytes 1TB":   "200 GiB",
		"--efd archive=http://127.0.0.1:1/": "own archive",
	} {
		require.Contains(t, u.mustFail(exitUsage, "", append([]string{"manager"}, strings.Fields(args)...)...), want, args)
	}
	require.NoDirExists(t, "x")
}

func TestCheckTestsTheArchiveAndTheEFDs(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"results":[{"series":[{"columns":["name"],"values":[["lsst.sal.ATDome.position"]]}]}]}`))
	}))
	defer s.Close()
	defer http.DefaultClient.CloseIdleConnections()
	u := newUser(t)
	u.useDatabase()
	u.env["PROCESS_CONNECTION_PASS"] = "a good long one"
	dir := filepath.Join(u.env["HOME"], "a", "b")
	u.env["LOVED_ARCHIVE"], u.env["LOVED_EFD"] = dir, "summit="+s.URL
	got := u.run("check")
	require.Zero(t, got.code, got.out+got.errors)
	require.Contains(t, got.out, "warning  archive: "+dir+" does not exist yet: the manager will make it\n")
	require.Contains(t, got.out, "ok       EFDs: summit has 1 topics\n")
	require.NoDirExists(t, dir)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	require.Contains(t, u.run("check").out, "ok       archive: 0 MiB in "+dir)
	require.NoError(t, os.Remove(dir))
	require.NoError(t, os.WriteFile(dir, nil, 0o600))
	u.env["LOVED_EFD"] = "gone=http://127.0.0.1:1"
	got = u.run("check")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.out, "FAILED   archive: "+dir+" cannot be written")
	require.Contains(t, got.out, "FAILED   EFDs: gone (http://127.0.0.1:1): ")
}

func TestWarningsAboutAnArchiveSayWhatToDo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet")
	require.Empty(t, (&archiveFlags{}).warnings())
	require.Contains(t, (&archiveFlags{dir: dir}).warnings()[0], "keeps everything")
	if list := (&archiveFlags{dir: dir, bytes: 1 << 60}).warnings(); len(list) > 0 { // not every machine tells what is free
		require.Contains(t, list[0], "give less")
	}
	require.Empty(t, (&archiveFlags{dir: dir, age: day}).warnings())
}

func TestTheFieldsOfAnArchiveAreThoseOfTheDefinitions(t *testing.T) {
	fields := fieldsOf(sim.Definitions())
	got := fields(love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position"))
	i := 0
	for got[i].Name != "azimuthPosition" {
		i++
	}
	require.Equal(t, "deg", got[i].Units)
	require.Equal(t, "double", got[i].Type)
	require.NotEmpty(t, got[i].Description)
	for _, g := range []love.Group{
		love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "summaryState"), love.StreamGroup(love.CategoryEvent, "Nothing", 0, "x"),
		love.StreamGroup(love.CategoryCommand, "ATDome", 0, "moveAzimuth"),
	} {
		require.Nil(t, fields(g), g)
	}
	require.NotEmpty(t, fields(love.StreamGroup(love.CategoryEvent, "ATDome", 0, "summaryState")))
}
