package producer_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/enums"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// simulatedQueue is ScriptQueue:1 of the simulated observatory and its producer.
type simulatedQueue struct {
	t     *testing.T
	queue *sal.Remote
	out   *recorder
	start *queueHistory // what was sent before a test does anything
	began time.Time
}

// runSimulatedQueue runs both in a bubble while f runs.
func runSimulatedQueue(t *testing.T, layout producer.Layout, f func(*simulatedQueue)) {
	synctest.Test(t, func(t *testing.T) {
		d := sal.NewDomain(sim.NewBus(), sim.Definitions())
		o := sim.NewObservatory(d, sim.WithComponents("ScriptQueue:1"), sim.WithEmptyQueues())
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- o.Run(ctx) }()
		defer func() {
			stop()
			require.NoError(t, <-ended)
			require.NoError(t, d.Close())
		}()
		<-o.Ready()
		queue, err := d.Remote(ctx, "ScriptQueue", 1)
		require.NoError(t, err)
		p, err := producer.NewFactory(d, producer.WithStreamLayout(layout)).FromName(ctx, "ScriptQueue:1")
		require.NoError(t, err)
		q := &simulatedQueue{t: t, queue: queue, out: &recorder{}}
		defer start(t, p, q.out)()
		q.pass(time.Minute)
		q.start, q.began = q.history(), time.Now()
		f(q)
	})
}

func (q *simulatedQueue) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (q *simulatedQueue) command(name string, values sal.Values) {
	_, err := q.queue.Command(q.t.Context(), name, values, sal.WithTimeout(time.Minute))
	require.NoError(q.t, err)
}

// scriptEntry is a script in the streams of the queue.
type scriptEntry struct {
	Index       int
	Path, Type  string
	Process     string `json:"process_state"`
	Script      string `json:"script_state"`
	Description string
	Checkpoint  string  `json:"last_checkpoint"`
	Ended       float64 `json:"timestampProcessEnd"`
}

// queueState is the value of any of the streams of a queue's state; each has some of
// the members.
type queueState struct {
	Running        *bool
	Current        json.RawMessage // an entry, or "None"
	CurrentScripts []scriptEntry   `json:"current_scripts"`
	Waiting        []scriptEntry   `json:"waiting_scripts"`
	Finished       []scriptEntry   `json:"finished_scripts"`
	Available      []struct {
		Path   string
		Schema string `json:"configSchema"`
	} `json:"available_scripts"`
}

// queueHistory is what the streams showed of the queue and of its only script,
// without repetitions.
type queueHistory struct {
	running                        []bool
	places, processes, checkpoints []string
	last                           scriptEntry
	processTimes                   []time.Duration   // when the processes were sent, since the start
	schemas                        map[string]string // by path
}

// history returns what was sent since the last call.
func (q *simulatedQueue) history() *queueHistory {
	s := &queueHistory{schemas: map[string]string{}}
	for _, sent := range q.out.take() {
		m, err := love.ParseMessage([]byte(sent.msg))
		require.NoError(q.t, err)
		if m.Data[0].CSC != "ScriptQueueState" {
			continue
		}
		var d queueState
		require.NoError(q.t, json.Unmarshal(m.Data[0].Streams[0].Value, &d))
		s.take(q.t, d)
		if len(s.processTimes) < len(s.processes) {
			s.processTimes = append(s.processTimes, sent.at.Sub(q.began))
		}
	}
	return s
}

func (s *queueHistory) take(t *testing.T, d queueState) {
	if d.Running != nil {
		s.running = appendNew(s.running, *d.Running)
	}
	if len(d.Current) > 0 && d.Current[0] == '{' {
		d.CurrentScripts = make([]scriptEntry, 1)
		require.NoError(t, json.Unmarshal(d.Current, &d.CurrentScripts[0]))
	}
	for place, list := range map[string][]scriptEntry{"current": d.CurrentScripts, "waiting": d.Waiting, "finished": d.Finished} {
		for _, e := range list {
			s.places = appendNew(s.places, place)
			s.processes = appendNew(s.processes, e.Process)
			s.checkpoints = appendNew(s.checkpoints, e.Checkpoint)
			s.last = e
		}
	}
	for _, a := range d.Available {
		s.schemas[a.Path] = a.Schema
	}
}

// appendNew appends v to a list unless the list ends with it.
func appendNew[T comparable](list []T, v T) []T {
	if len(list) > 0 && list[len(list)-1] == v {
		return list
	}
	return append(list, v)
}

func TestASimulatedQueueShowsTheProgressOfItsScript(t *testing.T) {
	for _, layout := range []producer.Layout{producer.Split, producer.Single} {
		t.Run(layout.String(), func(t *testing.T) {
			runSimulatedQueue(t, layout, func(q *simulatedQueue) {
				q.command("pause", nil)
				q.command("add", sal.Values{"path": "engineering/elevation_steps.py", "config": "duration: 30", "location": int(enums.LocationLast)})
				q.pass(time.Minute)
				q.command("resume", nil)
				q.pass(time.Minute)

				s := q.history()
				require.Equal(q.t, []bool{false, true}, s.running)
				require.Equal(q.t, []string{"waiting", "current", "finished"}, s.places)
				require.Equal(q.t, []string{"UNKNOWN", "LOADING", "CONFIGURED", "RUNNING", "DONE"}, s.processes)
				require.Equal(q.t, []time.Duration{0, 0, 3 * time.Second, time.Minute, 101 * time.Second}, s.processTimes, "without delay")
				require.Equal(q.t, []string{"", "low", "middle", "high"}, s.checkpoints)
				require.Positive(q.t, s.last.Ended)
				s.last.Ended = 0
				require.Equal(q.t, scriptEntry{
					Index: 100001, Path: "engineering/elevation_steps.py", Type: "external", Process: "DONE", Script: "DONE",
					Description: "Step in elevation and look how it settles.", Checkpoint: "high",
				}, s.last)
			})
		})
	}
}

func TestASimulatedQueueShowsWhatItCouldRun(t *testing.T) {
	for _, layout := range []producer.Layout{producer.Split, producer.Single} {
		t.Run(layout.String(), func(t *testing.T) {
			runSimulatedQueue(t, layout, func(q *simulatedQueue) {
				require.Empty(q.t, q.start.places)
				require.True(q.t, q.start.running[len(q.start.running)-1])
				require.Len(q.t, q.start.schemas, 6)
				for path, schema := range q.start.schemas {
					asked := layout == producer.Single // only the older layout asks by default
					require.Equal(q.t, asked, schema != "", path)
				}
			})
		})
	}
}

func TestASimulatedQueueShowsThatAScriptWasStopped(t *testing.T) {
	for _, layout := range []producer.Layout{producer.Split, producer.Single} {
		t.Run(layout.String(), func(t *testing.T) {
			runSimulatedQueue(t, layout, func(q *simulatedQueue) {
				q.command("add", sal.Values{"path": "engineering/elevation_steps.py", "pauseCheckpoint": "middle", "location": int(enums.LocationLast)})
				q.pass(5 * time.Minute)
				waits := q.history()
				require.Equal(q.t, []string{"waiting", "current"}, waits.places)
				require.Equal(q.t, "PAUSED", waits.last.Script)
				require.Equal(q.t, "middle", waits.last.Checkpoint)

				indices := make([]int, 400)
				indices[0] = 100001
				q.command("stopScripts", sal.Values{"length": 1, "salIndices": indices, "terminate": false})
				q.pass(time.Minute)
				ended := q.history()
				require.Equal(q.t, []string{"current", "finished"}, ended.places)
				require.Equal(q.t, []string{"RUNNING", "DONE"}, ended.processes)
				require.Equal(q.t, "STOPPED", ended.last.Script)
			})
		})
	}
}
