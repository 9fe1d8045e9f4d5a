package cli

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love/audit"
)

func TestARunningProgramCanBeLookedInto(t *testing.T) {
	u := newUser(t)
	p := u.start("manager", "--listen", "127.0.0.1:0", "--database", "sqlite::memory:", "--process-password", "do-not-show-this", "--debug-listen", "127.0.0.1:0")
	url := strings.TrimSuffix(p.waitForError(`profiles and variables of the runtime" address=(\S+)/debug/pprof/\n`)[1], "/")
	p.waitFor("LOVE manager at")
	require.NotContains(t, p.errors.String(), "--debug-listen is not an address")
	require.Contains(t, request(t, "GET", url+"/debug/pprof/goroutine?debug=1", "", ""), "goroutine profile: total")
	require.Contains(t, request(t, "GET", url+"/debug/pprof/", "", ""), "heap")
	var variables map[string]any
	text := request(t, "GET", url+"/debug/vars", "", "")
	require.NoError(t, json.Unmarshal([]byte(text), &variables), text)
	require.Contains(t, variables, "memstats")
	for _, path := range []string{"/debug/vars", "/debug/pprof/cmdline", "/", "/metrics"} {
		require.NotContains(t, request(t, "GET", url+path, "", ""), "do-not-show-this")
	}

	// A profile that takes a minute does not delay the end.
	response, err := http.Get(url + "/debug/pprof/trace?seconds=60")
	require.NoError(t, err)
	defer response.Body.Close()
	require.Zero(t, p.stop())
	_, _ = io.Copy(io.Discard, response.Body)
	http.DefaultClient.CloseIdleConnections()

	p = u.start("commander", "--sal", "sim", "--listen", "127.0.0.1:0", "--debug-listen", "0.0.0.0:0")
	p.waitForError("--debug-listen is not an address of this machine alone")
	require.Zero(t, p.stop())
	require.Contains(t, u.mustFail(exitFailure, "", "manager", "--process-password", "do-not-show-this", "--debug-listen", "here"), `--debug-listen: cannot listen on "here", give HOST:PORT`)
}

func TestProfilesAreOffByDefault(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager()
	require.NotContains(t, request(t, "GET", url+"/debug/pprof/goroutine?debug=1", "", ""), "goroutine profile")
	require.Equal(t, "default -", u.settings()["debug-listen"])
}

func TestTheLogOfAProgramIsLimitedAndItsAuditRecordsAreNot(t *testing.T) {
	var out testlog.Buffer
	f := logFlags{format: oneOf("text"), level: logLevel(slog.LevelInfo), limit: 1}
	log, flush, err := f.limited(&out)
	require.NoError(t, err)
	for range 100 {
		log.Warn("flood")
		log.Info(audit.LogMessage)
	}
	flush()
	require.Equal(t, 10, strings.Count(out.String(), "msg=flood"))
	require.Equal(t, 100, strings.Count(out.String(), "msg=audit"))
	require.Contains(t, out.String(), "message=flood held_back=90")

	u := newUser(t)
	require.Contains(t, u.mustFail(exitUsage, "", "manager", "--process-password", "a-good-long-one", "--log-limit", "-1"), "--log-limit is -1: give a number above 0")
	f.limit = 0
	log, _, err = f.limited(&out)
	require.NoError(t, err)
	for range 100 {
		log.Warn("unlimited")
	}
	require.Equal(t, 100, strings.Count(out.String(), "msg=unlimited"))
}
