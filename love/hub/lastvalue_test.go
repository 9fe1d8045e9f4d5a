package hub_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestWithoutMemoryForLastValuesCountersAndConflationWork(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{LastBytes: 1, BacklogBytes: 1000}), hub.WithClock(newClock()))
	l := h.Local(auth.Principal{Process: true})
	defer l.Close()
	require.NoError(t, l.Send(t.Context(), []byte(withOptions("telemetry-*-1-s", `"seq":true`))))
	for i := range 100 {
		require.NoError(t, l.Send(t.Context(), []byte(telemetry("s", i))))
	}
	require.Positive(t, h.Stats().Dropped["backlog"])
	require.Zero(t, h.Stats().Closed["slow"])
	require.NoError(t, l.Send(t.Context(), []byte(`{"action":"get_time_data","request_time":0}`)))
	last := ""
	for {
		m, err := l.Receive(t.Context())
		require.NoError(t, err)
		if strings.Contains(string(m), "time_data") {
			break
		}
		last = string(m)
	}
	require.Contains(t, last, `{"s":99}`)
	require.Contains(t, last, `"seq":100}`)
}

func TestNamesCountAsMemoryOfLastValues(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{LastBytes: 1 << 20}))
	for i := range 50 {
		require.NoError(t, h.Publish(t.Context(), love.Message{Category: "event", Data: []love.Item{{
			CSC: "A", Streams: []love.Stream{{Name: strings.Repeat("x", 100_000) + itoa(i), Value: love.RawValue("1")}},
		}}}))
	}
	require.Positive(t, h.Stats().Dropped["snapshot"])
	require.LessOrEqual(t, h.Stats().LastBytes, int64(1<<20))
}

func TestLastValuesAreBoundedAndStaleOnesGoFirst(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock), hub.WithLimits(hub.Limits{LastBytes: 3000}))
	old := dialProcess(t, url)
	for i := range 5 {
		old.send(telemetry(fmt.Sprintf("old%d", i), 1))
	}
	old.close(nil)
	old.waitClosed()
	pub := dialProcess(t, url)
	for i := range 50 {
		pub.send(telemetry(fmt.Sprintf("s%d", i), 1))
		pub.sync()
	}
	st := h.Stats()
	require.LessOrEqual(t, st.LastBytes, int64(3000))
	require.Positive(t, st.Dropped["snapshot"])
	names := []string{}
	for _, g := range h.Groups() {
		names = append(names, g.Group)
	}
	require.True(t, slices.ContainsFunc(names, func(n string) bool { return n == "telemetry-A-1-s0" }))
	require.NotContains(t, names, "telemetry-A-1-old0", "what is stale goes first")
}
