package love_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func delivery(raw string) love.Delivery {
	return love.Delivery{Raw: []byte(raw), Group: "the group"}
}

func TestADeliveryGivesItsStreamsWithTheirGroups(t *testing.T) {
	for raw, want := range map[string][]string{
		`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":1,"t":2}},{"csc":"B","salindex":"all","data":{"s":3}}],"subscription":"telemetry-all-all-all"}`: {
			"telemetry-A-1-s 1", "telemetry-A-1-t 2", "telemetry-B-all-s 3"},
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"A":{"s":1,"t":2}}}],"subscription":"event-A-0-all"}`: {"event-A-0-s 1", "event-A-0-t 2"},
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"A":{"A":1}}}],"subscription":"event-A-0-all"}`:       {"event-A-0-A 1"},
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"all":1}}],"subscription":"event-A-0-all"}`:           {"event-A-0-all 1"},
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"A":{"s":1}}}],"subscription":"event-A-0-A"}`:         {`event-A-0-A {"s":1}`},
		`{"category":"event","data":[],"subscription":"event-all-all-all"}`:                                                nil,
	} {
		m, err := delivery(raw).Message()
		require.NoError(t, err)
		var got []string
		for g, s := range m.Streams() {
			require.Equal(t, g.Stream, s.Name)
			got = append(got, fmt.Sprintf("%s %s", g, s.Value))
		}
		require.Equal(t, want, got)
		for range m.Streams() {
			break
		}
	}
}

func TestADeliveryDecodesAStreamInOneCall(t *testing.T) {
	var v struct{ X int }
	require.NoError(t, delivery(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[{"x":{"value":7,"dataType":"Int","units":"unitless"}}]}}]}`).Decode("s", &v))
	require.Equal(t, 7, v.X)
	require.NoError(t, delivery(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"A":{"s":[{"x":8}],"t":[]}}}],"subscription":"event-A-0-all"}`).Decode("s", &v))
	require.Equal(t, 8, v.X)
}

func TestADeliveryThatCannotBeDecodedNamesWhy(t *testing.T) {
	two := `{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":{"x":1}}},{"csc":"B","salindex":2,"data":{"s":{"x":1}}}]}`
	for raw, want := range map[string]string{
		two: "stream s: the message has several, event-A-0-s, event-B-2-s: choose one with Message.Streams",
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"t":1}}]}`: "stream s: the message does not have it, only event-A-0-t",
		`{"category":"event","data":[]}`:                                        "stream s: the message does not have it, only no streams",
		`{"category":"heartbeat","data":{"csc":"manager"}}`:                     "a message to the group: ",
		`{"data":"Successfully subscribed to event-A-0-s"}`:                     "a message to the group: ",
	} {
		err := delivery(raw).Decode("s", new(struct{ X int }))
		require.ErrorContains(t, err, want)
	}
}

func TestADeliveryOfThePastSaysWhenItWasRecorded(t *testing.T) {
	at, ok := delivery(`{"category":"telemetry","data":[],"subscription":"x","history":true,"recorded":1773457200.25}`).Recorded()
	require.True(t, ok)
	require.Equal(t, time.Date(2026, 3, 14, 3, 0, 0, 250e6, time.UTC), at)
	for _, raw := range []string{
		`{"category":"telemetry","data":[],"subscription":"x"}`, `{"data":["\"history\":true"],"recorded":1}`, `{"data":[{"history":true}],"recorded":1}`,
		`{"history":true}`, `{"history":true,"recorded":"x"}`, `{"history":true`,
	} {
		_, ok := delivery(raw).Recorded()
		require.False(t, ok, raw)
	}
}
