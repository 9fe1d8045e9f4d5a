package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

func dayOfTheMessages() time.Time { return time.Unix(1_700_000_000, 0) }

func TestPrettyPrintsFieldsWithTheirUnits(t *testing.T) {
	cases := map[string]struct{ message, want string }{
		"telemetry": {
			`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":{"private_seqNum":{"value":1,"dataType":"Int","units":"unitless"},"azimuthPosition":{"value":57.31234567,"dataType":"Float","units":"deg"},"n":{"value":3,"dataType":"Int","units":"unitless"}}}}],"subscription":"telemetry-ATDome-0-position","tracing":{"manager_rcv_from_producer":1700000037.25}}`,
			"22:13:20.250  telemetry  ATDome:0  position\n    azimuthPosition  57.3123 deg\n    n                3\n",
		},
		"a component's group, without times": {
			`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"A":{"s":[{"state":{"value":2,"units":""}}],"t":[]}}}],"subscription":"event-A-1-all"}`,
			"              event  A:1  s\n    state  2\n              event  A:1  t\n",
		},
		"values of any other shape": {
			`{"category":"event","data":[{"csc":"A","salindex":"x","data":{"s":NaN}}]}`,
			"              event  A:x  s\n    NaN\n",
		},
		"numbers too small to be rounded, and special values": {
			`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":{"a":{"value":0.00012345},"b":{"value":-Infinity},"c":{"value":0.0}}}}]}`,
			"              event  A:1  s\n    a  0.00012345\n    b  -Infinity\n    c  0\n",
		},
		"texts that are JSON, and null": {
			`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":{"a":{"value":"{\"azimuth\": 90}"},"b":{"value":"say \"hi\""},"c":{"value":null,"units":"second"},"d":{"value":"[\"\u009b2J\"]"},"e":{"value":"90","units":"deg"}}}}]}`,
			"              event  A:1  s\n    a  {\"azimuth\": 90}\n    b  \"say \\\"hi\\\"\"\n    c  null\n    d  [\"\uFFFD2J\"]\n    e  \"90\" deg\n",
		},
		"not a data message": {`{"data":"hello"}`, "{\"data\":\"hello\"}\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, prettyPrinter{now: dayOfTheMessages}.print(&out, []byte(c.message)))
			require.Equal(t, c.want, out.String())
		})
	}
}

func TestAMessageIsPrintedOnOneLine(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, printLine(&out, []byte("{\n\r \"a\": \"b\\n\"}")))
	require.Equal(t, "{   \"a\": \"b\\n\"}\n", out.String())
}

func TestPrettyPrintsHeartbeatsWithTheirTime(t *testing.T) {
	for message, want := range map[string]string{
		`{"category":"heartbeat","data":[{"csc":"Manager","salindex":0,"data":{"timestamp":1700000000.5}},{"csc":"Commander","salindex":0,"data":{"timestamp":1699000000.0}}],"subscription":"heartbeat"}`:                      "22:13:20.500  heartbeat  Manager\n2023-11-03 08:26:40.000  heartbeat  Commander\n",
		`{"category":"event","data":[{"csc":"Heartbeat","salindex":0,"data":{"stream":{"csc":"ATDome","salindex":0,"lost":1,"last_heartbeat_timestamp":1700000000.25}}}],"tracing":{"manager_rcv_from_producer":1700000038.0}}`: "22:13:21.000  event  Heartbeat:0  stream\n    csc                       \"ATDome\"\n    salindex                  0\n    lost                      1\n    last_heartbeat_timestamp  22:13:20.250\n",
		`{"category":"event","data":[{"csc":"ScriptHeartbeats","salindex":1,"data":{"stream":{"script_heartbeat":{"salindex":7,"last_heartbeat_timestamp":-1}}}}]}`:                                                             noClock + "  event  ScriptHeartbeats:1  stream\n    script_heartbeat  {salindex: 7, last_heartbeat_timestamp: never}\n",
	} {
		var out bytes.Buffer
		require.NoError(t, prettyPrinter{now: dayOfTheMessages}.print(&out, []byte(message)))
		require.Equal(t, want, out.String())
	}
}

func TestPrettyPrintsNumbersByName(t *testing.T) {
	choices := []client.Choice{{Name: "Closed", Number: 1}, {Name: "Open", Number: 2}}
	p := prettyPrinter{now: dayOfTheMessages, topics: knownTopics{components: map[string]client.Component{"Dome": {
		Events:    map[string]client.Topic{"door": {Fields: []client.Field{{Name: "state", Choices: choices}, {Name: "count"}}}},
		Telemetry: map[string]client.Topic{"doors": {Fields: []client.Field{{Name: "states", Choices: choices}}}},
	}}}}
	for message, want := range map[string]string{
		`{"category":"event","data":[{"csc":"Dome","salindex":0,"data":{"door":[{"state":{"value":2},"count":{"value":2}}]}}]}`: "    state  Open\n    count  2\n",
		`{"category":"event","data":[{"csc":"Dome","salindex":0,"data":{"door":[{"state":{"value":9}}]}}]}`:                     "    state  9\n",
		`{"category":"telemetry","data":[{"csc":"Dome","salindex":0,"data":{"doors":{"states":{"value":[1,2.0,NaN]}}}}]}`:       "    states  [Closed, Open, NaN]\n",
		`{"category":"event","data":[{"csc":"Other","salindex":3,"data":{"summaryState":[{"summaryState":{"value":2}}]}}]}`:     "    summaryState  ENABLED\n",
	} {
		var out bytes.Buffer
		require.NoError(t, p.print(&out, []byte(message)))
		_, fields, _ := strings.Cut(out.String(), "\n")
		require.Equal(t, want, fields)
	}
}

func TestPrettyPrintsWhenALastValueWasSent(t *testing.T) {
	const message = `{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":[{"private_sndStamp":{"value":1699900037.25},"n":{"value":1}}]}}],"snapshot":true,"stale":true}`
	var out bytes.Buffer
	require.NoError(t, prettyPrinter{now: dayOfTheMessages}.print(&out, []byte(message)))
	require.Equal(t, "2023-11-13 18:26:40.250  event  A:1  s  (last value, its publisher has gone)\n    n  1\n", out.String())
}

func TestPrettyFitsTheTerminal(t *testing.T) {
	const message = `{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":{"positions":{"value":[1.0,22.25,333.5,4444.125,5,6,7,8,9,10],"units":"mm"},"text":{"value":"a text with several words in it"}}}}]}`
	var out bytes.Buffer
	require.NoError(t, prettyPrinter{now: dayOfTheMessages, width: 40}.print(&out, []byte(message)))
	require.Equal(t, noClock+`  telemetry  A:1  s
    positions  [1, 22.25, 333.5,
               4444.125, 5, 6, 7, 8, 9,
               10] mm
    text       "a text with several
               words in it"
`, out.String())
}
