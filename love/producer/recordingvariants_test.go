package producer_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// variant writes a changed copy of one of our recordings, under the same name.
func variant(t *testing.T, kind, name string, change func(map[string]any)) (file string) {
	text, err := os.ReadFile(filepath.Join(ownGolden, kind, name+".json"))
	require.NoError(t, err)
	recording := decode(t, string(text)).(map[string]any)
	change(recording)
	text, err = json.Marshal(recording)
	require.NoError(t, err)
	file = filepath.Join(t.TempDir(), name+".json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

// What is known of our recordings is not expected of others.
func TestAChangedRecordingIsComparedWithTheRulesOnly(t *testing.T) {
	for name := range fixedStates {
		t.Run(name, func(t *testing.T) {
			tr := readRecording(t, variant(t, "producer", name, func(r map[string]any) {
				steps := r["steps"].([]any)
				r["steps"] = steps[:2]
			}))
			tr.fix(t, name)
			require.True(t, tr.ignoreState)
			synctest.Test(t, func(t *testing.T) { replay(t, tr) })
		})
	}
}

// Recordings may begin before the time at which a bubble begins.
func TestARecordingFromBeforeTheBubblesTimeIsReplayed(t *testing.T) {
	const earlier = 2e9
	for _, name := range []string{"csc_heartbeat_lost_regained", "csc_test_telemetry", "sq_script_heartbeats"} {
		t.Run(name, func(t *testing.T) {
			tr := readRecording(t, filepath.Join(ownGolden, "producer", name+".json"))
			tr.Clock.Epoch -= earlier
			for i := range tr.Steps {
				for n, e := range tr.Steps[i].Expect {
					tr.Steps[i].Expect[n] = moved(t, e, earlier)
				}
			}
			synctest.Test(t, func(t *testing.T) { replay(t, tr) })
		})
	}
}

// moved returns a message with the clock's times so many seconds earlier.
func moved(t *testing.T, msg json.RawMessage, by float64) json.RawMessage {
	m := decode(t, string(msg))
	var move func(v any)
	move = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			for name, value := range x {
				n, ok := value.(json.Number)
				if f, err := n.Float64(); ok && err == nil && f > 0 && (name == "producer_snd" || name == "last_heartbeat_timestamp") {
					x[name] = f - by
				}
				move(value)
			}
		case []any:
			for _, value := range x {
				move(value)
			}
		}
	}
	move(m)
	out, err := json.Marshal(m)
	require.NoError(t, err)
	return out
}

func TestAChangedRecordingOfAClientIsComparedWithTheRulesOnly(t *testing.T) {
	file := variant(t, "producer_extra", "client_close", func(r map[string]any) {
		r["components"] = []string{"ATDome", "ScriptQueue:1", "Script", "Watcher"}
		event := func(topic string, data map[string]any) map[string]any {
			return map[string]any{"component": "ATDome", "topic": topic, "data": data}
		}
		var steps []any
		for _, in := range []map[string]any{
			{"start_client": true, "server": "accept"},
			event("evt_summaryState", map[string]any{"private_seqNum": 7, "summaryState": 2}),
			event("evt_summaryState", map[string]any{"private_seqNum": 8, "summaryState": 3}),
			event("evt_heartbeat", map[string]any{"private_seqNum": 9}),
			{"receive_text": ""}, {"receive_text": "no"},
			{"server_closes": true}, {"advance_seconds": 5.0},
			{"close": true}, {"close": true}, {"advance_seconds": 1.0},
		} {
			steps = append(steps, map[string]any{"input": in})
		}
		r["steps"] = steps
	})
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) { replayClient(t, text, strings.TrimSuffix(file, ".json")) })
}

func TestRequestsAtWhichTheReferenceFailsAreJudgedOneByOne(t *testing.T) {
	steps := []string{`{"input":{"asynchronous":{"name":"state","v":1}},"expect":[{"category":"event","data":[{"name":"state","v":1}],"producer_snd":-100.0}],"expect_at":[0.0]}`}
	for _, object := range []string{"null", "7", "[]", `"text"`} {
		steps = append(steps, `{"input":{"asynchronous":`+object+`},"expect":[],"expect_at":[]}`)
	}
	for _, request := range []string{
		`{"category":"initial_state","data":[{"csc":"Rack","salindex":4,"data":{"event_name":"state"}}]}`,
		`{"category":"initial_state","data":[{"csc":"Rack","salindex":4,"data":{"event_name":"unknown"}}]}`,
		`{"category":"initial_state","data":[{"csc":"Other","salindex":4,"data":{"event_name":"state"}}]}`,
		`{"category":"initial_state","data":[{"csc":"Rack","salindex":4,"data":{}}]}`,
		`{"category":"initial_state","data":[]}`, `{"category":"initial_state"}`,
		`{"category":"event","data":[{"csc":"Rack","salindex":4,"data":{"event_name":"state"}}]}`,
	} {
		steps = append(steps, `{"input":{"initial_state":`+request+`},"expect":[],"expect_at":[],"reference_raises":"KeyError"}`)
	}
	synctest.Test(t, func(t *testing.T) {
		replayBase(t, []byte(`{"clock":{"epoch":-100.0},"component":"Rack:4","steps":[`+strings.Join(steps, ",")+`]}`))
	})
}

func TestSelectionsThatFailNeedNoDescriptionOfTheirComponent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replayFactory(t, []byte(`{"from_name":[{"name":"Watcher:3","error":"ValueError"},{"name":"MTMount:1","error":"ValueError"},
			{"name":"MTHexapod:*","error":"WildcardIndexError"},
			{"name":"ATPtg","type":"base","component_name":"ATPtg","salindex":null,"indexed":null}],
			"from_type":[{"type":"csc","arguments":{"csc":"ATDome","salindex":1},"error":"ValueError"},
			{"type":"csc","arguments":{"csc":"MTHexapod"},"created":"CSC","component_name":"MTHexapod"}]}`))
	})
}
