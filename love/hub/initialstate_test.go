package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestSubscribingToAnEventAsksItsProducerForTheState(t *testing.T) {
	_, url := start(t)
	producer := dialProcess(t, url).subscribe("initial_state-ATDome-all-all", "initial_state-ATDome-all-all")
	other := dialProcess(t, url).subscribe("initial_state-MTMount-all-all", "initial_state-all-all-all")
	sub := dialProcess(t, url)
	for _, c := range []struct{ index, want string }{{`"12"`, `12`}, {`1`, `1`}, {`"all"`, `"all"`}, {`"odd"`, `"odd"`}} {
		sub.sendf(`{"option":"subscribe","category":"event","csc":"ATDome","salindex":%s,"stream":"summaryState"}`, c.index)
		sub.next()
		require.Equal(t, initialState("ATDome", c.want, "summaryState"), producer.next())
	}
	sub.subscribe("telemetry-ATDome-0-position")
	sub.send(request("unsubscribe", "event-ATDome-1-summaryState"))
	sub.next()
	require.Empty(t, producer.sync())
	require.Empty(t, other.sync())

	sub.subscribe("event-all-all-all")
	require.Equal(t, []string{initialState("all", `"all"`, "all")}, other.sync())
}

func TestLegacyProducersAreAskedInTheBroadestGroup(t *testing.T) {
	_, url := start(t, hub.WithLegacyInitialState(true))
	producer := dialProcess(t, url).subscribe("initial_state-ATDome-all-all")
	legacy := dialProcess(t, url).subscribe("initial_state-all-all-all")
	dialProcess(t, url).subscribe("event-ATDome-0-summaryState")
	require.Equal(t, initialState("ATDome", "0", "summaryState"), legacy.next())
	require.Empty(t, producer.sync())
}

func TestAnInitialStateRequestHasTheTimesOfItsDelivery(t *testing.T) {
	_, url := start(t, hub.WithTracing(true))
	c := dialProcess(t, url).subscribe("initial_state-A-all-all", "event-A-0-s")
	tracing := decode(t, c.next())["tracing"].(map[string]any)
	require.Len(t, tracing, 2)
	require.Contains(t, tracing, "manager_rcv_from_group")
	require.Contains(t, tracing, "manager_snd_to_client")
}

func TestAProducerOfOneStreamIsAskedForThatStreamOnly(t *testing.T) {
	_, url := start(t)
	one := dialProcess(t, url).subscribe("initial_state-A-all-s")
	both := dialProcess(t, url).subscribe("initial_state-A-all-s", "initial_state-A-all-all")
	sub := dialProcess(t, url).subscribe("event-A-1-s", "event-A-1-t")
	sub.sync()
	require.Equal(t, []string{initialState("A", "1", "s")}, one.sync())
	require.Equal(t, []string{initialState("A", "1", "s"), initialState("A", "1", "t")}, both.sync(), "each request once")
}
