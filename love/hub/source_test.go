package hub_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheValuesOfASourceThatHasGoneAreStale(t *testing.T) {
	_, url := start(t)
	watcher := dialProcess(t, url).subscribe("event-Hub-0-sources")
	broad := dialProcess(t, url).subscribe("event-all-all-all", "event-*-*-*")

	pub := dialProcess(t, url)
	pub.send(telemetry("s", 1))
	connected := watcher.next()
	require.Contains(t, connected, `"connected":{"value":true,"dataType":"Int","units":"unitless"},"components":{"value":["A"],"dataType":"Array<String>","units":"unitless"}`)
	pub.close(nil)
	pub.waitClosed()
	disconnected := watcher.next()
	require.Contains(t, disconnected, `"connected":{"value":false`)
	require.Contains(t, disconnected, `"components":{"value":["A"]`)

	c := dialProcess(t, url)
	c.send(withOptions("telemetry-A-1-s", `"snapshot":true`))
	c.next()
	require.Contains(t, c.next(), `"snapshot":true,"stale":true}`)
	dialProcess(t, url).send(telemetry("s", 2))
	require.NotContains(t, c.next(), "stale")
	require.Empty(t, broad.sync(), "messages of the hub go only to groups that name it")

	c.send(request("unsubscribe", "telemetry-A-1-s"))
	c.next()
	c.send(withOptions("telemetry-A-1-s", `"snapshot":true`))
	c.next()
	require.NotContains(t, c.next(), "stale", "a new source has taken over")
}
