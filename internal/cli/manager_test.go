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

// barrier is a group whose message, published last, arrives last.
const barrier = "event-Barrier-0-end"

// collect returns what was printed before the barrier.
func (u *user) collect(p *process) []string {
	require.Equal(u.t, result{}, u.run("pub", "event", "Barrier", "end", "1"))
	p.waitFor(`"subscription":"` + barrier + `"`)
	text, _, _ := p.out.snapshot()
	lines := strings.SplitAfter(text, "\n")
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" || strings.Contains(line, "Barrier") })
}

// delivered is the part of a message that must arrive unchanged: csc, salindex
// and the streams, or for the broadest group the whole data, as raw bytes.
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
func expected(t *testing.T, messages []recordedMessage) map[string][]string {
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
	u.startManager()
	files := goldenTranscripts(t)
	var messages []recordedMessage
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all, errs := readAll(string(text))
		require.Empty(t, errs)
		messages = append(messages, all...)
	}
	want := expected(t, messages)
	sub := u.subscribe(append(slices.Sorted(maps.Keys(want)), barrier)...)

	replayed := u.run(append([]string{"replay", "--speed", "0"}, files...)...)
	require.Equal(t, result{out: fmt.Sprintf("%d messages published\n", len(messages))}, replayed)
	got := map[string][]string{}
	for _, line := range u.collect(sub) {
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
			u.startManager("--trace=false")
			record := func(files ...string) []string {
				sub := u.subscribe(append(groups, barrier)...)
				replayed := u.run(append([]string{"replay", "--speed", "0"}, files...)...)
				require.Zero(t, replayed.code, replayed.errors)
				lines := u.collect(sub)
				require.NotEmpty(t, lines)
				sub.stop()
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
	u.startManager()
	raw, strict := u.subscribe("event-A-0-s"), u.subscribe("--strict", "event-A-0-s")
	require.Equal(t, result{}, u.run("pub", "event", "A", "s", `[NaN, -Infinity, "NaN"]`))
	raw.waitFor(`\{"s":\[NaN, -Infinity, "NaN"\]\}`)
	strict.waitFor(`\{"s":\[null, null, "NaN"\]\}`)
}

func TestBadInputGetsOneClearLine(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager()
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
			"nothing listens there"},
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
		"not an origin":        {environment{"PROCESS_CONNECTION_PASS": "long and random"}, []string{"manager", "--origins", "https://love.example/"}, exitUsage, `--origins: "https://love.example/" is not the origin of a page`},
		"well-known password":  {environment{"PROCESS_CONNECTION_PASS": "dev_pass"}, []string{"manager"}, exitUsage, "--insecure-dev"},
		"no password":          {environment{"PROCESS_CONNECTION_PASS": ""}, []string{"manager"}, exitUsage, "--process-password"},
		"short secret":         {environment{"SECRET_KEY": "abc"}, []string{"manager"}, exitUsage, "--secret-key"},
		"other database": {environment{"LOVED_DATABASE": "mysql://root:guess@db/love"}, []string{"manager", "--listen", "127.0.0.1:0"}, exitFailure,
			"begin with sqlite: or postgres://"},
		"Python's database, unreachable": {environment{"LOVED_DATABASE": "", "DB_ENGINE": "postgresql", "DB_HOST": "127.0.0.1", "DB_PORT": "1", "DB_PASS": "guess"},
			[]string{"manager", "--listen", "127.0.0.1:0"}, exitFailure, "refused"},
		"Python's database, of another kind": {environment{"LOVED_DATABASE": "", "DB_ENGINE": "mysql"}, []string{"manager"}, exitUsage, "DB_ENGINE"},
		"no network to command from":         {nil, []string{"manager", "--command-from", "here"}, exitUsage, "--command-from"},
		"no LDAP server":                     {environment{"AUTH_LDAP_1_SERVER_URI": "ipa.example.org"}, []string{"manager", "--listen", "127.0.0.1:0"}, exitFailure, "ldaps://HOST"},
		"locations without --commanding":     {nil, []string{"manager", "--command-from", "10.0.0.0/8"}, exitUsage, "add --commanding location"},
		"--commanding without locations":     {environment{"COMMANDING_PERMISSION_TYPE": "location"}, []string{"manager"}, exitUsage, "without --command-from lets nobody command"},
		"LDAP's second server alone counts":  {environment{"AUTH_LDAP_2_SERVER_URI": "ipa.example.org"}, []string{"manager", "--listen", "127.0.0.1:0"}, exitFailure, "ldaps://HOST"},
		"an LDAP password without a server":  {environment{"AUTH_LDAP_BIND_PASSWORD": "guess"}, []string{"manager"}, exitUsage, "--ldap-bind-password is given without an LDAP server"},
		"an LDAP user without a server":      {nil, []string{"manager", "--ldap-bind-dn", "uid=x"}, exitUsage, "--ldap-bind-dn is given without an LDAP server"},
		"LDAP users without a server":        {nil, []string{"manager", "--ldap-user-base", "cn=x"}, exitUsage, "--ldap-user-base"},
		"LDAP groups without a server":       {nil, []string{"manager", "--ldap-group-base", "cn=x"}, exitUsage, "--ldap-group-base"},
		"LDAP in the open without a server":  {nil, []string{"manager", "--ldap-insecure"}, exitUsage, "--ldap-insecure"},
		"authority without a commander":      {environment{"PROCESS_CONNECTION_PASS": "long and random"}, []string{"manager", "--authority"}, exitUsage, "--commander"},
		"no runs":                            {nil, []string{"bench", "--shape", "stalled", "--runs", "0"}, exitUsage, "--runs is 0"},
		"no runs beside commands":            {nil, []string{"bench", "--shape", "commands", "--runs", "-1"}, exitUsage, "--runs is -1"},
		"no commands to run beside":          {nil, []string{"bench", "--shape", "commands", "--commands", "0"}, exitUsage, "--commands is 0"},
		"no load":                            {nil, []string{"bench", "--rate", "0"}, exitUsage, "rate"},
		"an address for a host":              {environment{"REDIS_HOST": "redis://redis"}, []string{"manager"}, exitUsage, "REDIS_HOST"},
		"no port":                            {environment{"REDIS_HOST": "redis", "REDIS_PORT": "many"}, []string{"manager"}, exitUsage, "REDIS_PORT"},
		"no broker":                          {nil, []string{"manager", "--broker", "rabbit://host"}, exitUsage, "redis://host:6379"},
		"another permission type":            {environment{"COMMANDING_PERMISSION_TYPE": "everybody"}, []string{"manager"}, exitUsage, "COMMANDING_PERMISSION_TYPE"}, // docs/protocol/manager.md#commands
		"wrong variable":                     {environment{"LOVED_NAN": "zero"}, []string{"manager"}, exitUsage, "LOVED_NAN"},
		"no lifetime":                        {nil, []string{"manager", "--token-lifetime", "0s"}, exitUsage, "--token-lifetime"},
		"negative limit":                     {environment{"LOVED_LIMIT_SESSIONS": "-1"}, []string{"manager"}, exitUsage, "--limit-sessions"},
		"no network":                         {nil, []string{"manager", "--trusted-proxies", "here"}, exitUsage, "--trusted-proxies"},
		"pings too often":                    {nil, []string{"manager", "--ping", "10ms"}, exitUsage, "--ping is 10ms"},
		"negative push":                      {nil, []string{"producer", "--push-telemetry", "-1s", "--sal", "sim", "--manager", "http://x", "--process-password", "x", "ATDome"}, exitUsage, "--push-telemetry is -1s"},
		"negative drain":                     {environment{"LOVED_DRAIN": "-1s"}, []string{"manager"}, exitUsage, "--drain is -1s"},
		"negative drain delay":               {environment{"LOVED_DRAIN_DELAY": "-1s"}, []string{"manager"}, exitUsage, "--drain-delay is -1s"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			somebody := &user{t, maps.Clone(u.env)}
			maps.Copy(somebody.env, c.env)
			got := somebody.run(c.args...)
			require.Equal(t, c.code, got.code, got.errors)
			require.Contains(t, got.errors, c.want)
			lines := strings.Split(strings.TrimSpace(got.errors), "\n")
			require.Regexp(t, `^loved( \w+)?: `, lines[len(lines)-1])
			require.NotContains(t, got.errors, "guess")
			require.NotContains(t, got.errors, "made-up")
		})
	}
	sub := u.subscribe("event-all-all-all")
	require.Equal(t, result{}, u.run("pub", "event", "A", "s", "1"))
	sub.waitFor(`"s":1`)
}

func TestAManagerThatEndsClosesItsConnectionsAndExitsWithZero(t *testing.T) {
	u := newUser(t)
	manager, url := u.startManager()
	sub := u.subscribe("event-all-all-all")
	require.Equal(t, exitDone, manager.stop())
	sub.waitForError(`code 1012`)
	_, err := http.Get(url)
	require.Error(t, err)
	require.Equal(t, exitDone, sub.stop())
}

func TestAManagerCanCloseItsConnectionsOneAfterTheOther(t *testing.T) {
	u := newUser(t)
	manager, _ := u.startManager("--drain", "300ms")
	for range 3 {
		u.subscribe("event-all-all-all")
	}
	began := time.Now()
	require.Equal(t, exitDone, manager.stop())
	require.GreaterOrEqual(t, time.Since(began), 200*time.Millisecond, "a pause after each connection but the last")
}

func TestAManagerPingsAtTheGivenInterval(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager("--ping", "1s")
	socket := "ws" + strings.TrimPrefix(url, "http") + "/manager/ws/subscription?password=a+good+long+one"
	conn, early, _, err := ws.Dial(t.Context(), socket)
	require.NoError(t, err)
	require.Nil(t, early)
	defer conn.Close()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(testTimeout)))
	h, err := ws.ReadHeader(conn)
	require.NoError(t, err)
	require.Equal(t, ws.OpPing, h.OpCode)
}

func TestAPasswordCanComeFromTheInput(t *testing.T) {
	u := newUser(t)
	u.startManager()
	got := u.runWithInput("admin's\n", "token", "admin")
	require.Zero(t, got.code, got.errors)
	require.NotEmpty(t, got.out)

	got = u.runWithInput("", "token", "admin")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.errors, "LOVED_PASSWORD")
}

func TestAProducerPublishesTheComponentsItIsGiven(t *testing.T) {
	u := newUser(t)
	_, url := u.startManager()
	sub := u.subscribe("telemetry-ATDome-0-position", "event-all-all-all")
	producer := u.start("producer", "--manager", url, "--sal", "sim", "ATDome")
	producer.waitFor(`publishing ATDome to .*, from a simulated observatory of this process`)
	sub.waitFor(`azimuthPosition`)
	sub.waitFor(`summaryState`)
	require.Equal(t, exitDone, producer.stop())
	text, _, _ := sub.out.snapshot()
	require.NotContains(t, text, "MTMount")
}

func TestWithoutCredentialsAndDemoTheUsageIsWrong(t *testing.T) {
	got := newUser(t).run("sub", "event-all-all-all")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.errors, "start `loved demo`")
}

func TestVersionShowsWhatItIsCompatibleWith(t *testing.T) {
	got := newUser(t).run("version")
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
	m, _ := u.startManager()
	require.Equal(t, exitDone, m.stop())
}

func TestSettingsCanBeCheckedTwice(t *testing.T) {
	var f managerFlags
	fs := pflag.NewFlagSet("loved", pflag.ContinueOnError)
	f.register(fs)
	require.NoError(t, fs.Parse([]string{
		"--process-password", "long and random", "--origins", "*", "--trusted-proxies", "10.0.0.1", "--approval", "ATDome,MTMount",
	}))
	require.NoError(t, f.check())
	once := f
	require.NoError(t, f.check())
	require.Equal(t, once, f)
	require.Len(t, f.commands.patterns, 2)
}

func TestHelpNamesTheVariableOfEachFlag(t *testing.T) {
	got := newUser(t).run("manager", "--help")
	require.Zero(t, got.code)
	require.Regexp(t, `--listen ADDRESS .*\[\$LOVED_LISTEN\]`, got.out)
	require.Contains(t, got.out, "[$PROCESS_CONNECTION_PASS]")
}
