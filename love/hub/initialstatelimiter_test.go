package hub_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestTenRequestsForOneStreamAreSentThenOnePerSecond(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock))
	producer := dialProcess(t, url).subscribe("initial_state-A-all-all")
	sub := dialProcess(t, url)
	for range 50 {
		sub.subscribe("event-A-1-s")
	}
	sub.subscribe("event-A-1-t")
	got := producer.sync()
	require.Len(t, got, 11)
	require.Equal(t, initialState("A", "1", "t"), got[10], "another stream has a bucket of its own")
	require.EqualValues(t, 39, h.Stats().Dropped["request"], "one of the forty waits, the others are merged with it")

	clock.Advance(999 * time.Millisecond)
	require.Empty(t, producer.sync())
	clock.Advance(time.Millisecond)
	require.Equal(t, initialState("A", "1", "s"), producer.next())
	clock.Advance(5 * time.Second)
	require.Empty(t, producer.sync())
	for range 20 {
		sub.subscribe("event-A-1-s")
	}
	require.Len(t, producer.sync(), 5, "a token is regained every second")
}
