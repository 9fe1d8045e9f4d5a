package hub_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestASnapshotIsFollowedByNewerValues(t *testing.T) {
	_, url := start(t)
	pub := dialProcess(t, url)
	pub.send(telemetry("s", 1))
	pub.send(telemetry("s", "2.50"))
	pub.send(telemetry("t", `{"n":NaN}`))
	pub.sync()

	c := dialProcess(t, url)
	c.send(withOptions("telemetry-A-1-s", `"snapshot":true`))
	require.Equal(t, `{"data":"Successfully subscribed to telemetry-A-1-s"}`, c.next())
	require.Equal(t, `{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":2.50}}],"subscription":"telemetry-A-1-s","snapshot":true}`, c.next())
	pub.send(telemetry("s", 3))
	require.Equal(t, `{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":3}}],"subscription":"telemetry-A-1-s"}`, c.next())

	c.send(withOptions("telemetry-A-1-unknown", `"snapshot":true`))
	require.Len(t, c.sync(), 1, "no value, no snapshot")
	plain := dialProcess(t, url).subscribe("telemetry-A-1-s")
	require.Empty(t, plain.sync(), "without the option the protocol is the plain one")
}

func TestASnapshotOfABroaderGroupHasOneMessagePerStream(t *testing.T) {
	_, url := start(t)
	pub := dialProcess(t, url)
	pub.send(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":1,"t":2}},{"csc":"A","salindex":2,"data":{"s":3}},{"csc":"B","salindex":0,"data":{"s":4}}]}`)
	pub.send(`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":9}}]}`)
	pub.sync()
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
			require.ElementsMatch(t, all, c.sync())
		})
	}
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
		for d, err := range h.SubscribeWith(c, love.SubscribeOptions{Snapshot: true}, love.StreamGroup("telemetry", "A", 1, "s")) {
			require.NoError(t, err)
			m, err := love.ParseMessage(d.Raw)
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
