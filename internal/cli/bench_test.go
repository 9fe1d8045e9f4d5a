package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBenchAcceptsEveryFormOfTheManagersAddress(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager() // without a commander it refuses commands
	u.env["LOVED_PASSWORD"] = "cmd_user's"
	u.env["LOVED_TOKEN"] = strings.TrimSpace(u.mustRun("", "token", "cmd_user"))
	host := strings.TrimPrefix(url, "http://")
	for _, address := range []string{url, url + "/manager", host, "ws://" + host + "/manager/ws/subscription"} {
		t.Run(address, func(t *testing.T) {
			got := u.run("bench", "--manager", address, "--shape", "commands", "--commands", "1", "--runs", "1", "--commander-listen", "127.0.0.1:0",
				"--subscribers", "1", "--warmup", "0s", "--duration", "20ms")
			require.Equal(t, exitFailure, got.code)
			require.Contains(t, got.errors, "1 commands under way: a command was answered with 503")
		})
	}
}

func TestBenchRefusesWhatDoesNotGoTogether(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		err  string
	}{
		"compare a comparison":  {[]string{"--shape", "stalled", "--compare", "nan=null"}, "--compare does not go with the shape stalled"},
		"compare what is given": {[]string{"--compressed", "--compare", "compression"}, "leave out --compressed"},
		"compare no runs":       {[]string{"--compare", "nan=null", "--runs", "0"}, "--runs is 0"},
		"pin nothing":           {[]string{"--manager-core", "0"}, "--manager-core needs --pid"},
	} {
		t.Run(name, func(t *testing.T) {
			got := newUser(t).run(append([]string{"bench"}, c.args...)...)
			require.Equal(t, exitUsage, got.code)
			require.Contains(t, got.errors, c.err)
		})
	}
}

func TestBenchComparesRunsWithAndWithoutAParameter(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager()
	out := u.mustRun("", "bench", "--manager", url, "--shape", "control-room", "--compare", "nan=null", "--runs", "1",
		"--publishers", "20", "--subscribers", "2", "--warmup", "0s", "--duration", "20ms")
	require.Contains(t, out, "with    nan=null: p99 ")
	require.Contains(t, out, "bytes on the wire")
}
