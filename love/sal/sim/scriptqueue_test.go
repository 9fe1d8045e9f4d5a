package sim_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
)

const (
	quick  = "engineering/elevation_steps.py"
	broken = "engineering/broken_sensor.py"
)

// queue is a ScriptQueue and the states of its scripts.
type queue struct {
	*sal.Remote
	scripts *sal.Remote
	t       *testing.T
	mu      sync.Mutex
	process map[int64][]enums.ScriptProcessState // of each script, in order
	state   map[int64][]enums.ScriptState
}

func (q *queue) processes(index int64) []enums.ScriptProcessState {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.process[index]
}

func (q *queue) states(index int64) []enums.ScriptState {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.state[index]
}

func newQueue(t *testing.T, ctx context.Context, d *sal.Domain) *queue {
	q := &queue{
		Remote: remote(t, ctx, d, "ScriptQueue", 1), scripts: remote(t, ctx, d, "Script", 0), t: t,
		process: map[int64][]enums.ScriptProcessState{}, state: map[int64][]enums.ScriptState{},
	}
	_, err := q.Subscribe("evt_script", func(s *sal.Sample) {
		q.mu.Lock()
		defer q.mu.Unlock()
		i, p := s.Int("scriptSalIndex"), enums.ScriptProcessState(s.Int("processState"))
		if n := len(q.process[i]); p != enums.ProcessUnknown && (n == 0 || q.process[i][n-1] != p) {
			q.process[i] = append(q.process[i], p)
		}
	})
	require.NoError(t, err)
	_, err = q.scripts.Subscribe("evt_state", func(s *sal.Sample) {
		q.mu.Lock()
		defer q.mu.Unlock()
		i, p := int64(s.Index()), enums.ScriptState(s.Int("state"))
		if n := len(q.state[i]); n == 0 || q.state[i][n-1] != p {
			q.state[i] = append(q.state[i], p)
		}
	})
	require.NoError(t, err)
	return q
}

func last[T any](list []T) T { return list[len(list)-1] }

func (q *queue) add(path, config string, more sal.Values) string {
	values := sal.Values{"path": path, "config": config, "location": int(enums.LocationLast)}
	for k, v := range more {
		values[k] = v
	}
	return do(q.t, q.Remote, "add", values)
}

func (q *queue) rows() (current int64, waiting, past []int64) {
	pass(0)
	s, ok := q.Latest("evt_queue")
	require.True(q.t, ok)
	return s.Int("currentSalIndex"), s.Ints("salIndices")[:s.Int("length")], s.Ints("pastSalIndices")[:s.Int("pastLength")]
}

func TestScriptsRunOneAfterAnother(t *testing.T) {
	runObservatory(t, only("ScriptQueue:1"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		q := newQueue(t, ctx, d)
		require.Equal(t, "100001", q.add(quick, "duration: 30", nil), "the answer is the index")
		require.Equal(t, "100002", q.add(quick, "", nil))
		pass(10 * time.Second)
		current, waiting, past := q.rows()
		require.EqualValues(t, 100001, current)
		require.Equal(t, []int64{100002}, waiting)
		require.Empty(t, past)
		pass(time.Minute)
		current, waiting, past = q.rows()
		require.EqualValues(t, 100002, current)
		require.Empty(t, waiting)
		require.Equal(t, []int64{100001}, past)
		pass(5 * time.Minute)
		_, _, past = q.rows()
		require.Equal(t, []int64{100002, 100001}, past, "the newest first")
		require.Equal(t, []enums.ScriptProcessState{enums.ProcessLoading, enums.ProcessConfigured, enums.ProcessRunning, enums.ProcessDone}, q.processes(100001))
		require.Equal(t, []enums.ScriptState{enums.ScriptUnconfigured, enums.ScriptConfigured, enums.ScriptRunning, enums.ScriptEnding, enums.ScriptDone}, q.states(100001))
		script, _ := q.Latest("evt_script")
		require.Less(t, script.Float("timestampRunStart"), script.Float("timestampProcessEnd"))
		state, _ := q.scripts.Latest("evt_state")
		require.Equal(t, "high", state.Text("lastCheckpoint"))
		metadata, _ := remote(t, ctx, d, "Script", 100002).Latest("evt_metadata")
		require.Equal(t, 120.0, metadata.Float("duration"))
	})
}

func TestFailedScriptsReportIt(t *testing.T) {
	runObservatory(t, only("ScriptQueue:1"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		q := newQueue(t, ctx, d)
		q.add(broken, "", nil)
		q.add(quick, "duration: many", nil)
		q.add(quick, "colour: red", nil)
		q.add(quick, "", sal.Values{"pauseCheckpoint": "("})
		pass(5 * time.Minute)
		require.Equal(t, []enums.ScriptState{enums.ScriptUnconfigured, enums.ScriptConfigured, enums.ScriptRunning, enums.ScriptFailing, enums.ScriptFailed}, q.states(100001))
		for _, index := range []int64{100002, 100003, 100004} {
			require.Equal(t, []enums.ScriptProcessState{enums.ProcessLoading, enums.ProcessConfigureFailed}, q.processes(index))
			require.Equal(t, []enums.ScriptState{enums.ScriptUnconfigured, enums.ScriptConfigureFailed}, q.states(index))
		}
		current, waiting, past := q.rows()
		require.Zero(t, current)
		require.Empty(t, waiting)
		require.Len(t, past, 4)
	})
}

func TestScriptPausesAndStopsAtCheckpoints(t *testing.T) {
	runObservatory(t, only("ScriptQueue:1"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		q := newQueue(t, ctx, d)
		q.add(quick, "", sal.Values{"pauseCheckpoint": "low", "stopCheckpoint": "hi.*"})
		pass(time.Hour)
		script := remote(t, ctx, d, "Script", 100001)
		state, _ := script.Latest("evt_state")
		require.EqualValues(t, enums.ScriptPaused, state.Int("state"))
		require.Equal(t, "low", state.Text("lastCheckpoint"))
		do(t, script, "setGroupId", sal.Values{"groupId": "g1"})
		do(t, script, "resume", nil)
		refused(t, script, "resume is not allowed in state RUNNING", "resume", nil)
		pass(10 * time.Minute)
		state, _ = script.Latest("evt_state")
		require.EqualValues(t, enums.ScriptStopped, state.Int("state"))
		require.Equal(t, "stopped at checkpoint high", state.Text("reason"))
		require.Equal(t, "g1", state.Text("groupId"))
	})
}

func TestQueueIsRearrangedByCommands(t *testing.T) {
	runObservatory(t, only("ScriptQueue:1"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		q := newQueue(t, ctx, d)
		do(t, q.Remote, "pause", nil)
		for range 3 {
			q.add(quick, "", nil)
		}
		q.add(quick, "", sal.Values{"location": int(enums.LocationFirst)})
		q.add(quick, "", sal.Values{"location": int(enums.LocationBefore), "locationSalIndex": 100002})
		_, waiting, _ := q.rows()
		require.Equal(t, []int64{100004, 100001, 100005, 100002, 100003}, waiting)
		do(t, q.Remote, "move", sal.Values{"scriptSalIndex": 100004, "location": int(enums.LocationAfter), "locationSalIndex": 100003})
		require.Equal(t, "100006", do(t, q.Remote, "requeue", sal.Values{"scriptSalIndex": 100001, "location": int(enums.LocationLast)}))
		_, waiting, _ = q.rows()
		require.Equal(t, []int64{100001, 100005, 100002, 100003, 100004, 100006}, waiting)
		pass(time.Minute)
		current, _, _ := q.rows()
		require.Zero(t, current, "paused")

		stop := make([]int, 400)
		copy(stop, []int{100005, 100002, 999})
		do(t, q.Remote, "stopScripts", sal.Values{"salIndices": stop, "length": 3})
		_, waiting, past := q.rows()
		require.Equal(t, []int64{100001, 100003, 100004, 100006}, waiting)
		require.ElementsMatch(t, []int64{100005, 100002}, past)
		require.Equal(t, enums.ProcessTerminated, last(q.processes(100002)))

		do(t, q.Remote, "resume", nil)
		pass(30 * time.Second)
		current, _, _ = q.rows()
		require.EqualValues(t, 100001, current)
		copy(stop, []int{100001, 0})
		do(t, q.Remote, "stopScripts", sal.Values{"salIndices": stop, "length": 1})
		pass(10 * time.Second)
		require.Equal(t, enums.ScriptStopped, last(q.states(100001)))
		copy(stop, []int{100003})
		do(t, q.Remote, "stopScripts", sal.Values{"salIndices": stop, "length": 1, "terminate": true})
		require.Equal(t, enums.ProcessTerminated, last(q.processes(100003)))
	})
}

func TestStartingScriptIsStoppedAtOnce(t *testing.T) {
	for name, terminate := range map[string]bool{"stopped": false, "terminated": true} {
		t.Run(name, func(t *testing.T) {
			runObservatory(t, only("ScriptQueue:1"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
				q := newQueue(t, ctx, d)
				q.add(quick, "", nil)
				q.add(quick, "", nil)
				pass(100 * time.Millisecond)
				stop := make([]int, 400)
				stop[0] = 100001
				do(t, q.Remote, "stopScripts", sal.Values{"salIndices": stop, "length": 1, "terminate": terminate})
				require.Equal(t, []enums.ScriptProcessState{enums.ProcessLoading, enums.ProcessTerminated}, q.processes(100001))
				_, waiting, past := q.rows()
				require.Equal(t, []int64{100002}, waiting)
				require.Equal(t, []int64{100001}, past)
				pass(10 * time.Second)
				require.Empty(t, q.states(100001), "it never wrote anything")
				current, _, _ := q.rows()
				require.EqualValues(t, 100002, current, "the next one runs")
			})
		})
	}
}

func TestQueueExecutesItsShowCommands(t *testing.T) {
	runObservatory(t, only("ScriptQueue:1"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		q := newQueue(t, ctx, d)
		q.add(quick, "", nil)
		for command, event := range map[string]string{"showQueue": "evt_queue", "showAvailableScripts": "evt_availableScripts"} {
			before := number(t, q.Remote, event, "private_seqNum")
			do(t, q.Remote, command, nil)
			require.Equal(t, before+1, number(t, q.Remote, event, "private_seqNum"))
		}
		do(t, q.Remote, "showScript", sal.Values{"scriptSalIndex": 100001})
		do(t, q.Remote, "showSchema", sal.Values{"path": quick})
		schema, _ := q.Latest("evt_configSchema")
		require.Contains(t, schema.Text("configSchema"), "fail_at")
		available, _ := q.Latest("evt_availableScripts")
		require.Contains(t, available.Text("external"), quick)
	})
}

func TestQueueRefusesImpossibleCommands(t *testing.T) {
	runObservatory(t, only("ScriptQueue:1"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		q := newQueue(t, ctx, d)
		for _, c := range []struct {
			want, command string
			values        sal.Values
		}{
			{`there is no external script "x.py"`, "add", sal.Values{"path": "x.py"}},
			{"there is no standard script", "showSchema", sal.Values{"path": quick, "isStandard": true}},
			{"location=0 is not a location", "add", sal.Values{"path": quick}},
			{"no script 5 waits, so none can be put BEFORE it", "add", sal.Values{"path": quick, "location": 3, "locationSalIndex": 5}},
			{"no script 5 waits", "move", sal.Values{"scriptSalIndex": 5}},
			{"the queue has no script 5", "requeue", sal.Values{"scriptSalIndex": 5}},
			{"the queue has no script 5", "showScript", sal.Values{"scriptSalIndex": 5}},
			{"length=0 is not in the range 1 to 400", "stopScripts", nil},
		} {
			refused(t, q.Remote, c.want, c.command, c.values)
		}
		do(t, q.Remote, "disable", nil)
		refused(t, q.Remote, "Not allowed in state=<State.DISABLED: 1>", "showQueue", nil)
		require.Zero(t, number(t, q.Remote, "evt_queue", "enabled"))
	})
}
