package cli

import (
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// plenty are resources that no default limit exceeds.
var plenty = resources{descriptors: 1 << 20, memory: 64 << 30, limitedBy: "the memory of the machine"}

func parseManager(t *testing.T, args ...string) *managerFlags {
	var f managerFlags
	fs := pflag.NewFlagSet("loved", pflag.ContinueOnError)
	f.register(fs)
	require.NoError(t, fs.Parse(append(args, "--process-password", "a good long one")))
	require.NoError(t, f.check())
	return &f
}

func TestLimitsThatAreProbablyAMistakeAreReported(t *testing.T) {
	small := resources{descriptors: 1024, memory: 48 << 20, limitedBy: "the memory limit of the control group"}
	for name, c := range map[string]struct {
		args []string
		on   resources
		want []string // parts of the warnings, in order
	}{
		"defaults":              {nil, plenty, nil},
		"fewer clients":         {[]string{"--limit-sessions", "5"}, plenty, nil},
		"all longest":           {[]string{"--ping", "1m"}, plenty, nil},
		"zero":                  {[]string{"--limit-sessions", "0", "--limit-last-bytes", "0"}, plenty, []string{"--limit-sessions is 0, which means its default 20000", "--limit-last-bytes is 0, which means its default 16 MiB"}},
		"messages above queues": {[]string{"--limit-queue-bytes", "2MiB"}, plenty, []string{"--limit-process-message (16 MiB) is above --limit-queue-bytes (2 MiB)"}},
		"pings too seldom":      {[]string{"--ping", "61s"}, plenty, []string{"--ping is 1m1s"}},
		"more than descriptors": {[]string{"--limit-sessions", "10000"}, small, []string{"half of the memory limit of the control group (48 MiB)", "--limit-sessions is 10000, but with 1024 file descriptors there is room for 704 clients only: raise the limit (ulimit -n"}},
		"a small container":     {nil, small, []string{"--limit-queue-bytes is 32 MiB, more than half of the memory limit of the control group (48 MiB)"}},
		"nothing known":         {nil, resources{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := parseManager(t, c.args...)
			require.NoError(t, f.limits.fit(c.on))
			got := f.warnings(c.on)
			require.Len(t, got, len(c.want), "%q", got)
			for i, want := range c.want {
				require.Contains(t, got[i], want)
			}
		})
	}
}

func TestLimitsThatContradictEachOtherAreRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--limit-backlog-bytes", "33 MiB", "--limit-queue-bytes", "31 MiB"}, "--limit-backlog-bytes (33 MiB) is above --limit-queue-bytes (31 MiB), so that slow clients would be closed before their telemetry is thinned out: lower the one, or raise the other"},
		{[]string{"--limit-user-message", "18MiB", "--limit-process-message", "17MiB"}, "--limit-user-message (18 MiB) is above --limit-process-message (17 MiB)"},
		{[]string{"--limit-user-sessions", "300", "--limit-sessions", "200"}, "--limit-user-sessions (300) is above --limit-sessions (200)"},
		{[]string{"--limit-last-bytes", "3MiB", "--limit-queue-bytes", "2 MiB"}, "--limit-last-bytes (3 MiB) is above --limit-queue-bytes (2 MiB), so that a snapshot of everything would be more than may wait for the client that asks for it"},
		{[]string{"--limit-last-bytes", "64MiB", "--limit-user-queue-bytes", "32 MiB"}, "--limit-last-bytes (64 MiB) is above --limit-user-queue-bytes (32 MiB)"},
		{[]string{"--limit-backlog-bytes", "64MiB", "--limit-all-queue-bytes", "32 MiB"}, "--limit-backlog-bytes (64 MiB) is above --limit-all-queue-bytes (32 MiB)"},
		{[]string{"--limit-queue-bytes", "3MiB", "--limit-all-queue-bytes", "2 MiB"}, "--limit-queue-bytes (3 MiB) is above --limit-all-queue-bytes (2 MiB)"},
	} {
		var f managerFlags
		fs := pflag.NewFlagSet("loved", pflag.ContinueOnError)
		f.register(fs)
		require.NoError(t, fs.Parse(append(c.args, "--process-password", "a good long one")))
		require.ErrorContains(t, f.check(), c.want)
		f = managerFlags{}
		fs = pflag.NewFlagSet("loved", pflag.ContinueOnError)
		f.register(fs)
		require.NoError(t, fs.Parse(append(c.args[:2], "--process-password", "a good long one")))
		require.NoError(t, f.check(), "one of them alone: the defaults fit it")
	}
	require.Equal(t, 2<<20, parseManager(t, "--limit-queue-bytes", "2MiB").limits.hub().BacklogBytes)
}

func TestLimitsBeyondTheMachineAreRefused(t *testing.T) {
	on := resources{descriptors: 1024, memory: 40 << 20, limitedBy: "the memory of the machine"}
	require.NoError(t, parseManager(t).limits.fit(on))
	require.EqualError(t, parseManager(t, "--limit-last-bytes", "41MiB").limits.fit(on),
		"--limit-last-bytes is 41 MiB, beyond the memory of the machine (40 MiB): give less")
	on.descriptors = 100
	require.ErrorContains(t, parseManager(t).limits.fit(on), "this process may open only 100 files, and a manager needs 128 or more: raise the limit (ulimit -n")
	on.memory = 20 << 20
	on.descriptors = 128
	require.NoError(t, parseManager(t).limits.fit(on), "a default alone is no reason not to start")
}

func TestTheNumberOfClientsFollowsTheDescriptors(t *testing.T) {
	f := parseManager(t)
	require.Equal(t, 20000, f.limits.sessions(plenty))
	require.Equal(t, 704, f.limits.sessions(resources{descriptors: 1024}))
	require.Equal(t, 20000, f.limits.sessions(resources{}), "what is not known limits nothing")
	require.Equal(t, 7, parseManager(t, "--limit-sessions", "7").limits.sessions(plenty))
}

func TestALimitIsANumber(t *testing.T) {
	u := newUser(t)
	u.env["PROCESS_CONNECTION_PASS"] = "a good long one"
	for value, want := range map[string]string{
		"null": `"null" is not a number such as 33554432 or 32 MiB, or 0 for the default`,
		"1e6":  `"1e6" is not a number`, "-1": "--limit-queue-bytes is -1: give a number above 0, or 0 for the default",
		"32MB": `"32MB" is not a number`, "9000000000 GiB": "is not a number", "MiB": "is not a number", "1.5MiB": "is not a number",
		"9000000 GiB": "beyond ",
	} {
		u.env["LOVED_LIMIT_QUEUE_BYTES"] = value
		u.env["LOVED_DATABASE"] = "sqlite::memory:"
		got := u.run("manager", "--listen", "127.0.0.1:0")
		require.NotZero(t, got.code, value)
		require.Contains(t, got.errors, want, value)
		require.Regexp(t, "LOVED_LIMIT_QUEUE_BYTES|--limit-queue-bytes", got.errors)
	}
	u.env["LOVED_LIMIT_QUEUE_BYTES"] = ""
	for args, want := range map[string]string{
		"--limit-sessions=20KiB":                   `"20KiB" is not a number such as 20000, or 0 for the default`,
		"--limit-user-message=100":                 "--limit-user-message is 100 bytes, too little for a subscription: give 1024 or more",
		"--limit-log-in-tries=4000000000000000000": "--limit-log-in-tries is 4000000000000000000: give 1000000 or less",
	} {
		require.Contains(t, u.mustFail(exitUsage, "", "manager", args), want)
	}
	for text, want := range map[string]int{"4096": 4096, "32MiB": 32 << 20, "64 KiB": 64 << 10, "1GiB": 1 << 30} {
		require.Equal(t, want, parseManager(t, "--limit-queue-bytes", text).limits.limits.QueueBytes)
	}
}

func TestAManagerReportsItsLimitsAtTheStart(t *testing.T) {
	u := newUser(t)
	m, _ := u.startManager("--limit-user-message", "40MiB", "--limit-process-message", "40MiB", "--limit-sessions", "0", "--ping", "2m")
	m.waitForError(`level=WARN msg="--limit-sessions is 0, which means its default 20000`)
	m.waitForError(`level=WARN msg="--limit-user-message \(40 MiB\) is above --limit-queue-bytes \(32 MiB\)`)
	m.waitForError(`level=WARN msg="--ping is 2m0s`)
	m.waitForError(`level=INFO msg=limits clients=\d+ "file descriptors"=\d+`)
}

func TestAManagerReportsWhatItWorksWith(t *testing.T) {
	u := newUser(t)
	m, _ := u.startManager("--commander", "http://127.0.0.1:1", "--limit-streams", "7")
	for _, want := range []string{
		`msg="loved manager" version=`, `msg=database address=sqlite\S+ users=3`, `msg="commander: waiting for its heartbeat" address=http://127.0.0.1:1`,
		`level=WARN msg="the commander gives no heartbeat"`, `msg=limits .* streams=7`,
	} {
		m.waitForError(want)
	}
	require.Zero(t, m.stop())
	m.waitForError(`msg="ending: waiting for the clients and for commands under way" clients=0 "at most"=5s`)
	m.waitForError(`msg=ended`)

	u = newUser(t)
	u.env["PROCESS_CONNECTION_PASS"], u.env["LOVED_DATABASE"] = "a good long one", "sqlite::memory:"
	m, _ = u.restartManager()
	m.waitForError(`level=WARN msg="database: there are no users yet, so nobody can log in: add one with`)
	m.waitForError(`msg="no commander: commands are refused; name one with --commander"`)
}
