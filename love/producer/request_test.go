package producer_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

func TestBothFormsOfARequestAreUnderstood(t *testing.T) {
	for _, text := range []string{
		`{"category":"initial_state","data":[{"csc":"ATDome","salindex":1,"data":{"event_name":"x"}}],"subscription":"s","tracing":{}}`,
		`{"category":"initial_state","data":[{"csc":"ATDome","salindex":1,"stream":{"event_name":"x"}}]}`,
		`{"category":"initial_state","data":[{"csc":"ATDome","salindex":1,"stream":{"other":"x"}}]}`,
		`{"category":"initial_state","data":[{"csc":"ATDome","salindex":1,"stream":"no","data":{"event_name":"x"}},{"csc":"another"},7]}`,
	} {
		r, ok := producer.ParseRequest([]byte(text))
		require.True(t, ok, text)
		require.Equal(t, "ATDome", r.CSC)
		require.Equal(t, "1", r.SalIndex.String())
		require.Equal(t, "x", r.Stream)
	}
}

func TestAnAbsentIndexIsZero(t *testing.T) {
	r, ok := producer.ParseRequest([]byte(`{"category":"initial_state","data":[{"data":{"event_name":"x"}}]}`))
	require.True(t, ok)
	require.Equal(t, producer.Request{SalIndex: love.Index(0), Stream: "x"}, r)
}

func TestOtherMessagesAreNotRequests(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{`, `7`, `null`,
		`{"data":"Successfully subscribed to initial_state-ATDome-all-all"}`,
		`{"category":"event","data":[{"csc":"ATDome","salindex":1,"data":{"event_name":"x"}}]}`,
		`{"category":"initial_state"}`,
		`{"category":"initial_state","data":[]}`,
		`{"category":"initial_state","data":[7]}`,
		`{"category":"initial_state","data":[{"csc":7,"data":{"event_name":"x"}}]}`,
		`{"category":"initial_state","data":[{"csc":"ATDome","salindex":[],"data":{"event_name":"x"}}]}`,
		`{"category":"initial_state","data":[{"csc":"ATDome"}]}`,
		`{"category":"initial_state","data":[{"csc":"ATDome","data":{}}]}`,
		`{"category":"initial_state","data":[{"csc":"ATDome","data":{"event_name":7}}]}`,
		`{"category":"initial_state","data":[{"csc":"ATDome","stream":{}}]}`,
	} {
		_, ok := producer.ParseRequest([]byte(text))
		require.False(t, ok, text)
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"category":"initial_state","data":[{"csc":"ATDome","salindex":1,"data":{"event_name":"x"}}]}`))
	f.Add([]byte(`{"category":"initial_state","data":[{"salindex":"all","stream":{"b":"x","a":1}}]}`))
	f.Add([]byte(`{"category":"initial_state","data":[{"salindex":1e400,"stream":{"a":"x"}}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if r, ok := producer.ParseRequest(raw); ok {
			require.NotEmpty(t, r.Stream)
			b := producer.NewBase("ATDome")
			require.NoError(t, b.HandleRequest(t.Context(), r, &recorder{}))
		}
	})
}

func TestTheRequestedIndexIsANumberHoweverItIsWritten(t *testing.T) {
	runCSC(t, "Hexapod:1", nil, nil, func(w *fixture, p producer.Producer, out *recorder) {
		w.bus.write(w.sample(t, "Hexapod", "evt_summaryState", sal.Values{"salIndex": 1}))
		synctest.Wait()
		out.take()
		for index, answers := range map[string]int{
			"1": 1, "1.0": 1, "1e0": 1, "10e-1": 1,
			"0": 0, "2": 0, "1.5": 0, "-1": 0, `"1"`: 0, `"all"`: 0, "1e400": 0, "4294967297": 0,
		} {
			r, ok := producer.ParseRequest([]byte(`{"category":"initial_state","data":[{"csc":"Hexapod","salindex":` + index + `,"data":{"event_name":"summaryState"}}]}`))
			require.True(t, ok, index)
			require.NoError(t, p.HandleRequest(t.Context(), r, out))
			require.Len(t, out.take(), answers, index)
		}
	})
}

func TestMembersOfARequestAreFoundByTheirExactNames(t *testing.T) {
	r, ok := producer.ParseRequest([]byte(`{"category":"initial_state","Category":"event",
		"data":[{"csc":"A","CSC":"B","salindex":1,"SalIndex":2,"data":{"event_name":"x"},"Data":{"event_name":"y"}}],"DATA":[]}`))
	require.True(t, ok)
	require.Equal(t, producer.Request{CSC: "A", SalIndex: love.Index(1), Stream: "x"}, r)
	_, ok = producer.ParseRequest([]byte(`{"Category":"initial_state","Data":[{"csc":"A","data":{"event_name":"x"}}]}`))
	require.False(t, ok)
}
