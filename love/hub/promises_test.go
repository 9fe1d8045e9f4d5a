package hub_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestNothingNewerTakesAPlaceBeforeASnapshotOrAConfirmation(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{BacklogBytes: 1}))
	l := h.Local(auth.Principal{Process: true})
	defer l.Close()
	send := func(m string) { require.NoError(t, l.Send(t.Context(), []byte(m))) }
	send(request("subscribe", "telemetry-A-1-s"))
	send(telemetry("s", 1))
	send(telemetry("s", 2))
	send(withOptions("telemetry-A-1-s", `"snapshot":true`))
	send(telemetry("s", 3))
	for _, want := range []string{"Successfully", `{"s":2}`, "Successfully", `{"s":2}}],"subscription":"telemetry-A-1-s","snapshot":true`, `{"s":3}`} {
		m, err := l.Receive(t.Context())
		require.NoError(t, err)
		require.Contains(t, string(m), want)
	}
}

func TestAClosedConnectionStaysClosed(t *testing.T) {
	h, _ := start(t)
	l := h.Local(auth.Principal{Process: true})
	require.NoError(t, h.Shutdown(t.Context()))
	for range 3 {
		_, err := l.Receive(t.Context())
		require.ErrorIs(t, err, hub.ErrClosed)
	}
	require.NoError(t, l.Close())
	require.ErrorIs(t, h.Publish(t.Context(), love.Message{Category: "event"}), hub.ErrClosed)
}

func TestAStreamHasOneOrderForAllWhoeverPublishes(t *testing.T) {
	h, _ := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const publishers, each = 3, 2000
	group := love.StreamGroup("telemetry", "A", 0, "s")
	var orders [2][]string
	var subscribers sync.WaitGroup
	for i := range orders {
		messages := h.Subscribe(ctx, hub.SubscribeOptions{Seq: true}, group)
		subscribers.Go(func() {
			for raw, err := range messages {
				if err != nil {
					return
				}
				orders[i] = append(orders[i], string(raw))
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
	for raw, err := range h.Subscribe(ctx, hub.SubscribeOptions{Snapshot: true}, group) {
		require.NoError(t, err)
		last, _ := love.ParseMessage([]byte(orders[0][len(orders[0])-1]))
		snapshot, err := love.ParseMessage(raw)
		require.NoError(t, err)
		require.Equal(t, last.Data, snapshot.Data)
		break
	}
}

func TestWithoutMemoryForLastValuesCountersAndConflationGoOn(t *testing.T) {
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

func TestEveryEndOfALocalConnectionIsCounted(t *testing.T) {
	r := new(recorder)
	h, _ := start(t, hub.WithObserver(r))
	for range 10 {
		l := h.Local(auth.Principal{Process: true})
		require.NoError(t, l.Send(t.Context(), []byte(request("subscribe", "event-A-0-s"))))
		require.NoError(t, l.Close())
		require.NoError(t, l.Close())
	}
	require.Equal(t, 10, r.counts["opened true"])
	require.Equal(t, 10, r.counts["closed peer"])
	require.Equal(t, 10, r.counts["dropped closed"], "the confirmations nobody read")
}

func TestAnotherRateKeepsTheNewestValue(t *testing.T) {
	_, url := start(t, hub.WithClock(newClock()))
	c, pub := process(t, url), process(t, url)
	c.send(withOptions("telemetry-A-1-s", `"max_rate":0.01`))
	c.next()
	pub.send(telemetry("s", 1))
	pub.send(telemetry("s", 2))
	pub.alive()
	c.send(request("subscribe", "telemetry-A-1-s"))
	require.Contains(t, c.next(), `{"s":1}`)
	require.Contains(t, c.next(), "Successfully")
	require.Contains(t, c.next(), `{"s":2}`)
	require.Empty(t, c.alive())
}

func TestAHubThatWasPausedAsksBeforeItGivesUpItsPeers(t *testing.T) {
	clock := newClock()
	_, url := start(t, hub.WithClock(clock))
	c := process(t, url)
	c.alive()
	clock.Advance(45 * time.Second)
	require.Equal(t, ws.OpPing, c.nextFrame().Header.OpCode)
	c.alive()
}

func TestABurstLargerThanTheQueueReachesAReaderThatReads(t *testing.T) {
	_, url := start(t, hub.WithLimits(hub.Limits{QueueBytes: 20_000}))
	pub := process(t, url)
	streams := make([]string, 200)
	for i := range streams {
		streams[i] = fmt.Sprintf(`"s%d":%q`, i, strings.Repeat("x", 500))
	}
	message := `{"category":"event","data":[{"csc":"A","salindex":0,"data":{` + strings.Join(streams, ",") + `}}]}`
	pub.send(message)
	pub.alive()
	c := process(t, url)
	c.send(withOptions("event-A-0-*", `"snapshot":true`))
	require.Contains(t, c.next(), "Successfully")
	for range streams {
		require.Contains(t, c.next(), `"snapshot":true`)
	}
	pub.send(message)
	for range streams {
		require.Contains(t, c.next(), `"subscription":"event-A-0-*"`)
	}
}

// exported is a broker between processes: it carries what it may.
type exported struct{ hub.Broker }

func (b exported) Publish(batch []hub.Envelope) error {
	copies := make([]hub.Envelope, len(batch))
	for i, e := range batch {
		copies[i] = hub.Envelope{Kind: e.Kind, Payload: append([]byte(nil), e.Payload...), Received: e.Received, Source: e.Source}
	}
	return b.Broker.Publish(copies)
}

func TestHubsOfDifferentProcessesActAsOne(t *testing.T) {
	broker := exported{hub.NewMemoryBroker()}
	_, urlA := start(t, hub.WithBroker(broker))
	_, urlB := start(t, hub.WithBroker(broker))
	watcher := process(t, urlA).subscribe("event-Hub-0-sources")
	producer := process(t, urlB).subscribe("initial_state-A-all-all")
	process(t, urlA).subscribe("event-A-1-s")
	require.Equal(t, initialState("A", "1", "s"), producer.next())
	producer.send(telemetry("s", 1))
	require.Contains(t, watcher.next(), `"connected":{"value":true`)
	producer.close(nil)
	producer.closed()
	require.Contains(t, watcher.next(), `"components":{"value":["A"]`)
	for _, url := range []string{urlA, urlB} {
		c := process(t, url)
		c.send(withOptions("telemetry-A-1-s", `"snapshot":true`))
		c.next()
		require.Contains(t, c.next(), `"snapshot":true,"stale":true}`)
	}
}

func TestWhatTheBrokerDoesNotTakeIsCounted(t *testing.T) {
	h, url := start(t, hub.WithBroker(brokenBroker{}))
	c := process(t, url)
	c.send(telemetry("s", 1))
	c.alive()
	require.Positive(t, h.Stats().Denied["broker"])
}

type brokenBroker struct{}

func (brokenBroker) Publish([]hub.Envelope) error       { return fmt.Errorf("no connection") }
func (brokenBroker) Attach(func([]hub.Envelope)) func() { return func() {} }
