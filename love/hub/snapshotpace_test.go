package hub_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// publishStreams publishes the first event of n streams of component A, of so many bytes.
func publishStreams(t *testing.T, h *hub.Hub, category love.Category, n, size int) {
	t.Helper()
	for i := range n {
		require.NoError(t, h.Publish(t.Context(), love.Message{Category: category, Data: []love.Item{{
			CSC: "A", Streams: []love.Stream{{Name: fmt.Sprint("s", i), Value: fmt.Appendf(nil, "%q", strings.Repeat("x", size))}},
		}}}))
	}
}

func user(name string) auth.Principal { return auth.Principal{User: auth.User{Username: name}} }

// receiveLast receives until n last values have come, and returns which.
func receiveLast(t *testing.T, l *hub.Local, n int) map[string]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	got := make(map[string]int)
	for len(got) < n {
		raw, err := l.Receive(ctx)
		require.NoError(t, err, "after %d values", len(got))
		if !strings.HasSuffix(string(raw), `"snapshot":true}`) {
			continue
		}
		m, err := love.ParseMessage(raw)
		require.NoError(t, err)
		got[m.Data[0].Streams[0].Name]++
	}
	for name, times := range got {
		require.Equal(t, 1, times, name)
	}
	return got
}

// A control room's screens reconnect together, and the snapshots are many times what may
// wait for their user.
func TestScreensThatReconnectTogetherAllGetTheirSnapshots(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{UserQueueBytes: 8 << 20, QueueBytes: 4 << 20, LastBytes: 16 << 20}))
	const streams, screens = 400, 60
	publishStreams(t, h, love.CategoryEvent, streams, 10_000)
	var all []*hub.Local
	for range screens {
		l := h.Local(user("room"))
		defer l.Close()
		all = append(all, l)
	}
	for _, l := range all {
		require.NoError(t, l.Send(t.Context(), []byte(withOptions("event-all-all-all", `"snapshot":true`))))
		require.LessOrEqual(t, h.Stats().QueueBytes, int64(8<<20))
	}
	for _, l := range all {
		require.Len(t, receiveLast(t, l, streams), streams)
	}
	st := h.Stats()
	require.Zero(t, st.Closed["memory"]+st.Closed["slow"])
	require.Zero(t, st.Denied["snapshot"])
	require.EqualValues(t, streams*screens, st.Offered)
}

// Several snapshots for one connection together are more than may wait for it.
func TestSnapshotsThatOverlapDoNotCloseTheirSession(t *testing.T) {
	h, url := start(t, hub.WithLimits(hub.Limits{QueueBytes: 1 << 20, LastBytes: 16 << 20}))
	const streams = 200
	publishStreams(t, h, love.CategoryEvent, streams, 10_000)
	c := dialProcess(t, url)
	groups := []string{"event-all-all-all", "event-A-*-*", "event-*-0-*"}
	for _, g := range groups {
		c.send(withOptions(g, `"snapshot":true`))
	}
	got := make(map[string]int)
	for n := 0; n < streams*len(groups); {
		text := c.next()
		if strings.Contains(text, `"snapshot":true`) {
			n++
			got[text]++
		}
	}
	require.Len(t, got, streams*len(groups))
	require.Zero(t, h.Stats().Closed["slow"])
}

// What is left of a snapshot comes for the subscription that replaces the first, and
// nothing that is newer is followed by it.
func TestTheRestOfASnapshotBelongsToTheNewSubscription(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{QueueBytes: 1 << 20, LastBytes: 16 << 20}))
	const streams = 200
	publishStreams(t, h, love.CategoryEvent, streams, 10_000)
	l := h.Local(auth.Principal{Process: true})
	defer l.Close()
	require.NoError(t, l.Send(t.Context(), []byte(withOptions("event-A-0-*", `"snapshot":true`))))
	require.NoError(t, l.Send(t.Context(), []byte(withOptions("event-A-0-*", `"seq":true`))))
	publishStreams(t, h, love.CategoryEvent, streams/2, 1)
	seq := make(map[string]int)
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	for len(seq) < streams {
		raw, err := l.Receive(ctx)
		require.NoError(t, err, "after %d values", len(seq))
		m, err := love.ParseMessage(raw)
		if err != nil || len(m.Data) == 0 {
			continue
		}
		name, newer := m.Data[0].Streams[0].Name, !strings.Contains(string(raw), `"snapshot":true`)
		switch {
		case newer:
			require.LessOrEqual(t, seq[name], 1)
			seq[name] = 2
		default:
			require.Zero(t, seq[name], "a last value comes once, and before a newer one")
			seq[name] = 1
		}
	}
	require.NoError(t, l.Send(t.Context(), []byte(`{"action":"get_time_data","request_time":0}`)))
	for {
		raw, err := l.Receive(ctx)
		require.NoError(t, err)
		if strings.Contains(string(raw), "time_data") {
			break
		}
		require.NotContains(t, string(raw), `"snapshot":true`)
	}
}

func TestASnapshotEndsWithItsSubscription(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{QueueBytes: 1 << 20, LastBytes: 16 << 20}))
	const streams = 400
	publishStreams(t, h, love.CategoryEvent, streams, 10_000)
	l := h.Local(auth.Principal{Process: true})
	defer l.Close()
	require.NoError(t, l.Send(t.Context(), []byte(withOptions("event-A-0-*", `"snapshot":true`))))
	require.NoError(t, l.Send(t.Context(), []byte(request("unsubscribe", "event-A-0-*"))))
	n := 0
	for {
		raw, err := l.Receive(t.Context())
		require.NoError(t, err)
		if strings.Contains(string(raw), "unsubscribed") {
			break
		}
		n++
	}
	require.Less(t, n, streams)
	require.NoError(t, l.Send(t.Context(), []byte(`{"action":"get_time_data","request_time":0}`)))
	raw, err := l.Receive(t.Context())
	require.NoError(t, err)
	require.Contains(t, string(raw), "time_data")
	require.Zero(t, h.Stats().SubscriptionBytes)
}

// What a snapshot looks at costs as well as what it finds.
func TestSnapshotsThatFindNothingAreBounded(t *testing.T) {
	h, _ := start(t, hub.WithClock(newClock()), hub.WithLimits(hub.Limits{LastBytes: 1 << 20}))
	publishStreams(t, h, love.CategoryTelemetry, 1000, 1)
	l := h.Local(user("ada"))
	defer l.Close()
	const each = 64 << 10 // what it takes to look at them
	for i := range 100 {
		require.NoError(t, l.Send(t.Context(), []byte(withOptions("telemetry-*-*-none", `"snapshot":true`))))
		if h.Stats().Denied["snapshot"] > 0 {
			require.GreaterOrEqual(t, i, 4<<20/each-5)
			break
		}
	}
	require.Positive(t, h.Stats().Denied["snapshot"])

	// Where there are no values there is nothing to look at.
	other := h.Local(user("bruno"))
	defer other.Close()
	for range 1000 {
		require.NoError(t, other.Send(t.Context(), []byte(withOptions("love_csc-*-*-none", `"snapshot":true`))))
	}
	require.EqualValues(t, 1, h.Stats().Denied["snapshot"])
}

// What was reserved for a snapshot and is not needed comes back at once.
func TestASnapshotCostsWhatItTakes(t *testing.T) {
	h, _ := start(t, hub.WithClock(newClock()), hub.WithLimits(hub.Limits{LastBytes: 1 << 20}))
	publishStreams(t, h, love.CategoryTelemetry, 50, 18_000)
	l := h.Local(user("ada"))
	defer l.Close()
	for range 100 { // of 20 KiB, where all together would have 900
		require.NoError(t, l.Send(t.Context(), []byte(withOptions("telemetry-A-*-s1", `"snapshot":true`))))
		receiveLast(t, l, 1)
	}
	require.Zero(t, h.Stats().Denied["snapshot"])
}
