package cli

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

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
			require.NoError(t, printPretty(&out, []byte(c.message)))
			require.Equal(t, c.want, out.String())
		})
	}
}

func TestAMessageIsPrintedOnOneLine(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, printLine(&out, []byte("{\n\r \"a\": \"b\\n\"}")))
	require.Equal(t, "{   \"a\": \"b\\n\"}\n", out.String())
}
