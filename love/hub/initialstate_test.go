package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func initialState(csc, index, stream string) string {
	return `{"category":"initial_state","data":[{"csc":"` + csc + `","salindex":` + index + `,"data":{"event_name":"` + stream + `"}}],"subscription":"initial_state-all-all-all"}`
}

func TestSubscribingToAnEventAsksItsProducer(t *testing.T) {
	_, url := start(t)
	producer := process(t, url).subscribe("initial_state-ATDome-all-all", "initial_state-ATDome-all-all")
	other := process(t, url).subscribe("initial_state-MTMount-all-all", "initial_state-all-all-all")
	sub := process(t, url)
	for _, c := range []struct{ index, want string }{{`"12"`, `12`}, {`1`, `1`}, {`"all"`, `"all"`}, {`"odd"`, `"odd"`}} {
		sub.sendf(`{"option":"subscribe","category":"event","csc":"ATDome","salindex":%s,"stream":"summaryState"}`, c.index)
		sub.next()
		require.Equal(t, initialState("ATDome", c.want, "summaryState"), producer.next())
	}
	sub.subscribe("telemetry-ATDome-0-position")
	sub.send(request("unsubscribe", "event-ATDome-1-summaryState"))
	sub.next()
	require.Empty(t, producer.alive())
	require.Empty(t, other.alive())

	sub.subscribe("event-all-all-all")
	require.Equal(t, []string{initialState("all", `"all"`, "all")}, other.alive())
}

func TestLegacyProducersAreAskedInTheBroadestGroup(t *testing.T) {
	_, url := start(t, hub.WithLegacyInitialState(true))
	producer := process(t, url).subscribe("initial_state-ATDome-all-all")
	legacy := process(t, url).subscribe("initial_state-all-all-all")
	process(t, url).subscribe("event-ATDome-0-summaryState")
	require.Equal(t, initialState("ATDome", "0", "summaryState"), legacy.next())
	require.Empty(t, producer.alive())
}

func TestARequestIsTracedByItsDelivery(t *testing.T) {
	_, url := start(t, hub.WithTracing(true))
	c := process(t, url).subscribe("initial_state-A-all-all", "event-A-0-s")
	tracing := decode(t, c.next())["tracing"].(map[string]any)
	require.Len(t, tracing, 2)
	require.Contains(t, tracing, "manager_rcv_from_group")
	require.Contains(t, tracing, "manager_snd_to_client")
}
