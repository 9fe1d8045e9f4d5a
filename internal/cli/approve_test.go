package cli

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASecondPersonApprovesOrDismisses(t *testing.T) {
	u := newUser(t)
	c, commander := u.startCommander()
	m, _ := u.startManager("--commander", commander, "--approval", "ATDome:*:move*")
	as := func(name string, args ...string) result {
		u.env["LOVED_USER"], u.env["LOVED_PASSWORD"] = name, name+"'s"
		return u.run(args...)
	}
	waiting := func() (id string) {
		given := as("cmd_user", "cmd", "ATDome", "moveAzimuth", "azimuth=90")
		require.Equal(t, exitFailure, given.code)
		require.Equal(t, "loved cmd: ATDome moveAzimuth waits for approval (HTTP 202)\n", given.errors)
		return regexp.MustCompile(`as (\S+)\.\n$`).FindStringSubmatch(given.out)[1]
	}

	id := waiting()
	require.Contains(t, as("cmd_user", "authority").out, "cmd_user  "+id+"  ATDome moveAzimuth azimuth=90\n")
	require.Contains(t, as("cmd_user", "commands").out, "(loved approve "+id+")")
	require.Equal(t, []string{id}, u.completions("approve", ""))
	own := as("cmd_user", "approve", id)
	require.Equal(t, exitFailure, own.code)
	require.Contains(t, own.errors, "a second person must approve it")
	require.Equal(t, result{out: "Done\n"}, as("admin", "approve", id))
	again := as("admin", "approve", id)
	require.Equal(t, exitFailure, again.code)
	require.Contains(t, again.errors, "no such authority or approval, or its time is over")

	id = waiting()
	require.Equal(t, result{out: "Dismissed: the command was not sent.\n"}, as("admin", "dismiss", id))
	require.Contains(t, as("admin", "dismiss", id).errors, "no such authority or approval, or its time is over")
	require.Equal(t, 0, m.stop())
	require.Equal(t, 0, c.stop())
}
