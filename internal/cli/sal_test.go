package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestSALTopicsListsWhatTheDefinitionsHave(t *testing.T) {
	u := newUser(t)
	all := u.run("sal", "topics", "--sal", "sim")
	require.Equal(t, exitDone, all.code, all.errors)
	require.Contains(t, all.out, "ATDome\n")
	require.Contains(t, u.run("sal", "topics", "--sal", "sim", "ATDome").out, "cmd_moveAzimuth ")
	require.Regexp(t, `(?m)^summaryState +long `, u.run("sal", "topics", "--sal", "sim", "ATDome", "evt_summaryState").out)
}

func TestSALWatchPrintsWhatAComponentPublishes(t *testing.T) {
	got := newUser(t).run("sal", "watch", "--sal", "sim", "--count", "2", "ATDome", "tel_position")
	require.Equal(t, exitDone, got.code, got.errors)
	require.Regexp(t, `(?s)^ATDome tel_position \{.*\}\nATDome tel_position \{.*\}\n$`, got.out)
}

func TestSALPublishWritesASampleOrCommands(t *testing.T) {
	u := newUser(t)
	got := u.run("sal", "publish", "--sal", "sim", "ESS:301", "evt_errorCode", "errorCode=7")
	require.Equal(t, exitDone, got.code, got.errors)
	require.Regexp(t, `^ESS:301 evt_errorCode \{"salIndex":301,.*"errorCode":7[,}]`, got.out)
}

func TestSALWatchPrintsJSONAlone(t *testing.T) {
	got := newUser(t).run("sal", "watch", "--sal", "sim", "--json", "--count", "3", "ESS:301", "evt_heartbeat", "evt_summaryState")
	require.Equal(t, exitDone, got.code, got.errors)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	require.Len(t, lines, 3)
	for _, line := range lines {
		var sample struct {
			Component, Topic string
			SalIndex         int
			Identity         string `json:"private_identity"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &sample), line)
		require.Equal(t, "ESS:301", sample.Component)
		require.Contains(t, []string{"evt_heartbeat", "evt_summaryState"}, sample.Topic)
		require.Equal(t, 301, sample.SalIndex)
		require.Equal(t, "ESS:301", sample.Identity)
	}
}

func TestSALWatchPrintsNumbersThatJSONDoesNotHave(t *testing.T) {
	c, err := sim.Definitions().Component("ATDome")
	require.NoError(t, err)
	topic, ok := c.Topic("tel_position")
	require.True(t, ok)
	s, err := sal.NewSample(topic, sal.Values{"azimuthPosition": math.NaN()})
	require.NoError(t, err)
	require.Regexp(t, `^ATDome tel_position \{.*"azimuthPosition":NaN[,}]`, string(watchFlags{}.line(c, s)))
	require.Regexp(t, `^\{"component":"ATDome","topic":"tel_position",.*"azimuthPosition":null[,}]`, string(watchFlags{json: true}.line(c, s)))
}

// The bus carries what the definition does not expect.
func TestSALPublishWritesWhatTheBusTakes(t *testing.T) {
	u := newUser(t)
	publish := func(args ...string) result {
		return u.run(append([]string{"sal", "publish", "--sal", "sim"}, args...)...)
	}
	for _, c := range []struct {
		args          []string
		line, warning string
	}{
		{[]string{"ATDome", "tel_position", "azimuthPosition=NaN"}, `"azimuthPosition":NaN[,}]`, "a number that is not finite.*field=azimuthPosition"},
		{[]string{"ATDome", "tel_position", "azimuthPosition=-Infinity"}, `"azimuthPosition":-Infinity[,}]`, "a number that is not finite"},
		{[]string{"ATDome", "tel_position", "azimuthPosition=1e3"}, `"azimuthPosition":1000.0[,}]`, "^$"},
		{[]string{"MTHexapod:1", "tel_application", "position=[1,NaN,Infinity,4,5,6]"}, `"position":\[1.0,NaN,Infinity,4.0,5.0,6.0\]`, "a number that is not finite.*field=position"},
		{[]string{"MTHexapod:1", "tel_application", "position=[1,2]"}, `"position":\[1.0,2.0\]`, "field position: takes a list of 6, not of 2"},
		{[]string{"ATDome", "evt_errorCode", "errorReport=5", `traceback="a\nb"`}, `"errorReport":"5","traceback":"a\\nb"`, "^$"},
		{[]string{"ATDome", "evt_errorCode", `errorReport={"a":null}`}, `"errorReport":"\{\\"a\\":null\}"`, "^$"},
		{[]string{"ATDome", "cmd_moveAzimuth", "azimuth=NaN"}, "", "a number that is not finite.*field=azimuth"},
	} {
		got := publish(c.args...)
		require.Regexp(t, c.line, got.out, c.args)
		require.Regexp(t, c.warning, got.errors, c.args)
		if c.line != "" {
			require.Equal(t, exitDone, got.code, got.errors)
		}
	}
	for want, args := range map[string][]string{
		"field azimuthPosition: takes a value, not null":                             {"ATDome", "tel_position", "azimuthPosition=null"},
		"field azimuth: takes a value, not null":                                     {"ATDome", "cmd_moveAzimuth", "azimuth=null"},
		"field position: element 1 takes a number (double), not null":                {"MTHexapod:1", "tel_application", "position=[1,null,3,4,5,6]"},
		"field errorCode: takes a whole number from -2147483648 to 2147483647":       {"ATDome", "evt_errorCode", "errorCode=1.5"},
		"field errorReport: the text has \\ud800, which is half of a surrogate pair": {"ATDome", "evt_errorCode", `errorReport="\ud800"`},
	} {
		got := publish(args...)
		require.Equal(t, exitUsage, got.code, got.errors)
		require.Contains(t, got.errors, want)
		require.Empty(t, got.out)
	}
}

func TestSALPublishWarnsOfAValueBeyondAnEnumeration(t *testing.T) {
	var log bytes.Buffer
	defs, err := sal.Define(&sal.Component{Name: "Spec", Topics: []*sal.Topic{
		{Kind: sal.Event, Name: "filter", Fields: []sal.Field{{Name: "colour", Type: sal.Long, Choices: []sal.Choice{{Name: "Blue", Number: 1}}}}},
	}})
	require.NoError(t, err)
	bus := sim.NewBus()
	a := &app{stdout: io.Discard}
	b := &salBus{bus: bus, definitions: defs, log: slog.New(slog.NewTextHandler(&log, nil))}
	require.NoError(t, a.publishSample(t.Context(), b, []string{"Spec", "evt_filter", "colour=7"}, salPublishFlags{}))
	require.Contains(t, log.String(), "field colour: takes 1 (Blue), not 7")
}

func TestSALWatchAndPublishSayWhatTheyPrint(t *testing.T) {
	u := newUser(t)
	require.Contains(t, u.run("sal", "watch", "--help").out, `COMPONENT[:INDEX] TOPIC {"FIELD": VALUE, …}`)
	require.Contains(t, u.run("sal", "publish", "--help").out, `COMPONENT[:INDEX] TOPIC: TEXT`)
}

func TestSALToolsReportWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no definitions":       {[]string{"topics"}, "TS_XML_DIR"},
		"no such component":    {[]string{"topics", "--sal", "sim", "ATDom"}, "ATDome"},
		"no such topic":        {[]string{"watch", "--sal", "sim", "ATDome", "summaryState"}, "loved sal topics ATDome"},
		"a command to watch":   {[]string{"watch", "--sal", "sim", "ATDome", "cmd_moveAzimuth"}, "evt_ or tel_"},
		"a needless index":     {[]string{"publish", "--sal", "sim", "ATDome:1", "evt_summaryState"}, "ATDome has no instances"},
		"no such field":        {[]string{"publish", "--sal", "sim", "ATDome", "evt_summaryState", "state=1"}, "summaryState"},
		"a private field":      {[]string{"publish", "--sal", "sim", "ATDome", "evt_summaryState", "private_seqNum=1"}, "private_seqNum"},
		"kafka without a name": {[]string{"watch", "--sal-interfaces", ".", "ATDome"}, "--sal-interfaces"},
	} {
		t.Run(name, func(t *testing.T) {
			got := newUser(t).run(append([]string{"sal"}, c.args...)...)
			require.NotEqual(t, exitDone, got.code)
			require.Contains(t, got.errors, c.want)
		})
	}
}
