package cli

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// printedCommands returns the commands that the demo suggests.
func printedCommands(t *testing.T, text string) [][]string {
	var commands [][]string
	for _, m := range regexp.MustCompile(`(?m)^ +loved (.+)$`).FindAllStringSubmatch(text, -1) {
		commands = append(commands, strings.Fields(m[1]))
	}
	require.Len(t, commands, 4)
	return commands
}

func TestTheCommandsThatTheDemoPrintsWorkAsTheyStand(t *testing.T) {
	u := newUser(t)
	demo := u.startDemo()
	text, _, _ := demo.out.snapshot()
	for _, args := range printedCommands(t, text) {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			switch args[0] {
			case "cmd":
				require.Equal(t, result{out: "Done\n"}, u.run(args...))
				return
			case "history":
				u.waitForTelemetry()
				require.Contains(t, u.mustRun("", args...), "azimuthPosition (deg)")
				return
			}
			sub := u.start(args...)
			sub.waitFor(`(?s)ATDome.*\n`)
			require.Equal(t, exitDone, sub.stop())
		})
	}
}

// waitForTelemetry returns when the archive of a demo has telemetry of the dome, which it
// writes once a second.
func (u *user) waitForTelemetry() {
	u.mustRun("", "sub", "--count", "3", "telemetry-ATDome-0-position") // one a second
}

func TestTheDomeOfTheDemoGoesWhereItIsCommanded(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	sub := u.start("sub", "event-ATDome-0-azimuthCommandedState")
	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "ATDome", "cmd_moveAzimuth", "azimuth=123.25"))
	sub.waitFor(`"azimuth": ?\{"value": ?123\.25`)
}

func TestTheDemoHasAPageAndLogIns(t *testing.T) {
	u := newUser(t)
	demo := u.startDemo()
	url := demo.waitFor(`Page +(http\S+)`)[1]
	resp, err := http.Get(url + "/page/info.json")
	require.NoError(t, err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(page), "ATDome")

	for _, login := range regexp.MustCompile(`(admin|cmd_user|user) +([a-z2-7]{12}) `).FindAllStringSubmatch(demo.waitFor(`(?s).*`)[0], -1) {
		name, password := login[1], login[2]
		u.env["LOVED_PASSWORD"] = password
		token := u.run("token", "--manager", url, name)
		require.Zero(t, token.code, token.errors)
		require.NotEmpty(t, strings.TrimSpace(token.out))
	}
}

func TestTokensOfTheDemosUsersNeedNoPassword(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	token := u.run("token", "user")
	require.Zero(t, token.code, token.errors)

	got := u.run("cmd", "--token", strings.TrimSpace(token.out), "ATDome", "moveAzimuth", "azimuth=1")
	require.Equal(t, exitFailure, got.code)
	require.Contains(t, got.out, "not allowed to command")
}

func TestAnInterruptEndsTheDemoWithinASecondAndItsSessionWithIt(t *testing.T) {
	u := newUser(t)
	demo := u.startDemo()
	sub := u.start("sub", "telemetry-all-all-all")
	sub.waitFor(`\n`)

	began := time.Now()
	require.Equal(t, exitDone, demo.stop())
	require.Less(t, time.Since(began), time.Second)
	_, err := readSession(u.env.lookup, "")
	require.ErrorIs(t, err, errNoSession)
	out, _, _ := demo.errors.snapshot()
	require.Empty(t, out)
}

func TestASecondDemoLeavesTheCommandsToTheFirst(t *testing.T) {
	u := newUser(t)
	first := u.startDemo().waitFor(`Page +(http\S+)`)[1]
	second := u.startDemo()
	url := second.waitFor(`Page +(http\S+)`)[1]
	second.waitFor("loved sub --pretty --manager " + url + " telemetry-ATDome-0-position")
	for given, want := range map[string]string{"": first, url: url} {
		to, err := (&app{environ: u.env.list()}).target(t.Context(), clientFlags{manager: given})
		require.NoError(t, err)
		require.Equal(t, want, to.manager)
	}
	second.stop()
	require.Zero(t, u.run("token", "user").code)
}

func TestTheBannerFitsTheTerminal(t *testing.T) {
	text := "LOVE demo: a simulated observatory with ATDome, MTMount"
	require.Equal(t, "  LOVE demo: a simulated\n  observatory with ATDome,\n  MTMount", indented(text, 26))
	require.Equal(t, "  "+text, indented(text, 80))
	require.Equal(t, "  a-word-that-is-too-long\n  for it", indented("a-word-that-is-too-long for it", 10))
}

func TestADemoWhosePortIsInUseSuggestsAnother(t *testing.T) {
	u := newUser(t)
	address := strings.TrimPrefix(u.startDemo().waitFor(`Page +(http\S+)`)[1], "http://")
	got := u.run("demo", "--listen", address)
	require.Equal(t, exitFailure, got.code)
	require.Regexp(t, `^loved demo: \S+ is in use by another program: choose another port, for example --listen 127\.0\.0\.1:\d+\n$`, got.errors)
}

func TestTheDemoAnswersBadCommandsInOneLine(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	cases := map[string]struct {
		args []string
		want string
	}{
		"unknown component": {[]string{"cmd", "ATDoom", "moveAzimuth"}, "ATDoom"},
		"unknown command":   {[]string{"cmd", "ATDome", "flyAway"}, "flyAway"},
		"unknown field":     {[]string{"cmd", "--defaults", "ATDome", "moveAzimuth", "angle=3"}, "angle"},
		"wrong type":        {[]string{"cmd", "ATDome", "moveAzimuth", "azimuth=north"}, "azimuth"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := u.run(c.args...)
			require.Equal(t, exitFailure, got.code)
			require.Contains(t, got.out, c.want)
			require.Equal(t, 1, strings.Count(got.errors, "\n"), got.errors)
		})
	}
	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "ATDome", "moveAzimuth", "azimuth=10"))
}

func TestTheRecordOfTheDemoShowsWhoMovedTheDome(t *testing.T) {
	u := newUser(t)
	demo := u.startDemo()
	url := demo.waitFor(`Page +(http\S+)`)[1]
	token := strings.TrimSpace(u.run("token", "cmd_user").out)
	events := u.subscribe("event-Hub-0-commands")
	require.Equal(t, result{out: "Done\n"}, u.run("cmd", "--token", token, "ATDome", "moveAzimuth", "azimuth=45"))
	events.waitFor(`"state":\{"value":"done"`)

	got := request(t, "GET", url+"/manager/api/commands/?csc=ATDome", token, "")
	require.Contains(t, got, `"user":"cmd_user"`)
	require.Contains(t, got, `"params":{"azimuth":45}`)
	require.Contains(t, got, `"state":"done"`)
}

func TestObservingLogsOfTheDemoReachTheScreens(t *testing.T) {
	u := newUser(t)
	demo := u.startDemo()
	url := demo.waitFor(`Page +(http\S+)`)[1]
	token := strings.TrimSpace(u.run("token", "cmd_user").out)
	screen := u.subscribe("event-LOVE-0-observingLog")
	got := request(t, "POST", url+"/manager/api/lovecsc/observinglog", token, `{"user":"cmd_user","message":"clouds from the west"}`)
	require.Equal(t, `{"ack":"Added new observing log to SAL"}`, got)
	screen.waitFor(`clouds from the west`)

	require.Equal(t, result{}, u.run("pub", "--token", token, "love_csc", "love", "observingLog", `{"user":"cmd_user","message":"by websocket"}`))
	screen.waitFor(`by websocket`)
}
