package hub_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
)

func TestChangingTheRateDeliversTheHeldBackValue(t *testing.T) {
	_, url := start(t, hub.WithClock(newClock()))
	c, pub := dialProcess(t, url), dialProcess(t, url)
	c.send(withOptions("telemetry-A-1-s", `"max_rate":0.01`))
	c.next()
	pub.send(telemetry("s", 1))
	pub.send(telemetry("s", 2))
	pub.sync()
	c.send(request("subscribe", "telemetry-A-1-s"))
	require.Contains(t, c.next(), `{"s":1}`)
	require.Contains(t, c.next(), "Successfully")
	require.Contains(t, c.next(), `{"s":2}`)
	require.Empty(t, c.sync())
}

func TestTheHeldBackValueHasTheFormOfTheNewSubscription(t *testing.T) {
	_, url := start(t, hub.WithClock(newClock()))
	c, pub := dialProcess(t, url), dialProcess(t, url)
	c.send(withOptions("telemetry-A-1-s", `"max_rate":0.01,"seq":true`))
	c.next()
	pub.send(telemetry("s", 1))
	pub.send(telemetry("s", 2))
	pub.sync()
	c.send(withOptions("telemetry-A-1-s", `"max_rate":0.02`))
	require.Contains(t, c.next(), `"seq":1`)
	require.Contains(t, c.next(), "Successfully")
	value := c.next()
	require.Contains(t, value, `{"s":2}`)
	require.NotContains(t, value, "seq")
}

func TestASnapshotReplacesTheValueThatIsHeldBack(t *testing.T) {
	h, url := start(t, hub.WithClock(newClock()))
	c, pub := dialProcess(t, url), dialProcess(t, url)
	c.send(withOptions("telemetry-A-1-s", `"max_rate":0.01`))
	c.next()
	pub.send(telemetry("s", 1))
	pub.send(telemetry("s", 2))
	pub.sync()
	c.send(withOptions("telemetry-A-1-s", `"snapshot":true`))
	require.Contains(t, c.next(), `{"s":1}`)
	require.Contains(t, c.next(), "Successfully")
	require.Contains(t, c.next(), `{"s":2}}],"subscription":"telemetry-A-1-s","snapshot":true`)
	require.Empty(t, c.sync())
	requireBalance(t, h.Stats(), 0)
}

func TestASubscriptionCanLimitItsRate(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock))
	c, pub := dialProcess(t, url), dialProcess(t, url)
	c.send(withOptions("telemetry-A-1-*", `"max_rate":2`))
	c.next()
	for i := range 5 {
		pub.send(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":` + itoa(i) + `,"t":` + itoa(10*i) + `}}]}`)
	}
	pub.sync()
	got := c.sync()
	require.Len(t, got, 2, "the first of each stream at once")
	clock.Advance(499 * time.Millisecond)
	require.Empty(t, c.sync())
	clock.Advance(time.Millisecond)
	newest := []string{c.next(), c.next()}
	require.Contains(t, fmt.Sprint(newest), `{"s":4}`)
	require.Contains(t, fmt.Sprint(newest), `{"t":40}`)
	require.EqualValues(t, 6, h.Stats().Dropped["rate"])
	clock.Advance(10 * time.Second)
	require.Empty(t, c.sync())
	for _, bad := range []string{`0`, `-1`, `"2"`, `null`, `1e99`, `NaN`} {
		c.send(withOptions("telemetry-A-1-s", `"max_rate":`+bad))
		require.Equal(t, `{"data":"Message ignored: \"max_rate\" must be a number of messages per second, from 0.01 to 1000000"}`, c.next())
	}
	c.send(withOptions("telemetry-A-1-s", `"snapshot":1`))
	require.Equal(t, `{"data":"Message ignored: \"snapshot\" must be true or false"}`, c.next())
}

func TestARateKeepsTheOrderOfMessagesThatShareAStream(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock))
	c, pub := dialProcess(t, url), dialProcess(t, url)
	c.send(withOptions("event-A-1-all", `"max_rate":1`))
	c.next()
	publish := func(data string) {
		pub.send(`{"category":"event","data":[{"csc":"A","salindex":1,"data":{` + data + `}}]}`)
	}
	publish(`"s":1,"t":1`)
	publish(`"s":2,"t":2`)
	publish(`"s":3`)
	publish(`"u":1`)
	publish(`"s":4,"t":4`)
	publish(`"s":5`)
	pub.sync()
	got := c.sync()
	require.Len(t, got, 2)
	require.Contains(t, got[0], `{"s":1,"t":1}`)
	require.Contains(t, got[1], `{"u":1}`)
	clock.Advance(time.Second)
	require.Contains(t, c.next(), `{"s":4,"t":4}`, "the newest t")
	publish(`"t":6,"u":6`)
	pub.sync()
	require.Empty(t, c.sync(), "s and t have been sent")
	require.EqualValues(t, 2, h.Stats().Dropped["rate"])
	clock.Advance(time.Second)
	require.Contains(t, c.next(), `{"s":5}`, "the newest s")
	require.Contains(t, c.next(), `{"t":6,"u":6}`)
	require.Empty(t, c.sync())
}

// The first message that is held back is not the first that may be sent.
func TestARateDelaysNoStreamForAnother(t *testing.T) {
	clock := newClock()
	_, url := start(t, hub.WithClock(clock))
	c, pub := dialProcess(t, url), dialProcess(t, url)
	c.send(withOptions("telemetry-A-1-*", `"max_rate":1`))
	c.next()
	pub.send(telemetry("s", 1))
	pub.sync()
	clock.Advance(900 * time.Millisecond)
	pub.send(telemetry("t", 1))
	pub.send(telemetry("t", 2))
	pub.send(telemetry("s", 2))
	pub.sync()
	require.Len(t, c.sync(), 2)
	clock.Advance(100 * time.Millisecond)
	require.Contains(t, c.next(), `{"s":2}`)
	require.Empty(t, c.sync())
	clock.Advance(900 * time.Millisecond)
	require.Contains(t, c.next(), `{"t":2}`)
}
