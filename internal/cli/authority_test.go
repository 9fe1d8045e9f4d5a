package cli

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAuthorityIsTakenShownAndReleased(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	nothing := result{out: "Nobody has taken authority, and no command waits for approval.\n"}
	require.Equal(t, nothing, u.run("authority"))

	taken := u.run("authority", "take", "ATDome:*:move*", "--for", "30m")
	require.Zero(t, taken.code, taken.errors)
	require.Equal(t, taken, u.run("authority"))
	id := regexp.MustCompile(`admin  (\S+)  ATDome:\*:move\*\n$`).FindStringSubmatch(taken.out)[1]
	require.Equal(t, []string{id}, u.completions("authority", "release", ""))
	require.Empty(t, u.completions("authority", "release", id, ""))

	require.Equal(t, result{out: "Released.\n"}, u.run("authority", "release", id))
	require.Equal(t, nothing, u.run("authority"))
	again := u.run("authority", "release", id)
	require.Equal(t, exitFailure, again.code)
	require.Contains(t, again.errors, "no such authority or approval, or its time is over")
	require.Contains(t, u.run("authority", "take", "ATDome", "--for", "13h").errors, "up to 12h")
	require.Equal(t, exitUsage, u.run("authority", "give").code)
}

func TestAManagerWithoutAuthoritySaysSo(t *testing.T) {
	u := newUser(t)
	m, _ := u.startManager()
	u.env["LOVED_USER"], u.env["LOVED_PASSWORD"] = "admin", "admin's"
	for _, args := range [][]string{{"authority"}, {"authority", "take", "ATDome"}, {"authority", "release", "7"}, {"approve", "7"}, {"dismiss", "7"}} {
		got := u.run(args...)
		require.Equal(t, exitFailure, got.code)
		require.Contains(t, got.errors, "Authority over commands is not switched on at this manager.")
	}
	require.Equal(t, 0, m.stop())
}
