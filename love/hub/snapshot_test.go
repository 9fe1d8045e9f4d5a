package hub_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
)

func withOptions(group, options string) string {
	r := request("subscribe", group)
	return r[:len(r)-1] + "," + options + "}"
}

func telemetry(stream string, value any) string {
	return fmt.Sprintf(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{%q:%v}}]}`, stream, value)
}

func TestWhoAsksForASnapshotGetsTheLastValueThenNewerOnes(t *testing.T) {
	_, url := start(t)
	pub := process(t, url)
	pub.send(telemetry("s", 1))
	pub.send(telemetry("s", "2.50"))
	pub.send(telemetry("t", `{"n":NaN}`))
	pub.alive()

	c := process(t, url)
	c.send(withOptions("telemetry-A-1-s", `"snapshot":true`))
	require.Equal(t, `{"data":"Successfully subscribed to telemetry-A-1-s"}`, c.next())
	require.Equal(t, `{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":2.50}}],"subscription":"telemetry-A-1-s","snapshot":true}`, c.next())
	pub.send(telemetry("s", 3))
	require.Equal(t, `{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":3}}],"subscription":"telemetry-A-1-s"}`, c.next())

	c.send(withOptions("telemetry-A-1-unknown", `"snapshot":true`))
	require.Len(t, c.alive(), 1, "no value, no snapshot")
	plain := process(t, url).subscribe("telemetry-A-1-s")
	require.Empty(t, plain.alive(), "who does not ask sees the plain protocol")
}

func TestASnapshotOfABroaderGroupHasOneMessagePerStream(t *testing.T) {
	_, url := start(t)
	pub := process(t, url)
	pub.send(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":1,"t":2}},{"csc":"A","salindex":2,"data":{"s":3}},{"csc":"B","salindex":0,"data":{"s":4}}]}`)
	pub.send(`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":9}}]}`)
	pub.alive()
	item := func(csc string, index int, data string) string {
		return fmt.Sprintf(`[{"csc":%q,"salindex":%d,"data":%s}]`, csc, index, data)
	}
	for group, want := range map[string][]string{
		"telemetry-A-1-all":     {item("A", 1, `{"A":{"s":1}}`), item("A", 1, `{"A":{"t":2}}`)},
		"telemetry-all-all-all": {item("A", 1, `{"s":1}`), item("A", 1, `{"t":2}`), item("A", 2, `{"s":3}`), item("B", 0, `{"s":4}`)},
		"telemetry-*-*-s":       {item("A", 1, `{"s":1}`), item("A", 2, `{"s":3}`), item("B", 0, `{"s":4}`)},
		"telemetry-A-*-*":       {item("A", 1, `{"s":1}`), item("A", 1, `{"t":2}`), item("A", 2, `{"s":3}`)},
		"telemetry-A-*-t":       {item("A", 1, `{"t":2}`)},
		"telemetry-A-all-all":   nil,
	} {
		t.Run(group, func(t *testing.T) {
			c := dial(t, url, "password=process&snapshot=1")
			c.send(request("subscribe", group))
			require.Contains(t, c.next(), "Successfully subscribed")
			var all []string
			for _, data := range want {
				all = append(all, `{"category":"telemetry","data":`+data+`,"subscription":"`+group+`","snapshot":true}`)
			}
			require.ElementsMatch(t, all, c.alive())
		})
	}
}

func TestTheValuesOfASourceThatHasGoneAreStale(t *testing.T) {
	_, url := start(t)
	watcher := process(t, url).subscribe("event-Hub-0-sources")
	broad := process(t, url).subscribe("event-all-all-all", "event-*-*-*")

	pub := process(t, url)
	pub.send(telemetry("s", 1))
	came := watcher.next()
	require.Contains(t, came, `"connected":{"value":true,"dataType":"Int","units":"unitless"},"components":{"value":["A"],"dataType":"Array<String>","units":"unitless"}`)
	pub.close(nil)
	pub.closed()
	went := watcher.next()
	require.Contains(t, went, `"connected":{"value":false`)
	require.Contains(t, went, `"components":{"value":["A"]`)

	c := process(t, url)
	c.send(withOptions("telemetry-A-1-s", `"snapshot":true`))
	c.next()
	require.Contains(t, c.next(), `"snapshot":true,"stale":true}`)
	process(t, url).send(telemetry("s", 2))
	require.NotContains(t, c.next(), "stale")
	require.Empty(t, broad.alive(), "what the hub says of itself is for who names it")

	c.send(request("unsubscribe", "telemetry-A-1-s"))
	c.next()
	c.send(withOptions("telemetry-A-1-s", `"snapshot":true`))
	c.next()
	require.NotContains(t, c.next(), "stale", "a new source has taken over")
}

func TestNoValueIsMissedOrOlderThanTheSnapshot(t *testing.T) {
	h, _ := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	published := make(chan struct{})
	go func() {
		defer close(published)
		for i := 0; ctx.Err() == nil; i++ {
			_ = h.Publish(context.Background(), love.Message{Category: "telemetry", Data: []love.Item{{
				CSC: "A", SalIndex: love.Index(1), Streams: []love.Stream{{Name: "s", Value: fmt.Appendf(nil, "%d", i)}},
			}}})
		}
	}()
	for range 200 {
		c, stop := context.WithCancel(t.Context())
		next := -1
		for raw, err := range h.Subscribe(c, hub.SubscribeOptions{Snapshot: true}, love.StreamGroup("telemetry", "A", 1, "s")) {
			require.NoError(t, err)
			m, err := love.ParseMessage(raw)
			require.NoError(t, err)
			var i int
			_, err = fmt.Sscan(string(m.Data[0].Streams[0].Value), &i)
			require.NoError(t, err)
			if next >= 0 {
				require.Equal(t, next, i)
			}
			if next = i + 1; i%7 == 0 {
				break
			}
		}
		stop()
	}
	cancel()
	<-published
}

func TestLastValuesAreBoundedAndStaleOnesMakeRoom(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock), hub.WithLimits(hub.Limits{LastBytes: 3000}))
	old := process(t, url)
	for i := range 5 {
		old.send(telemetry(fmt.Sprintf("old%d", i), 1))
	}
	old.close(nil)
	old.closed()
	pub := process(t, url)
	for i := range 50 {
		pub.send(telemetry(fmt.Sprintf("s%d", i), 1))
		pub.alive()
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

func TestASubscriptionCanAskForACounterPerStream(t *testing.T) {
	_, url := start(t)
	c, pub := process(t, url), process(t, url)
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

func TestASubscriptionCanLimitItsRate(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock))
	c, pub := process(t, url), process(t, url)
	c.send(withOptions("telemetry-A-1-*", `"max_rate":2`))
	c.next()
	for i := range 5 {
		pub.send(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":` + itoa(i) + `,"t":` + itoa(10*i) + `}}]}`)
	}
	pub.alive()
	got := c.alive()
	require.Len(t, got, 2, "the first of each stream at once")
	clock.Advance(499 * time.Millisecond)
	require.Empty(t, c.alive())
	clock.Advance(time.Millisecond)
	newest := []string{c.next(), c.next()}
	require.Contains(t, fmt.Sprint(newest), `{"s":4}`)
	require.Contains(t, fmt.Sprint(newest), `{"t":40}`)
	require.EqualValues(t, 6, h.Stats().Dropped["rate"])
	clock.Advance(10 * time.Second)
	require.Empty(t, c.alive())
	for _, bad := range []string{`0`, `-1`, `"2"`, `null`, `1e99`, `NaN`} {
		c.send(withOptions("telemetry-A-1-s", `"max_rate":`+bad))
		require.Equal(t, `{"data":"Message ignored: \"max_rate\" must be a number of messages per second, from 0.01 to 1000000"}`, c.next())
	}
	c.send(withOptions("telemetry-A-1-s", `"snapshot":1`))
	require.Equal(t, `{"data":"Message ignored: \"snapshot\" must be true or false"}`, c.next())
}

func TestWildcardsStandForEveryName(t *testing.T) {
	_, url := start(t)
	pub := process(t, url)
	for group, want := range map[string]int{
		"telemetry-*-1-s": 2, "telemetry-A-*-s": 2, "telemetry-A-1-*": 2, "telemetry-*-*-s": 3, "telemetry-*-1-*": 3,
		"telemetry-A-*-*": 3, "telemetry-*-*-*": 4, "event-*-*-*": 0, "telemetry-*-*-u": 0,
	} {
		t.Run(group, func(t *testing.T) {
			c := process(t, url).subscribe(group)
			pub.send(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":1,"t":1}},{"csc":"A","salindex":2,"data":{"s":1}},{"csc":"B","salindex":1,"data":{"s":1}}]}`)
			pub.alive()
			got := c.alive()
			require.Len(t, got, want)
			for _, m := range got {
				require.Contains(t, m, `"subscription":"`+group+`"`)
			}
			c.send(request("unsubscribe", group))
			c.next()
			pub.send(telemetry("s", 1))
			pub.alive()
			require.Empty(t, c.alive())
		})
	}
	producer := process(t, url).subscribe("initial_state-A-all-all", "initial_state-*-all-all")
	process(t, url).subscribe("event-A-*-s").alive()
	require.Empty(t, producer.alive(), "wildcards ask nobody for an initial state")
}

func TestAProgramPublishesAndSubscribesWithoutASocket(t *testing.T) {
	h, url := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	messages := h.Subscribe(ctx, hub.SubscribeOptions{}, love.StreamGroup("event", "A", 0, "s"))
	sub := process(t, url).subscribe("event-A-0-s")
	m := love.Message{Category: "event", Data: []love.Item{{CSC: "A", Streams: []love.Stream{{Name: "s", Value: love.RawValue("[1.50]")}}}}}
	require.NoError(t, h.Publish(ctx, m))
	const want = `{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[1.50]}}],"subscription":"event-A-0-s"}`
	require.Equal(t, want, sub.next())
	var errs []error
	for raw, err := range messages {
		if err != nil {
			errs = append(errs, err)
			break
		}
		require.Equal(t, want, string(raw))
		cancel()
	}
	require.Equal(t, []error{context.Canceled}, errs)
	require.ErrorIs(t, h.Publish(ctx, m), context.Canceled)
}

func TestSubscribingAnewMissesNothing(t *testing.T) {
	h, url := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	published := make(chan struct{})
	go func() {
		defer close(published)
		for i := 0; ctx.Err() == nil; i++ {
			_ = h.Publish(context.Background(), love.Message{Category: "event", Data: []love.Item{{
				CSC: "A", Streams: []love.Stream{{Name: "s", Value: fmt.Appendf(nil, "%d", i)}},
			}}})
		}
	}()
	c := process(t, url).subscribe("event-A-0-s")
	next := -1
	for i := range 2000 {
		switch i % 100 {
		case 0:
			c.send(request("subscribe", "event-A-0-s"))
		case 50:
			c.send(withOptions("event-A-0-s", `"seq":true`))
		}
		m := c.next()
		if _, rest, ok := strings.Cut(m, `{"s":`); ok {
			var got int
			_, err := fmt.Sscan(rest[:strings.IndexByte(rest, '}')], &got)
			require.NoError(t, err)
			if next >= 0 {
				require.Equal(t, next, got)
			}
			next = got + 1
		}
	}
	cancel()
	<-published
}
