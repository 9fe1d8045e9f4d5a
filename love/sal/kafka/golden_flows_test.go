package kafka_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// goldenFlows are recorded sequences of messages, as far as they concern the bus;
// package sal replays what does not depend on it.
type goldenFlows struct {
	Lifecycle *struct {
		Created []struct {
			Topic       string
			Partitions  int
			Replication int
			Config      map[string]string
		} `json:"created_topics"`
		Subjects []string `json:"registered_subjects"`
	} `json:"csc-lifecycle"`
	Indexed *struct {
		Log     []goldenError
		Readers []struct {
			Index   int
			History int `json:"max_history"`
		}
		Assigned []map[string]int64 `json:"assigned_offsets"`
		History  [][]int            `json:"history_delivered"`
		Current  []*int             `json:"current_after_history"`
		Live     [][]int            `json:"live_delivered"`
	} `json:"late-joiner-indexed"`
	NotIndexed *struct {
		Written []int
		Readers []struct {
			History   int `json:"max_history"`
			Delivered []int
		}
	} `json:"late-joiner-not-indexed"`
	Window *struct {
		Window  int `json:"max_history_read"`
		Written []goldenError
		Readers []struct {
			Index     int
			Assigned  map[string]int64
			Delivered []goldenError
		}
	} `json:"history-window"`
}

// goldenError is a sample of the event errorCode.
type goldenError struct {
	Index int `json:"salIndex"`
	Code  int `json:"errorCode"`
	Key   string
}

func TestGoldenFlows(t *testing.T) {
	goldenFiles(t, func(g goldenFlows) bool { return g != goldenFlows{} }, func(t *testing.T, g goldenFlows) {
		for name, test := range map[string]func(*testing.T, *sal.Definitions){
			"csc-lifecycle": g.lifecycle, "late-joiner-indexed": g.indexed,
			"late-joiner-not-indexed": g.notIndexed, "history-window": g.window,
		} {
			t.Run(name, func(t *testing.T) { test(t, goldenInterfaces(t)) })
		}
	})
}

func (g goldenFlows) lifecycle(t *testing.T, defs *sal.Definitions) {
	if g.Lifecycle == nil {
		t.Skip("the file of LOVE_GOLDEN has no recording of this flow")
	}
	k := newFakeKafka(t)
	config := k.config()
	config.SubName = "sal"
	bus := newBus(t, config, defs)
	d := sal.NewDomain(bus, defs)
	component := strings.Split(g.Lifecycle.Created[0].Topic, ".")[2]
	c, err := defs.Component(component)
	require.NoError(t, err)
	index := 0
	if c.Indexed {
		index = 1
	}
	_, err = d.Controller(withTimeout(t), component, index, sal.Partial())
	require.NoError(t, err)
	_, err = d.Remote(withTimeout(t), component, index)
	require.NoError(t, err)
	require.NoError(t, d.Close())

	for _, c := range g.Lifecycle.Created {
		created := k.TopicInfo(c.Topic)
		require.NotNil(t, created, c.Topic)
		require.Len(t, k.PartitionInfos(c.Topic), c.Partitions)
		require.Equal(t, c.Replication, created.NumReplicas)
		require.Len(t, created.Configs, len(c.Config))
		for name, value := range c.Config {
			require.Equal(t, value, *created.Configs[name])
		}
	}
	for _, subject := range g.Lifecycle.Subjects {
		require.True(t, k.registry.SubjectExists(subject), subject)
	}
}

// writers writes events of several instances, each with its own controller.
type writers struct {
	t         *testing.T
	domain    *sal.Domain
	component string
	byIndex   map[int]*sal.Controller
}

func (w *writers) write(e goldenError) {
	c := w.byIndex[e.Index]
	if c == nil {
		var err error
		c, err = w.domain.Controller(withTimeout(w.t), w.component, e.Index, sal.WriteOnly())
		require.NoError(w.t, err)
		w.byIndex[e.Index] = c
	}
	_, err := c.Write(withTimeout(w.t), "evt_errorCode", sal.Values{"errorCode": e.Code}, sal.Force())
	require.NoError(w.t, err)
}

// errorCodes collects the error codes that a callback is called with.
func errorCodes(t *testing.T, r *sal.Remote) chan int {
	codes := make(chan int, 1000)
	_, err := r.Subscribe("evt_errorCode", func(s *sal.Sample) { codes <- int(s.Int("errorCode")) })
	require.NoError(t, err)
	return codes
}

func next(t *testing.T, codes chan int, n int) []int {
	got := []int{}
	for range n {
		select {
		case code := <-codes:
			got = append(got, code)
		case <-withTimeout(t).Done():
			require.FailNow(t, "a sample did not arrive", "had %v", got)
		}
	}
	return got
}

func (g goldenFlows) indexed(t *testing.T, defs *sal.Definitions) {
	if g.Indexed == nil {
		t.Skip("the file of LOVE_GOLDEN has no recording of this flow")
	}
	var key struct{ Name string }
	require.NoError(t, json.Unmarshal([]byte(g.Indexed.Log[0].Key), &key))
	k := newFakeKafka(t)
	out := writers{t, k.domain(t, defs), key.Name, map[int]*sal.Controller{}}
	before := int64(0) // the reader without history begins where it ended
	for _, offsets := range g.Indexed.Assigned {
		for _, offset := range offsets {
			before = max(before, offset)
		}
	}
	for _, e := range g.Indexed.Log[:before] {
		out.write(e)
	}
	in := k.domain(t, defs)
	var got []chan int
	for i, reader := range g.Indexed.Readers {
		options := []sal.RemoteOption{sal.ReadOnly(), sal.WithTopics("errorCode")}
		if reader.History == 0 {
			options = append(options, sal.WithHistory(0))
		}
		r, err := in.Remote(withTimeout(t), key.Name, reader.Index, options...)
		require.NoError(t, err)
		s, ok := r.Latest("evt_errorCode")
		require.Equal(t, g.Indexed.Current[i] != nil, ok)
		if ok {
			require.EqualValues(t, *g.Indexed.Current[i], s.Int("errorCode"))
		}
		got = append(got, errorCodes(t, r))
		require.Equal(t, g.Indexed.History[i], next(t, got[i], len(g.Indexed.History[i])))
	}
	for _, e := range g.Indexed.Log[before:] {
		out.write(e)
	}
	for i, live := range g.Indexed.Live {
		require.Equal(t, live, next(t, got[i], len(live)))
		require.Empty(t, got[i])
	}
}

func (g goldenFlows) notIndexed(t *testing.T, defs *sal.Definitions) {
	if g.NotIndexed == nil {
		t.Skip("the file of LOVE_GOLDEN has no recording of this flow")
	}
	k := newFakeKafka(t)
	out := writers{t, k.domain(t, defs), plainComponent(t, defs), map[int]*sal.Controller{}}
	for _, code := range g.NotIndexed.Written {
		out.write(goldenError{Code: code})
	}
	for _, reader := range g.NotIndexed.Readers {
		options := []sal.RemoteOption{sal.ReadOnly(), sal.WithTopics("errorCode")}
		if reader.History == 0 {
			options = append(options, sal.WithHistory(0))
		}
		r, err := k.domain(t, defs).Remote(withTimeout(t), out.component, 0, options...)
		require.NoError(t, err)
		codes := errorCodes(t, r)
		require.Equal(t, append([]int{}, reader.Delivered...), next(t, codes, len(reader.Delivered)))
		require.Empty(t, codes)
	}
}

// plainComponent returns a component that is not indexed and has the event errorCode.
func plainComponent(t *testing.T, defs *sal.Definitions) string {
	for _, name := range defs.Names() {
		if c, err := defs.Component(name); err == nil && !c.Indexed && slices.Contains(c.Names(sal.Event), "errorCode") {
			return name
		}
	}
	t.Skip("LOVE_SAL_INTERFACES has no component without an index that writes errorCode")
	return ""
}

func (g goldenFlows) window(t *testing.T, defs *sal.Definitions) {
	if g.Window == nil {
		t.Skip("the file of LOVE_GOLDEN has no recording of this flow")
	}
	var component string
	for name := range g.Window.Readers[0].Assigned {
		component = strings.Split(name, ".")[2]
	}
	k := newFakeKafka(t)
	out := writers{t, k.domain(t, defs), component, map[int]*sal.Controller{}}
	for _, e := range g.Window.Written {
		out.write(e)
	}
	config := k.config()
	config.HistoryOf = map[string]int{component: g.Window.Window}
	bus := newBus(t, config, defs)
	d := sal.NewDomain(bus, defs)
	defer func() { require.NoError(t, d.Close()) }()
	for _, reader := range g.Window.Readers {
		r, err := d.Remote(withTimeout(t), component, reader.Index, sal.ReadOnly(), sal.WithTopics("errorCode"))
		require.NoError(t, err)
		want := []int{}
		for _, e := range reader.Delivered {
			want = append(want, e.Code)
		}
		codes := errorCodes(t, r)
		require.Equal(t, want, next(t, codes, len(want)))
		require.Empty(t, codes)
	}
}
