package producer_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
)

func TestTheHeaderOfAFreeFormMessageDescribesTheItem(t *testing.T) {
	for _, test := range []struct {
		category love.Category
		item     string
		want     producer.Header
	}{
		{"event", `{"csc":"Rack","salindex":1,"data":{"power":{}}}`, producer.Header{CSC: "Rack", SalIndex: love.Index(1), Streams: []string{"power"}}},
		{"telemetry", ` {"csc":"Ra\u0063k","salindex":1.0,"data":{"power":NaN}} `, producer.Header{CSC: "Rack", SalIndex: love.Index(1), Streams: []string{"power"}, Replaceable: true}},
		{"event", `{"csc":"Rack","salindex":"all","data":{"b":1,"a":2,"b":3}}`, producer.Header{CSC: "Rack", SalIndex: love.IndexAll, Streams: []string{"a", "b"}}},
		{"event", `{"csc":"Heartbeat","salindex":0,"data":{"stream":{"csc":"Rack","salindex":1,"lost":3}}}`,
			producer.Header{CSC: "Heartbeat", Streams: []string{"stream"}, Source: "Rack:1", Replaceable: true}},
		{"event", `{"csc":"ScriptHeartbeats","salindex":1,"data":{"stream":{"script_heartbeat":{"salindex":100001,"lost":3}}}}`,
			producer.Header{CSC: "ScriptHeartbeats", SalIndex: love.Index(1), Streams: []string{"stream"}, Source: "100001", Replaceable: true}},
		{"event", `{"csc":"ScriptQueueState","salindex":1,"data":{"stateStream":{}}}`,
			producer.Header{CSC: "ScriptQueueState", SalIndex: love.Index(1), Streams: []string{"stateStream"}, Replaceable: true}},
	} {
		test.want.Category = test.category
		require.Equal(t, test.want, newBuilder().Data(test.category, love.RawValue(test.item)).Header, test.item)
	}
}

func TestAnItemThatNoManagerDistributesHasNoStreams(t *testing.T) {
	for _, item := range []string{
		``, `7`, `[]`, `{`, `{}`, `{"name":"state"}`,
		`{"salindex":1,"data":{"power":1}}`, `{"csc":7,"salindex":1,"data":{"power":1}}`,
		`{"csc":"Rack","data":{"power":1}}`, `{"csc":"Rack","salindex":null,"data":{"power":1}}`,
		`{"csc":"Rack","salindex":1}`, `{"csc":"Rack","salindex":1,"data":[]}`, `{"csc":"Rack","salindex":1,"data":{}}`,
	} {
		require.Equal(t, producer.Header{Category: "telemetry"}, newBuilder().Data("telemetry", love.RawValue(item)).Header, item)
	}
}

func FuzzHeaderOfAFreeFormMessage(f *testing.F) {
	f.Add(`{"csc":"Rack","salindex":1,"data":{"power":NaN,"state":[]}}`)
	f.Add(`{"csc":"Heartbeat","salindex":0.0,"data":{"stream":{"csc":"Rack","salindex":1}}}`)
	f.Add(` {"name":"x","salindex":"1","csc":"","data":{"a":1,"\u0061":2},"data":{"b":{}}}`)
	f.Add("{\"salindex\":\"\x9c\",\"csc\":\"\",\"data\":{\"\":{}}}")
	f.Fuzz(func(t *testing.T, item string) {
		d := newBuilder().Data(love.CategoryTelemetry, love.RawValue(item))
		if wire.Valid([]byte(item)) != nil || !utf8.ValidString(item) {
			require.Empty(t, d.Streams)
			return
		}
		require.NoError(t, checkHeader(d))
	})
}
