package scriptqueue_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/producer/internal/scriptqueue"
	"github.com/rubin-love/love-go/love/sal"
)

// world makes samples and holds a state.
type world struct {
	t     *testing.T
	defs  *sal.Definitions
	state *scriptqueue.State
}

func newWorld(t *testing.T, limit int) *world {
	field := func(name string, typ sal.Type) sal.Field { return sal.Field{Name: name, Type: typ} }
	list := func(name string) sal.Field { return sal.Field{Name: name, Type: sal.Int, Count: 5} }
	event := func(name string, fields ...sal.Field) *sal.Topic {
		return &sal.Topic{Kind: sal.Event, Name: name, Fields: fields}
	}
	defs, err := sal.Define(
		&sal.Component{Name: "ScriptQueue", Indexed: true, Topics: []*sal.Topic{
			event("queue", field("enabled", sal.Boolean), field("running", sal.Boolean), field("currentSalIndex", sal.Int),
				field("length", sal.Int), list("salIndices"), field("pastLength", sal.Int), list("pastSalIndices")),
			event("script", field("scriptSalIndex", sal.Int), field("isStandard", sal.Boolean), field("path", sal.String),
				field("processState", sal.Int), field("scriptState", sal.Int), field("timestampProcessStart", sal.Double)),
			event("availableScripts", field("standard", sal.String), field("external", sal.String)),
			event("configSchema", field("isStandard", sal.Boolean), field("path", sal.String), field("configSchema", sal.String)),
		}},
		&sal.Component{Name: "Script", Indexed: true, Topics: []*sal.Topic{
			event("metadata", field("duration", sal.Double)),
			event("state", field("state", sal.Int), field("lastCheckpoint", sal.String)),
			event("description", field("description", sal.String), field("classname", sal.String), field("remotes", sal.String)),
			event("checkpoints", field("pause", sal.String), field("stop", sal.String)),
			event("logLevel", field("level", sal.Int)),
			event("logMessage", field("message", sal.String)),
			event("other"),
		}},
	)
	require.NoError(t, err)
	w := &world{t: t, defs: defs}
	w.state = scriptqueue.New(limit, func(s *sal.Sample) []byte { return []byte(s.Text("message")) })
	return w
}

func (w *world) sample(component, event string, values sal.Values) *sal.Sample {
	c, err := w.defs.Component(component)
	require.NoError(w.t, err)
	topic, ok := c.Topic("evt_" + event)
	require.True(w.t, ok)
	s, err := sal.NewSample(topic, values)
	require.NoError(w.t, err)
	return s
}

func (w *world) queue(current int, waiting, finished []int) scriptqueue.Changes {
	indices := func(list []int) []int { return append(list, make([]int, 5-len(list))...) }
	return w.state.ApplyQueue(w.sample("ScriptQueue", "queue", sal.Values{
		"salIndex": 1, "enabled": true, "running": true, "currentSalIndex": current,
		"length": len(waiting), "salIndices": indices(waiting), "pastLength": len(finished), "pastSalIndices": indices(finished),
	}))
}

func (w *world) script(index int, values sal.Values) scriptqueue.Changes {
	values["salIndex"], values["scriptSalIndex"] = 1, index
	return w.state.ApplyScript(w.sample("ScriptQueue", "script", values))
}

func (w *world) scriptEvent(index int, event string, values sal.Values) *sal.Sample {
	values["salIndex"] = index
	return w.sample("Script", event, values)
}

func (w *world) describe(index int, text string) scriptqueue.Changes {
	return w.state.ApplyScriptEvent(w.scriptEvent(index, "description", sal.Values{"description": text}))
}

func (w *world) log(index int, text string) (item string, send bool) {
	raw, send := w.state.AddLog(w.scriptEvent(index, "logMessage", sal.Values{"message": text}))
	return string(raw), send
}

// stream returns the item of a stream.
func (w *world) stream(name string) string {
	for _, s := range append(scriptqueue.SplitStreams(), scriptqueue.SingleStream()) {
		if s.Name == name {
			return string(s.AppendItem(nil, w.state, 3))
		}
	}
	w.t.Fatalf("no stream %s", name)
	return ""
}

// started returns a state that has begun, with a running, a waiting and a finished
// script.
func started(t *testing.T) *world {
	w := newWorld(t, 10)
	require.Zero(t, w.state.Start())
	require.Equal(t, scriptqueue.Flags|scriptqueue.Scripts, w.queue(1, []int{2}, []int{3}))
	return w
}

func TestTheQueueDecidesWhichScriptsThereAre(t *testing.T) {
	w := started(t)
	require.Equal(t, scriptqueue.Scripts, w.script(7, sal.Values{"path": "early.py"}), "a script can come before the queue lists it")
	w.queue(0, []int{7, 1}, nil)
	scripts := w.stream("scriptsStream")
	require.Contains(t, scripts, `"current_scripts":[],"waiting_scripts":[{"remote":null,"setup":true,"index":7,"path":"early.py"`)
	require.NotContains(t, scripts, `"index":3`)
	w.queue(0, []int{3}, nil)
	require.Contains(t, w.stream("scriptsStream"), `"index":3,"path":"UNKNOWN"`, "its earlier data is forgotten")
}

func TestTheListOfFinishedScriptsIsLimited(t *testing.T) {
	for limit, want := range map[int]int{-1: 4, 0: 0, 2: 2, 9: 4} {
		w := newWorld(t, limit)
		w.queue(0, nil, []int{1, 2, 3, 4})
		require.Equal(t, want, strings.Count(w.stream("scriptsStream"), `"index":`), limit)
	}
}

func TestEntriesShowTheEventsOfQueueAndScript(t *testing.T) {
	w := started(t)
	w.script(1, sal.Values{"isStandard": true, "path": "a.py", "processState": 3, "scriptState": 3, "timestampProcessStart": 1.5})
	for event, values := range map[string]sal.Values{
		"metadata":    {"duration": 12.5},
		"state":       {"state": 4, "lastCheckpoint": "here"},
		"description": {"description": "d", "classname": "c", "remotes": "r"},
		"checkpoints": {"pause": "p", "stop": "s"},
		"logLevel":    {"level": 10},
	} {
		require.Equal(t, scriptqueue.Scripts, w.state.ApplyScriptEvent(w.scriptEvent(1, event, values)), event)
	}
	require.Zero(t, w.state.ApplyScriptEvent(w.scriptEvent(1, "other", sal.Values{})))
	require.Zero(t, w.describe(99, "of another queue"))
	require.Contains(t, w.stream("scriptsStream"), `[{"remote":null,"setup":true,"index":1,"path":"a.py","type":"standard",`+
		`"process_state":"RUNNING","script_state":"PAUSED","timestampConfigureEnd":0.0,"timestampConfigureStart":0.0,`+
		`"timestampProcessEnd":0.0,"timestampProcessStart":1.5,"timestampRunStart":0.0,"expected_duration":12.5,`+
		`"last_checkpoint":"here","description":"d","classname":"c","remotes":"r","last_heartbeat_timestamp":0,"lost_heartbeats":0,`+
		`"pause_checkpoints":"p","stop_checkpoints":"s","log_level":10}]`)
}

func TestUnknownNumbersOfStatesAreUnknownStates(t *testing.T) { // Q-ENUM
	w := started(t)
	w.script(1, sal.Values{"path": "a.py", "processState": 99, "scriptState": -1})
	require.Contains(t, w.stream("scriptsStream"), `"process_state":"UNKNOWN","script_state":"UNKNOWN"`)
}

func TestEventsOfScriptsFromBeforeTheStartWaitForTheQueue(t *testing.T) { // Q-HIST
	for _, startFirst := range []bool{true, false} {
		w := newWorld(t, 10)
		require.Zero(t, w.describe(1, "first"))
		require.Zero(t, w.describe(99, "of another queue"))
		item, send := w.log(1, "kept")
		require.Empty(t, item)
		require.False(t, send)
		if startFirst {
			require.Zero(t, w.state.Start())
			w.queue(1, nil, nil)
		} else {
			w.queue(1, nil, nil)
			require.Equal(t, scriptqueue.Scripts, w.state.Start())
		}
		require.Contains(t, w.stream("scriptsStream"), `"description":"first"`)
		require.Equal(t, []scriptqueue.Log{{Script: 1, Item: []byte("kept")}}, w.state.Logs())
	}
}

func TestLogMessagesAreSentForScriptsThatRunOrWait(t *testing.T) {
	w := started(t)
	for index, sent := range map[int]bool{1: true, 2: true, 3: false, 99: false} {
		_, send := w.log(index, "text")
		require.Equal(t, sent, send, index)
	}
}

func TestTheNewestTwentyLogMessagesOfTheRunningScriptAreKept(t *testing.T) {
	w := started(t)
	for n := range 25 {
		w.log(1, fmt.Sprint(n))
		w.log(2, "of the waiting one")
	}
	logs := w.state.Logs()
	require.Len(t, logs, 20)
	require.Equal(t, "5", string(logs[0].Item))
	require.Equal(t, "24", string(logs[19].Item))
}

func TestHeartbeatsAreLostAfterSevenSeconds(t *testing.T) {
	w := newWorld(t, 10)
	w.queue(1, []int{2}, []int{3})
	now := time.Unix(1700000000, 0)
	w.state.Beat(1, now) // before the start: no sign of life
	w.state.Start()
	require.Equal(t, []scriptqueue.Heartbeat{{Script: 1, Lost: 1}, {Script: 2, Lost: 1}}, w.state.CheckBeats(now))
	w.state.Beat(1, now)
	w.state.Beat(99, now)
	beats := w.state.CheckBeats(now.Add(7 * time.Second))
	require.Equal(t, []scriptqueue.Heartbeat{{Script: 1, Last: now}, {Script: 2, Lost: 2}}, beats)
	require.Equal(t, scriptqueue.Heartbeat{Script: 1, Lost: 1, Last: now}, w.state.CheckBeats(now.Add(7*time.Second + 1))[0])
	require.Equal(t, `{"csc":"ScriptHeartbeats","salindex":3,"data":{"stream":{"script_heartbeat":{"salindex":1,"lost":0,"last_heartbeat_timestamp":1700000000.0}}}}`,
		string(beats[0].AppendItem(nil, 3)))
	require.Contains(t, string(beats[1].AppendItem(nil, 3)), `"last_heartbeat_timestamp":-1.0`)
}

func TestAvailableScriptsKeepSchemasAndOrder(t *testing.T) { // Q-AVAIL
	w := newWorld(t, 10)
	available := func(standard, external string) {
		require.Equal(t, scriptqueue.Available,
			w.state.ApplyAvailable(w.sample("ScriptQueue", "availableScripts", sal.Values{"salIndex": 1, "standard": standard, "external": external})))
	}
	schema := func(standard bool, path, text string) {
		require.Equal(t, scriptqueue.Available,
			w.state.ApplySchema(w.sample("ScriptQueue", "configSchema", sal.Values{"salIndex": 1, "isStandard": standard, "path": path, "configSchema": text})))
	}
	available("a.py:b.py", "")
	schema(true, "b.py", "of b")
	schema(false, "x.py", "")
	available(":c.py:b.py:", "x.py")
	require.Equal(t, []scriptqueue.Path{{Standard: true, Path: "b.py"}, {Standard: true, Path: "c.py"}, {Standard: false, Path: "x.py"}}, w.state.Paths())
	require.Equal(t, `{"csc":"ScriptQueueState","salindex":3,"data":{"availableScriptsStream":{"available_scripts":[`+
		`{"type":"standard","path":"b.py","configSchema":"of b"},{"type":"standard","path":"c.py","configSchema":""},`+
		`{"type":"external","path":"x.py","configSchema":"# empty schema"}]}}}`, w.stream("availableScriptsStream"))
}

func TestOneStreamShowsTheWholeState(t *testing.T) {
	w := newWorld(t, -1)
	require.Equal(t, `{"csc":"ScriptQueueState","salindex":3,"data":{"stream":{"enabled":false,"running":false,"available_scripts":[],`+
		`"waitingIndices":[],"finishedIndices":[],"currentIndex":0,"current":"None","finished_scripts":[],"waiting_scripts":[]}}}`, w.stream("stream"))
	w.queue(1, []int{2, 3}, nil)
	whole := w.stream("stream")
	require.Contains(t, whole, `"waitingIndices":[2,3],"finishedIndices":[],"currentIndex":1,"current":{"remote":null,"setup":true,"index":1,`)
	require.Equal(t, `{"csc":"ScriptQueueState","salindex":3,"data":{"stateStream":{"enabled":true,"running":true}}}`, w.stream("stateStream"))
}
