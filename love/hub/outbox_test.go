package hub_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// slowReader is a connection whose messages are read only when the test calls read.
type slowReader struct {
	t     require.TestingT
	hub   *hub.Hub
	local *hub.Local
}

func newSlowReader(t require.TestingT, h *hub.Hub, groups ...string) *slowReader {
	r := &slowReader{t: t, hub: h, local: h.Local(auth.Principal{Process: true})}
	for _, g := range groups {
		require.NoError(t, r.local.Send(context.Background(), []byte(request("subscribe", g))))
		m, err := r.local.Receive(context.Background())
		require.NoError(t, err)
		require.Contains(t, string(m), "Successfully subscribed")
	}
	return r
}

func (r *slowReader) publish(category, stream string, i, size int) {
	require.NoError(r.t, r.hub.Publish(context.Background(), love.Message{Category: love.Category(category), Data: []love.Item{{
		CSC: "A", Streams: []love.Stream{{Name: stream, Value: fmt.Appendf(nil, `{"i":%d,"pad":%q}`, i, strings.Repeat("x", size))}},
	}}}))
}

// read returns what waits, as "stream i", up to the end of the connection or the
// answer to a request for the time.
func (r *slowReader) read() (got []string, closed bool) {
	if err := r.local.Send(context.Background(), []byte(`{"action":"get_time_data","request_time":0}`)); err != nil {
		require.ErrorIs(r.t, err, hub.ErrClosed)
	}
	for {
		raw, err := r.local.Receive(context.Background())
		if err != nil {
			require.ErrorIs(r.t, err, hub.ErrClosed)
			return got, true
		}
		if strings.HasPrefix(string(raw), `{"time_data"`) {
			return got, false
		}
		m, err := love.ParseMessage(raw)
		require.NoError(r.t, err)
		var i int
		_, err = fmt.Sscanf(string(m.Data[0].Streams[0].Value), `{"i":%d`, &i)
		require.NoError(r.t, err)
		got = append(got, fmt.Sprintf("%s %d", m.Data[0].Streams[0].Name, i))
	}
}

func TestPastTheSoftBoundTelemetryIsConflatedAndEventsAreNot(t *testing.T) {
	h, _ := start(t, hub.WithClock(newClock()), hub.WithLimits(hub.Limits{BacklogBytes: 5_000, QueueBytes: 1 << 20}))
	r := newSlowReader(t, h, "telemetry-A-0-s", "telemetry-A-0-t", "event-A-0-e")
	for i := range 100 {
		r.publish("telemetry", "s", i, 100)
		r.publish("event", "e", i, 100)
		if i%2 == 0 {
			r.publish("telemetry", "t", i, 100)
		}
	}
	stats := h.Sessions()[0]
	require.True(t, stats.Behind)
	require.Positive(t, stats.Dropped)

	got, closed := r.read()
	require.False(t, closed)
	var events []string
	newest := map[string]string{}
	for _, m := range got {
		stream, i, _ := strings.Cut(m, " ")
		if stream == "e" {
			events = append(events, i)
		}
		newest[stream] = i
	}
	require.Len(t, events, 100)
	for i, e := range events {
		require.Equal(t, itoa(i), e)
	}
	require.Equal(t, map[string]string{"s": "99", "t": "98", "e": "99"}, newest)
	require.EqualValues(t, 250-len(got), h.Stats().Dropped["backlog"], "what is not delivered is counted")

	r.publish("telemetry", "s", 100, 100)
	r.publish("telemetry", "s", 101, 100)
	got, _ = r.read()
	require.Equal(t, []string{"s 100", "s 101"}, got, "having caught up, it gets everything again")
}

func TestAnOldBacklogIsConflatedWhateverItsSize(t *testing.T) {
	clock := newClock()
	h, _ := start(t, hub.WithClock(clock))
	r := newSlowReader(t, h, "telemetry-A-0-s")
	r.publish("telemetry", "s", 1, 0)
	r.publish("telemetry", "s", 2, 0)
	clock.Advance(time.Second + time.Millisecond)
	r.publish("telemetry", "s", 3, 0)
	got, _ := r.read()
	require.Equal(t, []string{"s 3"}, got)
}

func TestMessagesOfSeveralStreamsAreConflatedOnlyWithTheSameStreams(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{BacklogBytes: 1}))
	r := newSlowReader(t, h, "telemetry-A-0-all")
	publish := func(streams ...string) {
		m := love.Message{Category: "telemetry", Data: []love.Item{{CSC: "A"}}}
		for _, s := range streams {
			m.Data[0].Streams = append(m.Data[0].Streams, love.Stream{Name: s, Value: love.RawValue(`1`)})
		}
		require.NoError(t, h.Publish(t.Context(), m))
	}
	for range 3 {
		publish("s", "t")
		publish("s")
	}
	require.NoError(t, r.local.Send(t.Context(), []byte(`{"action":"get_time_data","request_time":0}`)))
	for _, want := range []string{`{"A":{"s":1,"t":1}}`, `{"A":{"s":1}}`, `time_data`} {
		m, err := r.local.Receive(t.Context())
		require.NoError(t, err)
		require.Contains(t, string(m), want)
	}
}

// A message that holds a stream must not take the place of one that is before an older
// message with the same stream.
func TestNoValueIsConflatedToBeforeAnOlderOneOfItsStream(t *testing.T) {
	for _, group := range []string{"telemetry-A-0-all", "telemetry-all-all-all"} {
		h, _ := start(t, hub.WithLimits(hub.Limits{BacklogBytes: 1}))
		r := newSlowReader(t, h, group)
		publish := func(value string, streams ...string) {
			m := love.Message{Category: "telemetry", Data: []love.Item{{CSC: "A"}}}
			for _, s := range streams {
				m.Data[0].Streams = append(m.Data[0].Streams, love.Stream{Name: s, Value: love.RawValue(value)})
			}
			require.NoError(t, h.Publish(t.Context(), m))
		}
		publish("1", "s", "t")
		publish("1", "u")
		publish("2", "s")
		publish("3", "s", "t")
		publish("2", "u")
		for i := range 1000 { // whose number of waiting messages stays small
			publish(itoa(4+2*i), "s")
			publish(itoa(5+2*i), "s", "t")
		}
		publish("3000", "t")
		require.NoError(t, r.local.Send(t.Context(), []byte(`{"action":"get_time_data","request_time":0}`)))
		for _, want := range []string{`{"u":2}`, `{"s":2003,"t":2003}`, `{"t":3000}`, `time_data`} {
			m, err := r.local.Receive(t.Context())
			require.NoError(t, err)
			require.Contains(t, string(m), want)
		}
		requireBalance(t, h.Stats(), 0)
	}
}

func TestMoreEventsThanTheHardBoundCloseTheSession(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{BacklogBytes: 1_000, QueueBytes: 10_000}))
	r := newSlowReader(t, h, "event-A-0-e")
	r.publish("event", "e", 0, 50_000)
	require.Zero(t, h.Stats().Closed["slow"], "a queue takes one message, whatever its size")
	r.publish("event", "e", 1, 0)
	got, closed := r.read()
	require.Empty(t, got)
	require.True(t, closed)
	st := h.Stats()
	require.EqualValues(t, 1, st.Closed["slow"])
	require.EqualValues(t, 2, st.Dropped["closed"], "the one that waited and the one for which the queue was full")
	requireBalance(t, st, 0)
}

// requireBalance checks that every message that was offered to a subscription was
// delivered, was dropped for a reason, or waits.
func requireBalance(t require.TestingT, st hub.Stats, waiting int) {
	counted := st.Delivered + uint64(waiting)
	for _, reason := range []string{"backlog", "rate", "closed"} {
		counted += st.Dropped[reason]
	}
	require.Equal(t, st.Offered, counted, "%+v", st)
}

// TestEveryMessageIsDeliveredInOrderOrCounted is a state machine. In whatever
// order messages are published and read, every one is delivered, counted as
// conflated, or followed by the end of the session; the order of each stream is
// kept, and the order of all as long as the session keeps up.
func TestEveryMessageIsDeliveredInOrderOrCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := hub.Limits{BacklogBytes: rapid.IntRange(1, 4000).Draw(t, "soft"), QueueBytes: rapid.IntRange(1000, 8000).Draw(t, "hard")}
		h := hub.New(hub.WithLimits(limits), hub.WithTracing(false), hub.WithClock(newClock()))
		defer func() { _ = h.Shutdown(context.Background()) }()
		r := newSlowReader(t, h, "telemetry-A-0-s", "telemetry-A-0-t", "event-A-0-e")
		defer func() { _ = r.local.Close() }()

		var sent, got []string
		last := map[string]int{"s": -1, "t": -1, "e": -1}
		const answer = 400 // bytes of the answer that read asks for; it waits after the rest
		backlog := answer
		ended, wasBehind := false, false
		for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.IntRange(0, 4).Draw(t, "action") > 0 {
				stream := rapid.SampledFrom([]string{"s", "t", "e"}).Draw(t, "stream")
				category := "telemetry"
				if stream == "e" {
					category = "event"
				}
				size := rapid.IntRange(0, 500).Draw(t, "size")
				r.publish(category, stream, i, size)
				sent = append(sent, fmt.Sprintf("%s %d", stream, i))
				backlog += size + 200
				wasBehind = wasBehind || backlog > limits.BacklogBytes
				continue
			}
			var more []string
			more, ended = r.read()
			got = append(got, more...)
			backlog = answer
			if ended {
				break
			}
		}
		if !ended {
			var more []string
			more, ended = r.read()
			got = append(got, more...)
		}
		for _, m := range got {
			stream, text, _ := strings.Cut(m, " ")
			var i int
			_, _ = fmt.Sscan(text, &i)
			require.Greater(t, i, last[stream], "order of %s in %v", stream, got)
			last[stream] = i
		}
		st := h.Stats()
		requireBalance(t, st, 0)
		require.Equal(t, h.Offered(), st.Offered)
		if ended {
			require.EqualValues(t, 1, st.Closed["slow"])
			return
		}
		require.Equal(t, len(sent), len(got)+int(st.Dropped["backlog"]), "delivered or counted")
		if !wasBehind {
			require.Equal(t, sent, got)
		}
		var sentEvents, gotEvents []string
		for _, m := range sent {
			if m[0] == 'e' {
				sentEvents = append(sentEvents, m)
			}
		}
		for _, m := range got {
			if m[0] == 'e' {
				gotEvents = append(gotEvents, m)
			}
		}
		require.Equal(t, sentEvents, gotEvents)
	})
}

func TestNothingNewerReplacesWhatIsBeforeASnapshotOrAConfirmation(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{BacklogBytes: 1}))
	l := h.Local(auth.Principal{Process: true})
	defer l.Close()
	send := func(m string) { require.NoError(t, l.Send(t.Context(), []byte(m))) }
	send(request("subscribe", "telemetry-A-1-s"))
	send(telemetry("s", 1))
	send(telemetry("s", 2))
	send(withOptions("telemetry-A-1-s", `"snapshot":true`))
	send(telemetry("s", 3))
	for _, want := range []string{"Successfully", `{"s":2}`, "Successfully", `{"s":2}}],"subscription":"telemetry-A-1-s","snapshot":true`, `{"s":3}`} {
		m, err := l.Receive(t.Context())
		require.NoError(t, err)
		require.Contains(t, string(m), want)
	}
}

func TestABurstLargerThanTheQueueReachesAPeerThatReads(t *testing.T) {
	_, url := start(t, hub.WithLimits(hub.Limits{QueueBytes: 20_000, LastBytes: 1 << 20}))
	pub := dialProcess(t, url)
	streams := make([]string, 200)
	for i := range streams {
		streams[i] = fmt.Sprintf(`"s%d":%q`, i, strings.Repeat("x", 500))
	}
	message := `{"category":"event","data":[{"csc":"A","salindex":0,"data":{` + strings.Join(streams, ",") + `}}]}`
	pub.send(message)
	pub.sync()
	c := dialProcess(t, url)
	c.send(withOptions("event-A-0-*", `"snapshot":true`))
	require.Contains(t, c.next(), "Successfully")
	for range streams {
		require.Contains(t, c.next(), `"snapshot":true`)
	}
	pub.send(message)
	for range streams {
		require.Contains(t, c.next(), `"subscription":"event-A-0-*"`)
	}
}
