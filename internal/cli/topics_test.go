package cli

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

func TestTopicsShowWhatThereIsAndWhatIsLive(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	sub := u.subscribe("telemetry-ATDome-0-position", "telemetry-MTHexapod-2-actuators")
	sub.waitFor(`ATDome`)
	sub.waitFor(`MTHexapod`)

	all := u.mustRun("", "topics")
	require.Regexp(t, `^COMPONENT +EVENTS +TELEMETRY +COMMANDS +LIVE +LAST\n`, all)
	require.Regexp(t, `\nATDome +25 +1 +13 +\d+ +\d\.\d s ago\n`, all)
	require.Regexp(t, `\nMTHexapod:2 +\d+ +3 +\d+ +\d+ +\d\.\d s ago\n`, all)
	require.Regexp(t, `\nTest +11 +2 +10 +0 +never\n`, all, "defined, but not running")

	dome := u.mustRun("", "topics", "ATDome")
	require.Regexp(t, `^KIND +TOPIC +LAST +FIELDS\n`, dome)
	require.Regexp(t, `\ntelemetry +position +\d\.\d s ago +.*azimuthPosition \(double, deg\)`, dome)
	require.Regexp(t, `\nevent +heartbeat +never +heartbeat \(boolean\)\n`, dome)
	require.Regexp(t, `\ncommand +moveAzimuth +azimuth \(float, deg\)\n`, dome)
	require.NotContains(t, dome, "MTHexapod")
	require.Contains(t, u.mustRun("", "topics", "MTHexapod"), "ago (2)", "the instance whose topic came last, if there are several")
	require.NotContains(t, u.mustRun("", "topics", "MTHexapod:2"), "ago (2)")

	state := u.mustRun("", "topics", "ATDome", "azimuthState")
	require.Regexp(t, `\nevent +state +long .*\[1 NotInMotion, 2 MovingCW, 3 MovingCCW\]\n`, "\n"+state)
	require.Equal(t, state, u.mustRun("", "topics", "ATDome", "evt_azimuthState"))
	require.Contains(t, u.mustRun("", "topics", "ATDome", "stopMotion"), "(none)")
}

func TestTopicsAsJSONAreForPrograms(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	sub := u.subscribe("telemetry-ATDome-0-position", "telemetry-MTMount-0-azimuth")
	sub.waitFor(`ATDome`)
	sub.waitFor(`MTMount`)
	type topics struct {
		Components map[string]client.Component
		Streams    []love.StreamStats
	}
	read := func(args ...string) (got topics) {
		require.NoError(t, json.Unmarshal([]byte(u.mustRun("", append([]string{"topics", "--json"}, args...)...)), &got))
		return got
	}
	all := read()
	require.Contains(t, all.Components, "MTMount")
	require.True(t, all.Components["MTHexapod"].Indexed)

	dome := read("ATDome")
	require.Len(t, dome.Components, 1)
	azimuth, ok := dome.Components["ATDome"].Commands["moveAzimuth"].Field("azimuth")
	require.True(t, ok)
	require.Equal(t, "deg", azimuth.Units)
	require.NotEmpty(t, dome.Streams)
	for _, s := range dome.Streams {
		require.Equal(t, "ATDome", s.CSC)
		require.True(t, s.Live)
		require.WithinDuration(t, time.Now(), s.Last, testTimeout)
	}
}

func TestTopicsThatThereAreNotAreNamedWithSimilarOnes(t *testing.T) {
	u := newUser(t)
	u.startDemo()
	require.Equal(t, `loved topics: this manager neither knows nor has seen a component "ATDom"; did you mean ATDome or MTDome? (see loved topics --help)`,
		u.mustFail(exitUsage, "", "topics", "ATDom"))
	require.Equal(t, `loved topics: the manager has no definition of a topic "azimutState" of ATDome; did you mean azimuthState? (see loved topics --help)`,
		u.mustFail(exitUsage, "", "topics", "ATDome", "azimutState"))
}

func TestTopicsOfAManagerThatDoesNotKnowEverything(t *testing.T) {
	const (
		definitions = `{"ATDome":{"event_data":{"s":{"f":{"type_name":"long"}}}}}`
		streams     = `{"streams":[{"category":"event","csc":"Own","salindex":"3","stream":"s","messages":1,"last":"2001-01-01T00:00:00Z","live":false}]}`
	)
	for name, c := range map[string]struct{ definitions, streams, out, errors string }{
		"no commander": {"", streams, "Own:3", "The manager does not know the observatory's definitions: shown is only what was published.\n"},
		"Python's":     {definitions, "", "ATDome", "The manager does not report what was published: shown are only the definitions.\n"},
		"neither":      {"", "", "", "loved topics: the manager does not know the observatory's definitions, and does not report what was published\n"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body := c.definitions
			if strings.Contains(r.URL.Path, "streams") {
				body = c.streams
			}
			if body == "" {
				w.WriteHeader(http.StatusNotFound)
			}
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(s.Close)
		got := newUser(t).run("topics", "--manager", s.URL, "--token", "t")
		require.Equal(t, c.errors, got.errors, name)
		require.Contains(t, got.out, c.out, name)
	}
}

func TestTheAgeOfATopicIsReadable(t *testing.T) {
	for age, want := range map[time.Duration]string{
		-time.Second: "0.0 s ago", 340 * time.Millisecond: "0.3 s ago", 70 * time.Second: "70 s ago", 5 * time.Minute: "5 min ago",
		3 * time.Hour: "3 h ago", 72 * time.Hour: "3 days ago",
	} {
		require.Equal(t, want, ageText(age))
	}
	table := topicTable{
		knownTopics: knownTopics{reported: true, streams: []love.StreamStats{{Category: "event", CSC: "A", SalIndex: "0", Stream: "s", Last: time.Unix(0, 0)}}},
		now:         time.Unix(300, 0), csc: "A",
	}
	require.Equal(t, [][]string{{"KIND", "TOPIC", "LAST", "FIELDS"}, {"event", "s", "gone, 5 min ago", ""}}, table.topics())
}
