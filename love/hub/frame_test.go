package hub_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestASubscriptionCanAskForACounterPerStream(t *testing.T) {
	_, url := start(t)
	c, pub := dialProcess(t, url), dialProcess(t, url)
	c.send(withOptions("telemetry-A-1-s", `"seq":true`))
	c.next()
	for i := 1; i <= 3; i++ {
		pub.send(telemetry("s", i))
		require.Equal(t, fmt.Sprintf(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":%d}}],"subscription":"telemetry-A-1-s","seq":%d}`, i, i), c.next())
	}
	late := dial(t, url, "password=process&nan=null&snapshot=1")
	late.send(withOptions("telemetry-*-1-s", `"seq":true`))
	late.next()
	require.Contains(t, late.next(), `"snapshot":true,"seq":3}`)
	pub.send(telemetry("s", "NaN"))
	require.Equal(t, `{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":null}}],"subscription":"telemetry-*-1-s","seq":4}`, late.next())
}

func TestAConnectionThatAsksGetsNullForNaN(t *testing.T) {
	_, url := start(t)
	raw, strict := dialProcess(t, url).subscribe("event-A-0-s"), dial(t, url, "password=process&nan=null").subscribe("event-A-0-s")
	dialProcess(t, url).send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[NaN,-Infinity,Infinity,"NaN \" Infinity",1]}}]}`)
	require.Contains(t, raw.next(), `[NaN,-Infinity,Infinity,"NaN \" Infinity",1]`)
	require.Contains(t, strict.next(), `[null,null,null,"NaN \" Infinity",1]`)
}

func TestAHubCanSendNullForNaNToAll(t *testing.T) {
	_, url := start(t, hub.WithNaN(hub.NaNNull))
	c := dialProcess(t, url).subscribe("event-A-0-s")
	c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":NaN}}]}`)
	require.Contains(t, c.next(), `{"s":null}`)
}
