package producer_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
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

func TestOtherMessagesAreNoRequests(t *testing.T) {
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
