package cli

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// startsManager starts a manager that the user's client commands find, and
// returns it and its URL.
func (u *user) startsManager(args ...string) (*process, string) {
	maps.Copy(u.env, environment{
		"PROCESS_CONNECTION_PASS": "a good one",
		"ADMIN_USER_PASS":         "admin's", "USER_USER_PASS": "user's", "CMD_USER_PASS": "cmd_user's",
		"LOVED_DATABASE": "sqlite:" + filepath.Join(u.env["HOME"], "loved.db"),
	})
	p := u.starts(append([]string{"manager", "--listen", "127.0.0.1:0"}, args...)...)
	url := p.says(`LOVE manager at (\S+)\n`)[1]
	u.env["LOVED_MANAGER"] = url
	return p, url
}

// subscribes starts `loved sub` and returns when it misses nothing.
func (u *user) subscribes(args ...string) *process {
	p := u.starts(append([]string{"sub", "--log-level", "info"}, args...)...)
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			p.reports(`msg=subscribed group=` + arg + `\n`)
		}
	}
	return p
}

// barrier is a group whose message, published last, arrives last.
const barrier = "event-Barrier-0-end"

// collected is what was printed before the barrier.
func (u *user) collected(p *process) []string {
	require.Equal(u.t, result{}, u.types("pub", "event", "Barrier", "end", "1"))
	p.says(`"subscription":"` + barrier + `"`)
	text, _, _ := p.out.now()
	lines := strings.SplitAfter(text, "\n")
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" || strings.Contains(line, "Barrier") })
}

// delivered is what of a message has to arrive unchanged: csc, salindex and the
// streams, or for the broadest group the whole data, as raw bytes.
func delivered(t *testing.T, group string, f *wire.Message) string {
	if strings.HasSuffix(group, "-all-all-all") {
		return string(f.Data)
	}
	require.Len(t, f.Items, 1)
	parts := []string{string(f.Items[0].CSC), string(f.Items[0].SalIndex)}
	for _, s := range f.Streams(&f.Items[0]) {
		parts = append(parts, string(s.Name), string(s.Value))
	}
	return strings.Join(parts, " ")
}

// expected is what docs/protocol/manager.md#routing makes of the messages, by group
// and in order.
func expected(t *testing.T, messages []recorded) map[string][]string {
	want := map[string][]string{}
	for _, m := range messages {
		var f wire.Message
		require.NoError(t, f.Parse(m.JSON))
		category := string(wire.Text(f.Category))
		broadest := category + "-all-all-all"
		want[broadest] = append(want[broadest], string(f.Data))
		for i := range f.Items {
			it := &f.Items[i]
			group := love.Group{Category: love.Category(category), CSC: string(wire.Text(it.CSC)), SalIndex: string(it.SalIndex), Stream: love.All}
			head := fmt.Sprintf("%s %s ", it.CSC, it.SalIndex)
			want[group.String()] = append(want[group.String()], head+string(it.CSC)+" "+string(it.Data))
			for _, s := range f.Streams(it) {
				group.Stream = string(wire.Text(s.Name))
				want[group.String()] = append(want[group.String()], fmt.Sprintf("%s%s %s", head, s.Name, s.Value))
			}
		}
	}
	return want
}

func TestRecordedProducersReachEveryGroupByteForByteAndNothingElse(t *testing.T) {
	u := newUser(t)
	u.startsManager()
	files := goldenTranscripts(t)
	var messages []recorded
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all, errs := readAll(string(text))
		require.Empty(t, errs)
		messages = append(messages, all...)
	}
	want := expected(t, messages)
	sub := u.subscribes(append(slices.Sorted(maps.Keys(want)), barrier)...)

	replayed := u.types(append([]string{"replay", "--speed", "0"}, files...)...)
	require.Equal(t, result{out: fmt.Sprintf("%d messages published\n", len(messages))}, replayed)
	got := map[string][]string{}
	for _, line := range u.collected(sub) {
		var f wire.Message
		require.NoError(t, f.Parse([]byte(line)))
		group := string(wire.Text(f.Subscription))
		got[group] = append(got[group], delivered(t, group, &f))
	}
	require.Equal(t, want, got)
	require.Contains(t, strings.Join(got["event-all-all-all"], ""), `{"value": NaN,`)
}

func TestARecordedNightIsReproduced(t *testing.T) {
	groups := map[string][]string{
		"broadest groups":       {"event-all-all-all", "telemetry-all-all-all"},
		"groups of a component": {"event-ATDome-0-all", "telemetry-ATDome-0-all", "event-Heartbeat-0-all"},
		"one stream":            {"telemetry-Test-1-scalars"},
	}
	for name, groups := range groups {
		t.Run(name, func(t *testing.T) {
			u := newUser(t)
			u.startsManager("--trace=false")
			record := func(files ...string) []string {
				sub := u.subscribes(append(groups, barrier)...)
				replayed := u.types(append([]string{"replay", "--speed", "0"}, files...)...)
				require.Zero(t, replayed.code, replayed.errors)
				lines := u.collected(sub)
				require.NotEmpty(t, lines)
				sub.stops()
				return lines
			}
			first := record(goldenTranscripts(t)...)
			night := filepath.Join(t.TempDir(), "night.jsonl")
			require.NoError(t, os.WriteFile(night, []byte(strings.Join(first, "")), 0o600))
			require.Equal(t, first, record(night))
		})
	}
}

func TestStrictSubscribersGetNullForWhatJSONDoesNotHave(t *testing.T) {
	u := newUser(t)
	u.startsManager()
	raw, strict := u.subscribes("event-A-0-s"), u.subscribes("--strict", "event-A-0-s")
	require.Equal(t, result{}, u.types("pub", "event", "A", "s", `[NaN, -Infinity, "NaN"]`))
	raw.says(`\{"s":\[NaN, -Infinity, "NaN"\]\}`)
	strict.says(`\{"s":\[null, null, "NaN"\]\}`)
}

func TestBadInputGetsOneClearLine(t *testing.T) {
	u := newUser(t)
	_, url := u.startsManager()
	missing := filepath.Join(t.TempDir(), "missing.jsonl")
	nonsense := filepath.Join(t.TempDir(), "nonsense.jsonl")
	require.NoError(t, os.WriteFile(nonsense, []byte("{\"category\":\"event\",\"data\":[]}\n{\"category\":\"event\"}\n"), 0o600))
	cases := map[string]struct {
		env  environment
		args []string
		code int
		want string
	}{
		"wrong password": {environment{"LOVED_PASSWORD": "guess"}, []string{"token", "admin"}, exitFailure,
			"user name or password is wrong"},
		"unknown user": {environment{"LOVED_PASSWORD": "guess"}, []string{"token", "nobody"}, exitFailure,
			"user name or password is wrong"},
		"unknown token": {nil, []string{"sub", "--token", "made-up", "event-all-all-all"}, exitFailure,
			"check the token"},
		"unknown token of a command": {nil, []string{"cmd", "--token", "made-up", "ATDome", "moveAzimuth"}, exitFailure,
			"Invalid Token"},
		"wrong process password": {nil, []string{"pub", "--process-password", "guess", "event", "A", "s", "1"}, exitFailure,
			"check the token or the process password"},
		"no manager": {nil, []string{"sub", "--manager", "http://127.0.0.1:1", "event-all-all-all"}, exitFailure,
			"nobody listens there"},
		"no URL": {nil, []string{"sub", "--manager", "ftp://x", "event-all-all-all"}, exitUsage,
			"use http, https, ws or wss"},
		"port in use": {nil, []string{"manager", "--listen", strings.TrimPrefix(url, "http://")}, exitFailure,
			"choose another port"},
		"no address":               {nil, []string{"manager", "--listen", "nowhere"}, exitFailure, "give HOST:PORT"},
		"a command without a user": {nil, []string{"cmd", "ATDome", "moveAzimuth"}, exitUsage, "give --token or --user"},
		"a command without a commander": {environment{"LOVED_PASSWORD": "admin's"}, []string{"cmd", "--user", "admin", "ATDome", "moveAzimuth"}, exitFailure,
			"HTTP 503"},
		"publishing as a user": {environment{"LOVED_PASSWORD": "user's", "PROCESS_CONNECTION_PASS": ""}, []string{"pub", "--user", "user", "event", "A", "s", "1"}, exitFailure,
			"the manager refused the message"},
		"malformed JSON":       {nil, []string{"pub", "event", "A", "s", `{"a":`}, exitUsage, "not JSON at byte 5"},
		"no component name":    {nil, []string{"pub", "event", "A:B", "s", "1"}, exitUsage, "NAME or NAME:INDEX"},
		"no group":             {nil, []string{"sub", "everything"}, exitUsage, "CATEGORY-CSC-SALINDEX-STREAM"},
		"no file":              {nil, []string{"replay", missing}, exitFailure, "no such file"},
		"no message in a file": {nil, []string{"replay", nonsense}, exitFailure, "skipped"},
		"negative speed":       {nil, []string{"replay", "--speed", "-1", nonsense}, exitUsage, "--speed"},
		"no FIELD=VALUE":       {nil, []string{"cmd", "A", "b", "c"}, exitUsage, "FIELD=VALUE"},
		"a field twice":        {nil, []string{"cmd", "A", "b", "c=1", "c=2"}, exitUsage, "twice"},
		"unknown component":    {nil, []string{"producer", "--sal", "sim", "ATDoom"}, exitUsage, "ATDome"},
		"no simulation asked":  {nil, []string{"producer", "ATDome"}, exitUsage, "--sal sim"},
		"no folder":            {nil, []string{"producer", "--sal", "sim", "--sal-interfaces", missing, "ATDome"}, exitFailure, "--sal-interfaces"},
		"unknown subcommand":   {nil, []string{"fly"}, exitUsage, "fly"},
		"unknown flag":         {nil, []string{"sub", "--fast"}, exitUsage, "--fast"},
		"argument missing":     {nil, []string{"pub", "event", "A"}, exitUsage, "STREAM is missing"},
		"argument too many":    {nil, []string{"token", "a", "b"}, exitUsage, "one argument too many"},
		"arguments where none": {nil, []string{"demo", "please"}, exitUsage, "takes no arguments"},
		"well-known password":  {environment{"PROCESS_CONNECTION_PASS": "dev_pass"}, []string{"manager"}, exitUsage, "--insecure-dev"},
		"no password":          {environment{"PROCESS_CONNECTION_PASS": ""}, []string{"manager"}, exitUsage, "--process-password"},
		"short secret":         {environment{"SECRET_KEY": "abc"}, []string{"manager"}, exitUsage, "--secret-key"},
		"other database": {environment{"LOVED_DATABASE": "mysql://root:guess@db/love"}, []string{"manager", "--listen", "127.0.0.1:0"}, exitFailure,
			"begin with sqlite: or postgres://"},
		"a database of Python's that is away": {environment{"LOVED_DATABASE": "", "DB_ENGINE": "postgresql", "DB_HOST": "127.0.0.1", "DB_PORT": "1", "DB_PASS": "guess"},
			[]string{"manager", "--listen", "127.0.0.1:0"}, exitFailure, "refused"},
		"a database of Python's that is another": {environment{"LOVED_DATABASE": "", "DB_ENGINE": "mysql"}, []string{"manager"}, exitUsage, "DB_ENGINE"},
		"no network to command from":             {nil, []string{"manager", "--command-from", "here"}, exitUsage, "--command-from"},
		"no LDAP server":                         {environment{"AUTH_LDAP_1_SERVER_URI": "ipa.example.org"}, []string{"manager", "--listen", "127.0.0.1:0"}, exitFailure, "ldaps://HOST"},
		"places that nobody asks for":            {nil, []string{"manager", "--command-from", "10.0.0.0/8"}, exitUsage, "add --commanding location"},
		"the place asked for, but none named":    {environment{"COMMANDING_PERMISSION_TYPE": "location"}, []string{"manager"}, exitUsage, "without --command-from lets nobody command"},
		"LDAP's second server alone counts":      {environment{"AUTH_LDAP_2_SERVER_URI": "ipa.example.org"}, []string{"manager", "--listen", "127.0.0.1:0"}, exitFailure, "ldaps://HOST"},
		"an LDAP password without a server":      {environment{"AUTH_LDAP_BIND_PASSWORD": "guess"}, []string{"manager"}, exitUsage, "--ldap-bind-password is given without an LDAP server"},
		"an LDAP user without a server":          {nil, []string{"manager", "--ldap-bind-dn", "uid=x"}, exitUsage, "--ldap-bind-dn is given without an LDAP server"},
		"LDAP users without a server":            {nil, []string{"manager", "--ldap-user-base", "cn=x"}, exitUsage, "--ldap-user-base"},
		"LDAP groups without a server":           {nil, []string{"manager", "--ldap-group-base", "cn=x"}, exitUsage, "--ldap-group-base"},
		"LDAP in the open without a server":      {nil, []string{"manager", "--ldap-insecure"}, exitUsage, "--ldap-insecure"},
		"no runs":                                {nil, []string{"bench", "--shape", "stalled", "--runs", "0"}, exitUsage, "--runs is 0"},
		"no runs beside commands":                {nil, []string{"bench", "--shape", "commands", "--runs", "-1"}, exitUsage, "--runs is -1"},
		"no commands to run beside":              {nil, []string{"bench", "--shape", "commands", "--commands", "0"}, exitUsage, "--commands is 0"},
		"no load":                                {nil, []string{"bench", "--rate", "0"}, exitUsage, "rate"},
		"a broker of Python's":                   {environment{"REDIS_HOST": "redis"}, []string{"manager"}, exitUsage, "REDIS_HOST"},
		"wrong variable":                         {environment{"LOVED_NAN": "zero"}, []string{"manager"}, exitUsage, "LOVED_NAN"},
		"no lifetime":                            {nil, []string{"manager", "--token-lifetime", "0s"}, exitUsage, "--token-lifetime"},
		"negative limit":                         {environment{"LOVED_LIMIT_SESSIONS": "-1"}, []string{"manager"}, exitUsage, "--limit-sessions"},
		"no network":                             {nil, []string{"manager", "--trusted-proxies", "here"}, exitUsage, "--trusted-proxies"},
		"pings too often":                        {nil, []string{"manager", "--ping", "10ms"}, exitUsage, "--ping is 10ms"},
		"negative drain":                         {environment{"LOVED_DRAIN": "-1s"}, []string{"manager"}, exitUsage, "--drain is -1s"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			somebody := &user{t, maps.Clone(u.env)}
			maps.Copy(somebody.env, c.env)
			got := somebody.types(c.args...)
			require.Equal(t, c.code, got.code, got.errors)
			require.Contains(t, got.errors, c.want)
			lines := strings.Split(strings.TrimSpace(got.errors), "\n")
			require.Regexp(t, `^loved( \w+)?: `, lines[len(lines)-1])
			require.NotContains(t, got.errors, "guess")
			require.NotContains(t, got.errors, "made-up")
		})
	}
	sub := u.subscribes("event-all-all-all")
	require.Equal(t, result{}, u.types("pub", "event", "A", "s", "1"))
	sub.says(`"s":1`)
}

func TestAManagerThatEndsSaysGoodbyeAndExitsWithZero(t *testing.T) {
	u := newUser(t)
	manager, url := u.startsManager()
	sub := u.subscribes("event-all-all-all")
	require.Equal(t, exitDone, manager.stops())
	sub.reports(`code 1001`)
	_, err := http.Get(url)
	require.Error(t, err)
	require.Equal(t, exitDone, sub.stops())
}

func TestAManagerCanCloseItsConnectionsOneAfterTheOther(t *testing.T) {
	u := newUser(t)
	manager, _ := u.startsManager("--drain", "300ms")
	for range 3 {
		u.subscribes("event-all-all-all")
	}
	began := time.Now()
	require.Equal(t, exitDone, manager.stops())
	require.GreaterOrEqual(t, time.Since(began), 200*time.Millisecond, "a pause after each connection but the last")
}

func TestAManagerPingsAsOftenAsItIsGiven(t *testing.T) {
	u := newUser(t)
	_, url := u.startsManager("--ping", "1s")
	socket := "ws" + strings.TrimPrefix(url, "http") + "/manager/ws/subscription?password=a+good+one"
	conn, early, _, err := ws.Dial(t.Context(), socket)
	require.NoError(t, err)
	require.Nil(t, early)
	defer conn.Close()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(patience)))
	h, err := ws.ReadHeader(conn)
	require.NoError(t, err)
	require.Equal(t, ws.OpPing, h.OpCode)
}

func TestAPasswordCanComeFromTheInput(t *testing.T) {
	u := newUser(t)
	u.startsManager()
	got := u.answers("admin's\n", "token", "admin")
	require.Zero(t, got.code, got.errors)
	require.NotEmpty(t, got.out)

	got = u.answers("", "token", "admin")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errors, "LOVED_PASSWORD")
}

func TestAProducerPublishesTheComponentsItIsGiven(t *testing.T) {
	u := newUser(t)
	_, url := u.startsManager()
	sub := u.subscribes("telemetry-ATDome-0-position", "event-all-all-all")
	producer := u.starts("producer", "--manager", url, "--sal", "sim", "ATDome")
	producer.says(`publishing ATDome to .*, from a simulated observatory that is this process's own`)
	sub.says(`azimuthPosition`)
	sub.says(`summaryState`)
	require.Equal(t, exitDone, producer.stops())
	text, _, _ := sub.out.now()
	require.NotContains(t, text, "MTMount")
}

func TestWithoutCredentialsAndWithoutADemoOneIsAskedForThem(t *testing.T) {
	got := newUser(t).types("sub", "event-all-all-all")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.errors, "start `loved demo`")
}

func TestVersionTellsWhatItIsCompatibleWith(t *testing.T) {
	got := newUser(t).types("version")
	require.Zero(t, got.code)
	require.Regexp(t, `^loved .+\ncommit .+\ngo1.+\ncompatible with .+\n$`, got.out)
}

func TestVariablesThatAreSetButEmptyMeanNothing(t *testing.T) {
	u := newUser(t)
	for _, name := range []string{
		"AUTH_LDAP_1_SERVER_URI", "AUTH_LDAP_2_SERVER_URI", "AUTH_LDAP_3_SERVER_URI", "AUTH_LDAP_BIND_DN", "AUTH_LDAP_BIND_PASSWORD",
		"AUTH_LDAP_USER_BASE", "AUTH_LDAP_GROUP_BASE", "COMMANDING_PERMISSION_TYPE", "LOVED_COMMAND_FROM", "REDIS_HOST",
	} {
		u.env[name] = ""
	}
	m, _ := u.startsManager()
	require.Equal(t, exitDone, m.stops())
}

func TestSettingsCanBeCheckedTwice(t *testing.T) {
	var f managerFlags
	fs := pflag.NewFlagSet("loved", pflag.ContinueOnError)
	f.register(fs)
	require.NoError(t, fs.Parse([]string{
		"--process-password", "secret", "--origins", "*", "--trusted-proxies", "10.0.0.1", "--approval", "ATDome,MTMount",
	}))
	require.NoError(t, f.check())
	once := f
	require.NoError(t, f.check())
	require.Equal(t, once, f)
	require.Len(t, f.commands.patterns, 2)
}

func TestHelpNamesTheVariableOfEachFlag(t *testing.T) {
	got := newUser(t).types("manager", "--help")
	require.Zero(t, got.code)
	require.Regexp(t, `--listen ADDRESS .*\[\$LOVED_LISTEN\]`, got.out)
	require.Contains(t, got.out, "[$PROCESS_CONNECTION_PASS]")
}
