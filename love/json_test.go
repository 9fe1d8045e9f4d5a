package love_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

// roundTrip marshals v and reads the result back as the same type.
func roundTrip[T any](t *testing.T, v T) (text string, back T) {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, &back))
	return string(b), back
}

func TestMessagesGoThroughEncodingJSONAsTheWireHasThem(t *testing.T) {
	const wire = `{"category":"event","data":[{"csc":"ATDome","salindex":1,"data":{"summaryState":[{"x":18446744073709551616}],"b":1.50}},{"csc":"B","salindex":"all","data":{}}],"producer_snd":1.5,"subscription":"event-ATDome-0-all","tracing":{"a":1}}`
	var m love.Message
	require.NoError(t, json.Unmarshal([]byte(wire), &m))
	text, back := roundTrip(t, m)
	require.Equal(t, wire, text)
	require.Equal(t, m, back)
	require.Equal(t, "ATDome", back.Data[0].CSC)

	text, item := roundTrip(t, m.Data[0])
	require.Equal(t, `{"csc":"ATDome","salindex":1,"data":{"summaryState":[{"x":18446744073709551616}],"b":1.50}}`, text)
	require.Equal(t, m.Data[0], item)

	text, stream := roundTrip(t, m.Data[0].Streams[1])
	require.Equal(t, `{"b":1.50}`, text)
	require.Equal(t, m.Data[0].Streams[1], stream)

	text, nested := roundTrip(t, struct{ Messages []love.Message }{[]love.Message{m}})
	require.Equal(t, `{"Messages":[`+wire+`]}`, text)
	require.Equal(t, m, nested.Messages[0])

	text, subscription := roundTrip(t, love.Subscription{Option: love.Subscribe, Group: love.StreamGroup("event", "A", 2, "s"), ProducerSnd: 1.5})
	require.Equal(t, `{"option":"subscribe","category":"event","csc":"A","salindex":"2","stream":"s","producer_snd":1.5}`, text)
	require.Equal(t, "event-A-2-s", subscription.Group.String())
	options := love.SubscribeOptions{Snapshot: true, Seq: true, History: 1500 * time.Millisecond, MaxRate: 2.5}
	_, withOptions := roundTrip(t, love.Subscription{Option: love.Subscribe, Group: love.CategoryGroup("event"), Options: options})
	require.Equal(t, options, withOptions.Options)

	text, delivery := roundTrip(t, love.Delivery{Raw: love.RawValue(`{"a":1.50}`), Group: "event-A-2-s", Received: time.Unix(0, 0).UTC()})
	require.Equal(t, `{"message":{"a":1.50},"group":"event-A-2-s","received":"1970-01-01T00:00:00Z"}`, text)
	require.Equal(t, "event-A-2-s", delivery.Group)
	require.Equal(t, `{"a":1.50}`, string(delivery.Raw))
	require.InDelta(t, 1.5, subscription.ProducerSnd, 0)
	require.NoError(t, json.Unmarshal([]byte(`{"option":"unsubscribe","category":"event","csc":"A","salindex":2,"stream":"s"}`), &subscription))
	require.Equal(t, love.Subscription{Option: love.Unsubscribe, Group: love.StreamGroup("event", "A", 2, "s")}, subscription)

	text, groups := roundTrip(t, map[love.Group][]love.Group{love.CategoryGroup("event"): {love.StreamGroup("event", "A", -1, "a-b")}})
	require.Equal(t, `{"event-all-all-all":["event-A--1-a-b"]}`, text)
	require.Equal(t, love.StreamGroup("event", "A", -1, "a-b"), groups[love.CategoryGroup("event")][0])
}

func TestAnObservingLogGoesThroughEncodingJSONAsClientsPostIt(t *testing.T) {
	text, _ := roundTrip(t, love.ObservingLog{User: "ana", Message: "clouds", Identity: "ana@summit", Posted: json.RawMessage("{}")})
	require.Equal(t, `{"user":"ana","message":"clouds"}`, text)
	read, err := love.ParseObservingLog([]byte(text))
	require.NoError(t, err)
	require.Equal(t, "clouds", read.Message)
}

func TestARawValueGoesThroughEncodingJSONAsItIs(t *testing.T) {
	text, back := roundTrip(t, map[string]love.RawValue{"v": love.RawValue(`{"x":1.50}`), "n": nil})
	require.Equal(t, `{"n":null,"v":{"x":1.50}}`, text)
	require.Equal(t, `{"x":1.50}`, string(back["v"]))
	b, err := json.Marshal(map[string]any{"v": love.RawValue(`[NaN,-Infinity,"NaN"]`)})
	require.NoError(t, err)
	require.Equal(t, `{"v":[null,null,"NaN"]}`, string(b), "JSON has no NaN")

	m := love.Message{Data: []love.Item{{CSC: "A", Streams: []love.Stream{{Name: "s", Value: love.RawValue("NaN")}, {Name: "t"}}}}}
	b, err = json.Marshal(m)
	require.NoError(t, err)
	require.Equal(t, `{"category":"","data":[{"csc":"A","salindex":0,"data":{"s":null,"t":null}}]}`, string(b))

	// What is read does not change with the memory it was read from.
	text2 := []byte(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[1]}}]}`)
	require.NoError(t, json.Unmarshal(text2, &m))
	clear(text2)
	require.Equal(t, `[1]`, string(m.Data[0].Streams[0].Value))
	value := m.Data[0].Streams[0].Value
	require.NoError(t, json.Unmarshal([]byte(`[2]`), &value))
	require.Equal(t, `[1]`, string(m.Data[0].Streams[0].Value), "nor does another value")
}

func TestWhatIsNotJSONIsRefusedByMarshal(t *testing.T) {
	message := func(name, value string) love.Message {
		return love.Message{Data: []love.Item{{CSC: "A", Streams: []love.Stream{{Name: name, Value: love.RawValue(value)}}}}}
	}
	for _, test := range []struct {
		v    any
		want string
	}{
		{love.RawValue(`{"x":`), "not JSON at byte 5"},
		{love.RawValue(``), "not JSON at byte 0"},
		{love.RawValue(`1 2`), "not JSON at byte 2"},
		{love.RawValue("\"\xff\""), "not UTF-8"},
		{message("s", `{`), `element 0: stream "s": a raw value is not JSON at byte 1`},
		{message("s", `1,"t":2`), `stream "s"`},
		{message("\xff", `1`), "not UTF-8"},
		{message("s", `{`).Data[0], `stream "s"`},
		{message("s", `{`).Data[0].Streams[0], `stream "s"`},
		{love.Message{Category: "\xff"}, "not UTF-8"},
		{love.Message{Tracing: love.RawValue("{")}, "tracing"},
		{love.Item{CSC: "\xff"}, "not UTF-8"},
		{love.Subscription{Group: love.StreamGroup("event", "\xff", 0, "s")}, "not UTF-8"},
		{love.Group{Category: "event", CSC: "my-rack", SalIndex: "0", Stream: "s"}, `read as category "event", csc "my", salindex "rack"`},
		{love.Group{}, "is not a group"},
	} {
		_, err := json.Marshal(test.v)
		require.ErrorContains(t, err, test.want, "%#v", test.v)
	}
}

func TestWhatIsNotAMessageIsRefusedByUnmarshal(t *testing.T) {
	for _, test := range []struct {
		into       any
		text, want string
	}{
		{&love.Message{}, `{}`, `"category" must be a text`},
		{&love.Message{}, `null`, "must be a JSON object"},
		{&love.Message{}, `{"Category":"event","Data":[]}`, `"category" must be a text`},
		{&love.Message{}, `{"category":"event","data":[{"csc":"A"}]}`, `element 0: "salindex" is missing`},
		{&love.Message{}, `{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":NaN}}]}`, "invalid character 'N'"},
		{&love.Item{}, `{"csc":"A","salindex":0}`, `"data" of an element is missing`},
		{&love.Item{}, `null`, "must hold only objects"},
		{&love.Stream{}, `{}`, "an object with one member"},
		{&love.Stream{}, `{"a":1,"b":2}`, "an object with one member"},
		{&love.Stream{}, `[]`, "an object with one member"},
		{&love.Subscription{}, `{"option":"subscribe"}`, `"category" must be a text`},
		{&love.Subscription{}, `{"option":"subscribe","category":"event","csc":"A","stream":"s"}`, `"salindex" must be a number or a text`},
		{&love.Subscription{}, `[]`, "must be a JSON object"},
		{&love.Group{}, `"event"`, "is not a group"},
	} {
		require.ErrorContains(t, json.Unmarshal([]byte(test.text), test.into), test.want, "%T %s", test.into, test.text)
	}
}
