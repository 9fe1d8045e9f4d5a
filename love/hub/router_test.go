package hub_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
)

func TestAMessageReachesItsThreeKindsOfGroups(t *testing.T) {
	_, url := start(t)
	pub := dialProcess(t, url)
	const data = `[{"csc":"ATDome","salindex":0,"data":{"position":{"az":1.50,"n":NaN},"state": [1, 2]},"extra":true}]`
	for group, want := range map[string][]string{
		"telemetry-ATDome-0-position": {`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"position":{"az":1.50,"n":NaN}}}],"subscription":"telemetry-ATDome-0-position"}`},
		"telemetry-ATDome-0-all":      {`{"category":"telemetry","data":[{"csc":"ATDome","salindex":0,"data":{"ATDome":{"position":{"az":1.50,"n":NaN},"state": [1, 2]}}}],"subscription":"telemetry-ATDome-0-all"}`},
		"telemetry-all-all-all":       {`{"category":"telemetry","data":` + data + `,"subscription":"telemetry-all-all-all"}`},
		"telemetry-ATDome-all-all":    nil,
		"telemetry-all-0-position":    nil,
		"telemetry-ATDome-1-position": nil,
		"event-ATDome-0-position":     nil,
		"event-all-all-all":           nil,
	} {
		t.Run(group, func(t *testing.T) {
			sub := dialProcess(t, url).subscribe(group)
			pub.send(`{"producer_snd":1.5,"data":` + data + `,"category":"telemetry"}`)
			pub.sync()
			require.Equal(t, want, sub.sync())
		})
	}
}

func TestValuesArriveByteForByte(t *testing.T) {
	_, url := start(t)
	sub, pub := dialProcess(t, url).subscribe("event-A-0-s"), dialProcess(t, url)
	for _, v := range []string{
		`1.02813957817852497000`, `18446744073709551616`, `1e400`, `-0.0`, `1.0`, `"\u00e9é\/\ud83d\ude00"`, `{"b":1, "a":2,"b":3}`,
		`[NaN,Infinity,-Infinity]`, `"NaN"`, `null`, `[ ]`,
	} {
		pub.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":` + v + `}}]}`)
		require.Equal(t, `{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":`+v+`}}],"subscription":"event-A-0-s"}`, sub.next())
	}
}

func TestNamesAreComparedWithTheirEscapesResolved(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url).subscribe("event-A-0-s")
	c.send(`{"c\u0061tegory":"\u0065vent","data":[{"csc":"\u0041","salindex":0,"data":{"\u0073":1}}]}`)
	require.Equal(t, `{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}],"subscription":"event-A-0-s"}`, c.next())
}

func TestEveryElementOfTheDataListIsDelivered(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url).subscribe("event-A-0-s", "event-A-1-s", "event-B-0-all", "event-C-0-all")
	c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1,"t":2}},{"csc":"A","salindex":1,"data":{"s":3}},{"csc":"B","salindex":0,"data":{}}]}`)
	got := strings.Join(c.sync(), "\n")
	require.Equal(t, strings.Join([]string{
		`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}],"subscription":"event-A-0-s"}`,
		`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":3}}],"subscription":"event-A-1-s"}`,
		`{"category":"event","data":[{"csc":"B","salindex":0,"data":{"B":{}}}],"subscription":"event-B-0-all"}`,
	}, "\n"), got)
}

func TestAnEmptyListReachesTheBroadestGroup(t *testing.T) {
	_, url := start(t)
	c := dialProcess(t, url).subscribe("event-all-all-all")
	c.send(`{"category":"event","data":[ ]}`)
	require.Equal(t, `{"category":"event","data":[ ],"subscription":"event-all-all-all"}`, c.next())
}

func TestTheOrderOfASenderIsKept(t *testing.T) {
	_, url := start(t)
	sub, pub := dialProcess(t, url).subscribe("event-A-0-all"), dialProcess(t, url)
	const n = 2000
	go func() {
		for i := range n {
			pub.sendf(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s%d":%d}}]}`, i%5, i)
		}
	}()
	for i := range n {
		require.Contains(t, sub.next(), `:`+itoa(i)+`}}`)
	}
}

func TestTracingHasTheProducersTimeAndFourOfTheManager(t *testing.T) {
	_, url := start(t, hub.WithTracing(true))
	c := dialProcess(t, url).subscribe("event-A-0-s")
	c.send(`{"category":"event","producer_snd":1690852640.50,"data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	first := c.next()
	require.Contains(t, first, `"tracing":{"producer_snd":1690852640.50,"manager_rcv_from_producer":`)
	require.Len(t, decode(t, first)["tracing"], 5)
	c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	require.Contains(t, c.next(), `"tracing":{"producer_snd":null,`)
}

func TestAStreamHasTheSameOrderForAllSubscribers(t *testing.T) {
	h, _ := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const publishers, each = 3, 2000
	group := love.StreamGroup("telemetry", "A", 0, "s")
	var orders [2][]string
	var subscribers sync.WaitGroup
	for i := range orders {
		messages := h.SubscribeWith(ctx, love.SubscribeOptions{Seq: true}, group)
		subscribers.Go(func() {
			for d, err := range messages {
				if err != nil {
					return
				}
				orders[i] = append(orders[i], string(d.Raw))
				if len(orders[i]) == publishers*each {
					return
				}
			}
		})
	}
	var running sync.WaitGroup
	for p := range publishers {
		running.Go(func() {
			for i := range each {
				_ = h.Publish(ctx, love.Message{Category: "telemetry", Data: []love.Item{{CSC: "A", Streams: []love.Stream{{Name: "s", Value: fmt.Appendf(nil, "%d", p*each+i)}}}}})
			}
		})
	}
	running.Wait()
	subscribers.Wait()
	require.Len(t, orders[0], publishers*each)
	require.Equal(t, orders[0], orders[1])
	for i, m := range orders[0] {
		require.Contains(t, m, fmt.Sprintf(`"seq":%d}`, i+1))
	}
	for d, err := range h.SubscribeWith(ctx, love.SubscribeOptions{Snapshot: true}, group) {
		require.NoError(t, err)
		last, _ := love.ParseMessage([]byte(orders[0][len(orders[0])-1]))
		snapshot, err := love.ParseMessage(d.Raw)
		require.NoError(t, err)
		require.Equal(t, last.Data, snapshot.Data)
		break
	}
}
