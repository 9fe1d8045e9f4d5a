package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/machine"
)

func TestCheckKnowsWhetherTheClockIsRight(t *testing.T) {
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	good := machine.Clock{Synchronized: true, MaxError: 3 * time.Millisecond, TAI: 37 * time.Second}
	found, err := clockAt(now, now.Add(-day), good, true)
	require.NoError(t, err)
	require.Equal(t, "2026-03-14T12:00:00Z, synchronized to 3ms; TAI is 37s ahead", found)
	found, err = clockAt(now, time.Time{}, machine.Clock{}, false)
	require.NoError(t, err)
	require.Contains(t, found, "does not say")

	_, err = clockAt(now, now.Add(time.Hour), good, true)
	require.ErrorContains(t, err, "before this program was made (2026-03-14T13:00:00Z): set the clock")
	for want, change := range map[string]func(*machine.Clock){
		"run chrony": func(c *machine.Clock) { c.Synchronized = false },
		"give or take 700ms: see why NTP is that far": func(c *machine.Clock) { c.MaxError = 700 * time.Millisecond },
		"36s ahead of UTC by the kernel and 37s by":   func(c *machine.Clock) { c.TAI = 36 * time.Second },
	} {
		c := good
		change(&c)
		_, err := clockAt(now, time.Time{}, c, true)
		require.ErrorContains(t, err, want)
	}
	good.TAI = 0 // nobody has told the kernel
	_, err = clockAt(now, time.Time{}, good, true)
	require.NoError(t, err)
}

func TestCheckTellsOfProxies(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"], u.env["LOVED_DATABASE"] = "a-good-long-one", "sqlite::memory:"
	check := func(args ...string) string { return u.run(append([]string{"check"}, args...)...).out }
	require.Regexp(t, `(?m)^ok +proxies: none is trusted: behind a proxy all clients count as one address`, check())
	require.Regexp(t, `(?m)^ok +proxies: X-Forwarded-For and X-Real-IP are taken from 127.0.0.1/32$`, check("--trusted-proxies", "127.0.0.1"))
	require.Regexp(t, `(?m)^warning +proxies: .*10.0.0.0/8, but only this machine reaches 127.0.0.1:0: add 127.0.0.1`, check("--trusted-proxies", "10.0.0.0/8", "--listen", "127.0.0.1:0"))
	require.Regexp(t, `(?m)^ok +proxies: .*10.0.0.0/8$`, check("--trusted-proxies", "10.0.0.0/8", "--listen", "0.0.0.0:0"))
	require.Regexp(t, `(?m)^warning +proxies: --trusted-proxies has ::/0: every client can pretend`, check("--trusted-proxies", "::/0"))
	u.env["HTTPS_PROXY"] = "http://proxy:3128"
	require.Regexp(t, `(?m)^ok +proxies: `, check(), "nothing is asked through it")
	require.Regexp(t, `(?m)^warning +proxies: HTTPS_PROXY is set, so the EFDs are asked through that proxy`, check("--efd", "a=http://127.0.0.1:1"))
	u.env["NO_PROXY"] = "127.0.0.1"
	require.Regexp(t, `(?m)^ok +proxies: `, check("--efd", "a=http://127.0.0.1:1"))
}

func TestCheckTellsHowManyConnectionsTheFileDescriptorsAllow(t *testing.T) {
	var f limitFlags
	f.limits.Sessions = 20_000
	found, err := f.descriptorsOf(resources{descriptors: 65536})
	require.NoError(t, err)
	require.Equal(t, "65536 for this process, enough for 20000 websockets beside HTTP requests, database and commander", found)
	_, err = f.descriptorsOf(resources{descriptors: 1024})
	require.ErrorContains(t, err, "1024 for this process, enough for 704 websockets")
	require.ErrorContains(t, err, "LimitNOFILE=")
	found, err = f.descriptorsOf(resources{})
	require.NoError(t, err)
	require.Empty(t, found)
}
