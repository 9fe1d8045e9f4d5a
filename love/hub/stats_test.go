package hub_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestStatsDescribeEachSessionAndGroup(t *testing.T) {
	h, url := start(t)
	c := dial(t, url, "token=ada").subscribe("event-A-0-s")
	dialProcess(t, url).subscribe("event-A-0-s").send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	c.next()
	sessions := h.Sessions()
	require.Len(t, sessions, 2)
	require.ElementsMatch(t, []string{"ada", "process"}, []string{sessions[0].Principal, sessions[1].Principal})
	require.Equal(t, 1, sessions[0].Groups)
	require.NotEqual(t, sessions[0].ID, sessions[1].ID)
	for _, s := range sessions {
		groups, found := h.Subscriptions(s.ID)
		require.True(t, found)
		require.Equal(t, []string{"event-A-0-s"}, groups)
		require.Equal(t, s.Principal == "process", s.Token == "")
	}
	groups, found := h.Subscriptions("nobody")
	require.False(t, found)
	require.Empty(t, groups)
	require.Contains(t, h.Groups(), hub.GroupStats{Group: "event-A-0-s", Members: 2, Messages: 1})
}

func TestStreamsSayWhatWasPublishedWhenAndWhetherItsPublisherIsConnected(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock))
	require.Empty(t, h.Streams())
	dial(t, url, "token=ada").subscribe("event-A-0-s") // known, but never published

	gone := h.Local(auth.Principal{Process: true})
	first := clock.Now().UTC()
	require.NoError(t, gone.Send(t.Context(), []byte(`{"category":"telemetry","data":[{"csc":"A","salindex":2,"data":{"s":1,"t":2}}]}`)))
	clock.Advance(time.Minute)
	require.NoError(t, gone.Send(t.Context(), []byte(`{"category":"telemetry","data":[{"csc":"A","salindex":2,"data":{"t":3}}]}`)))
	stays := h.Local(auth.Principal{Process: true})
	defer stays.Close()
	require.NoError(t, stays.Send(t.Context(), []byte(`{"category":"event","data":[{"csc":"B","salindex":"x","data":{"u":[]}}]}`)))
	require.NoError(t, gone.Close())

	var own, others []love.StreamStats
	for _, s := range h.Streams() {
		if s.CSC == "Hub" {
			own = append(own, s)
		} else {
			others = append(others, s)
		}
	}
	require.Equal(t, []love.StreamStats{
		{Category: "event", CSC: "B", SalIndex: "x", Stream: "u", Messages: 1, Last: first.Add(time.Minute), Live: true},
		{Category: "telemetry", CSC: "A", SalIndex: "2", Stream: "s", Messages: 1, Last: first},
		{Category: "telemetry", CSC: "A", SalIndex: "2", Stream: "t", Messages: 2, Last: first.Add(time.Minute)},
	}, others)
	require.Equal(t, love.StreamGroup("telemetry", "A", 2, "t"), others[2].Group())
	require.Len(t, own, 1)
	require.Equal(t, "sources", own[0].Stream)
	require.True(t, own[0].Live, "the hub's own")
}

// A value that no snapshot can hold was published all the same.
func TestAStreamWhoseValueIsNotKeptIsLive(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{LastBytes: 1}))
	require.NoError(t, h.Publish(t.Context(), love.Message{Category: "event", Data: []love.Item{{CSC: "A", Streams: []love.Stream{{Name: "s", Value: []byte("1")}}}}}))
	streams := h.Streams()
	require.Len(t, streams, 1)
	require.True(t, streams[0].Live)
}
