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
