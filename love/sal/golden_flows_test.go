package sal_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// goldenReplays repeat recorded behaviour on the bus in memory.
var goldenReplays = map[string]func(t *testing.T, flow []byte){
	"acks":                    replayAcks,
	"csc-lifecycle":           replayLifecycle,
	"history-window":          replayHistoryWindow,
	"late-joiner-indexed":     replayLateJoiners,
	"late-joiner-not-indexed": replayLateJoinersWithoutIndex,
	"love-controller":         replayWriter,
	"out-of-order":            replayOutOfOrder,
	"read-methods":            replayReadMethods,
}

func goldenFlows(t *testing.T, text []byte) {
	var flows map[string]json.RawMessage
	decode(t, text, &flows)
	for name, flow := range flows {
		if replay := goldenReplays[name]; replay != nil {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { replay(t, flow) })
			})
		}
	}
}

// flowInterfaces returns the components that most flows are about; only the topics
// matter.
func flowInterfaces(t *testing.T) *sal.Definitions {
	topics := []*sal.Topic{
		{Kind: sal.Event, Name: "errorCode", Fields: []sal.Field{{Name: "errorCode", Type: sal.Long}}},
		{Kind: sal.Event, Name: "value", Fields: []sal.Field{{Name: "value", Type: sal.Double}}},
		{Kind: sal.Telemetry, Name: "value", Fields: []sal.Field{{Name: "value", Type: sal.Double}}},
		{Kind: sal.Command, Name: "value", Fields: []sal.Field{{Name: "value", Type: sal.Double}}},
	}
	defs, err := sal.Define(
		&sal.Component{Name: "Indexed", Indexed: true, Topics: topics},
		&sal.Component{Name: "Single", Topics: topics},
	)
	require.NoError(t, err)
	return defs
}

// flowDomain returns a domain that is closed with the test.
func flowDomain(t *testing.T, bus sal.Bus, defs *sal.Definitions, opts ...sal.DomainOption) *sal.Domain {
	d := sal.NewDomain(bus, defs, opts...)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

// numbers collects a field of the samples of a topic.
func numbers(t *testing.T, r *sal.Remote, attr, field string) *[]float64 {
	got := &[]float64{}
	_, err := r.Subscribe(attr, func(s *sal.Sample) { *got = append(*got, s.Float(field)) })
	require.NoError(t, err)
	return got
}

func historyOptions(past int) []sal.RemoteOption {
	if past == 0 {
		return []sal.RemoteOption{sal.WithHistory(0)}
	}
	return nil
}

type errorCode struct {
	Index int `json:"salIndex"`
	Code  int `json:"errorCode"`
}

func writeError(t *testing.T, writers map[int]*sal.Controller, d *sal.Domain, component string, e errorCode) {
	if writers[e.Index] == nil {
		writers[e.Index] = writeOnly(t, d, component, e.Index)
	}
	write(t, writers[e.Index], "evt_errorCode", sal.Values{"errorCode": e.Code})
}

func replayLateJoiners(t *testing.T, flow []byte) {
	var want struct {
		Log     []errorCode
		Readers []struct {
			Index   int
			History int `json:"max_history"`
		}
		Assigned []map[string]int `json:"assigned_offsets"`
		History  [][]float64      `json:"history_delivered"`
		Current  []*float64       `json:"current_after_history"`
		Live     [][]float64      `json:"live_delivered"`
	}
	decode(t, flow, &want)
	before := 0 // the reader without history begins where it ended
	for _, offsets := range want.Assigned {
		for _, offset := range offsets {
			before = max(before, offset)
		}
	}
	d := flowDomain(t, sim.NewBus(), flowInterfaces(t))
	writers := map[int]*sal.Controller{}
	for _, e := range want.Log[:before] {
		writeError(t, writers, d, "Indexed", e)
	}
	var got []*[]float64
	for i, reader := range want.Readers {
		r := remote(t, d, "Indexed", reader.Index, historyOptions(reader.History)...)
		got = append(got, numbers(t, r, "evt_errorCode", "errorCode"))
		latest, ok := r.Latest("evt_errorCode")
		require.Equal(t, want.Current[i] != nil, ok)
		if ok {
			require.Equal(t, *want.Current[i], latest.Float("errorCode"))
		}
	}
	synctest.Wait()
	for i := range got {
		require.Equal(t, want.History[i], *got[i], "history of reader %d", i)
		*got[i] = []float64{}
	}
	for _, e := range want.Log[before:] {
		writeError(t, writers, d, "Indexed", e)
	}
	synctest.Wait()
	for i := range got {
		require.Equal(t, want.Live[i], *got[i], "what reader %d heard then", i)
	}
}

func replayLateJoinersWithoutIndex(t *testing.T, flow []byte) {
	var want struct {
		Written []int
		Readers []struct {
			History   int `json:"max_history"`
			Delivered []float64
			Current   *float64
		}
	}
	decode(t, flow, &want)
	d := flowDomain(t, sim.NewBus(), flowInterfaces(t))
	for writers := map[int]*sal.Controller{}; len(want.Written) > 0; want.Written = want.Written[1:] {
		writeError(t, writers, d, "Single", errorCode{Code: want.Written[0]})
	}
	for _, reader := range want.Readers {
		r := remote(t, d, "Single", 0, historyOptions(reader.History)...)
		got := numbers(t, r, "evt_errorCode", "errorCode")
		synctest.Wait()
		require.Equal(t, reader.Delivered, *got)
		latest, ok := r.Latest("evt_errorCode")
		require.Equal(t, reader.Current != nil, ok)
		if ok {
			require.Equal(t, *reader.Current, latest.Float("errorCode"))
		}
	}
}

func replayHistoryWindow(t *testing.T, flow []byte) {
	var want struct {
		Window  int `json:"max_history_read"`
		Written []errorCode
		Readers []struct {
			Index     int
			Delivered []errorCode
		}
	}
	decode(t, flow, &want)
	d := flowDomain(t, sim.NewBus(), flowInterfaces(t))
	writers := map[int]*sal.Controller{}
	for _, e := range want.Written {
		writeError(t, writers, d, "Indexed", e)
	}
	for _, reader := range want.Readers {
		r := remote(t, d, "Indexed", reader.Index, sal.WithHistory(want.Window))
		got := []errorCode{}
		_, err := r.Subscribe("evt_errorCode", func(s *sal.Sample) {
			got = append(got, errorCode{Index: s.Index(), Code: int(s.Int("errorCode"))})
		})
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, reader.Delivered, got, "index %d", reader.Index)
	}
}

func replayOutOfOrder(t *testing.T, flow []byte) {
	var want struct {
		Written []struct {
			Index int     `json:"salIndex"`
			Sent  float64 `json:"private_sndStamp"`
			Value float64
		}
		Delivered struct{ Event, Telemetry, Command []float64 }
	}
	decode(t, flow, &want)
	bus, defs := sim.NewBus(), flowInterfaces(t)
	d := flowDomain(t, bus, defs)
	r := remote(t, d, "Indexed", 0)
	events, telemetry := numbers(t, r, "evt_value", "value"), numbers(t, r, "tel_value", "value")
	commands := map[int]*[]float64{}
	all := []float64{}
	for _, w := range want.Written {
		if commands[w.Index] == nil {
			commands[w.Index] = &[]float64{}
			c, err := d.Controller(t.Context(), "Indexed", w.Index)
			require.NoError(t, err)
			require.NoError(t, c.Handle("value", func(_ context.Context, s *sal.Sample) error {
				*commands[w.Index] = append(*commands[w.Index], s.Float("value"))
				return nil
			}))
			go func() { _ = c.Run(context.Background()) }()
		}
	}
	comp, err := defs.Component("Indexed")
	require.NoError(t, err)
	for i, w := range want.Written {
		for _, attr := range []string{"evt_value", "tel_value", "cmd_value"} {
			topic, _ := comp.Topic(attr)
			s, err := sal.NewSample(topic, sal.Values{"salIndex": w.Index, "private_sndStamp": w.Sent, "private_seqNum": i + 1, "value": w.Value})
			require.NoError(t, err)
			require.NoError(t, bus.Publish(t.Context(), s))
		}
		synctest.Wait()
	}
	require.Equal(t, want.Delivered.Event, *events)
	require.Equal(t, want.Delivered.Telemetry, *telemetry)
	for _, w := range want.Written { // each instance had its own
		all = append(all, (*commands[w.Index])[0])
		*commands[w.Index] = (*commands[w.Index])[1:]
	}
	require.Equal(t, want.Delivered.Command, all)
}
