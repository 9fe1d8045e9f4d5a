package lovetest

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// startHub starts a hub at a broker.
func startHub(t *testing.T, b hub.Broker, options ...hub.Option) *hub.Hub {
	h := hub.New(append(options, hub.WithBroker(b), hub.WithTracing(false))...)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, h.Shutdown(ctx))
	})
	return h
}

// peer is a session of a hub, as a websocket would be.
type peer struct {
	t *testing.T
	l *hub.Local
}

func joinHub(t *testing.T, h *hub.Hub) *peer {
	l := h.Local(auth.Principal{Process: true})
	t.Cleanup(func() { _ = l.Close() })
	return &peer{t, l}
}

func (p *peer) send(format string, args ...any) {
	require.NoError(p.t, p.l.Send(p.t.Context(), fmt.Appendf(nil, format, args...)))
}

func (p *peer) next() string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	msg, err := p.l.Receive(ctx)
	require.NoError(p.t, err, "a message must come")
	return string(msg)
}

// subscribe joins groups, "event-A-0-s", with further members of the request, `,"seq":true`.
func (p *peer) subscribe(more string, groups ...string) *peer {
	p.t.Helper()
	for _, g := range groups {
		part := strings.SplitN(g, "-", 4)
		p.send(`{"option":"subscribe","category":%q,"csc":%q,"salindex":%q,"stream":%q%s}`, part[0], part[1], part[2], part[3], more)
		require.Equal(p.t, fmt.Sprintf(`{"data":"Successfully subscribed to %s"}`, g), p.next())
	}
	return p
}

// publish publishes an event of component A.
func (p *peer) publish(stream string, value any) {
	p.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{%q:[{"n":%v}]}}]}`, stream, value)
}

// delivered is a message to a group, as far as these tests look at it.
type delivered struct {
	Subscription    string
	Snapshot, Stale bool
	Data            []struct{ Data map[string]json.RawMessage }
}

func (p *peer) delivered() (d delivered) {
	p.t.Helper()
	msg := p.next()
	require.NoError(p.t, json.Unmarshal([]byte(msg), &d), msg)
	return d
}

// number returns the number that publish put into the message.
func (d *delivered) number(t *testing.T) int {
	t.Helper()
	for _, raw := range d.Data[0].Data {
		var v []struct{ N int }
		if json.Unmarshal(raw, &v) != nil || len(v) == 0 { // …-all: once more in the component's name
			var inner map[string][]struct{ N int }
			require.NoError(t, json.Unmarshal(raw, &inner))
			for _, v = range inner {
				break
			}
		}
		return v[0].N
	}
	require.FailNow(t, "a message without a value")
	return 0
}

func hubsDeliver(t *testing.T, connect func() hub.Broker) {
	const n = 300
	var hubs []*hub.Hub
	for range 3 {
		hubs = append(hubs, startHub(t, connect()))
	}
	groups := []string{"event-A-0-s", "event-A-0-all", "event-all-all-all", "event-*-*-s"}
	var subscribers []*peer
	for _, h := range hubs {
		subscribers = append(subscribers, joinHub(t, h).subscribe("", groups...))
	}
	producer := joinHub(t, hubs[0])
	for i := range n {
		producer.publish("s", i)
	}
	producer.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[{"n":%d}]}},{"csc":"B","salindex":1,"data":{"other":[{"n":1}]}}]}`, n)
	for i, s := range subscribers {
		next := map[string]int{}
		for range len(groups) * (n + 1) {
			d := s.delivered()
			require.Equal(t, next[d.Subscription], d.number(t), "hub %d, %s", i, d.Subscription)
			next[d.Subscription]++
		}
		s.subscribe("", "telemetry-End-0-of") // nothing comes before its confirmation
	}
}

func hubsConfirm(t *testing.T, connect func() hub.Broker) {
	here, there := startHub(t, connect()), startHub(t, connect())
	producer, s := joinHub(t, here), joinHub(t, there)
	for i := range 100 {
		s.subscribe("", fmt.Sprintf("telemetry-C%d-0-s", i))
		producer.send(`{"category":"telemetry","data":[{"csc":"C%d","salindex":0,"data":{"s":[{"n":%d}]}}]}`, i, i)
		d := s.delivered()
		require.Equal(t, i, d.number(t))
	}
}

func hubsAsk(t *testing.T, connect func() hub.Broker) {
	here, there := startHub(t, connect()), startHub(t, connect())
	producer := joinHub(t, here).subscribe("", "initial_state-A-all-all")
	other := joinHub(t, here).subscribe("", "initial_state-B-all-all")
	joinHub(t, there).subscribe("", "event-A-1-s")
	require.Equal(t, `{"category":"initial_state","data":[{"csc":"A","salindex":1,"data":{"event_name":"s"}}],"subscription":"initial_state-all-all-all"}`, producer.next())
	other.subscribe("", "telemetry-End-0-of")
	producer.subscribe("", "telemetry-End-0-of")
}

// The limits are those of docs/protocol/manager.md#initial-state: ten for a stream at once,
// then one in a second.
func hubsLimitRequests(t *testing.T, connect func() hub.Broker) {
	here := startHub(t, connect(), hub.WithClock(NewClock(time.Now()))) // it stands still
	producer := joinHub(t, here).subscribe("", "initial_state-A-all-all")
	for range 3 {
		there := startHub(t, connect(), hub.WithClock(NewClock(time.Now())))
		s := joinHub(t, there)
		for range 10 {
			s.subscribe("", "event-A-1-s")
		}
		s.subscribe("", "event-A-1-last")
	}
	got := map[string]int{}
	for got["last"] < 3 {
		var d struct {
			Data []struct{ Data map[string]string }
		}
		require.NoError(t, json.Unmarshal([]byte(producer.next()), &d))
		got[d.Data[0].Data["event_name"]]++
	}
	require.Equal(t, 10, got["s"])
}

func hubsLoseSource(t *testing.T, connect func() hub.Broker) {
	here, there := startHub(t, connect()), startHub(t, connect())
	s := joinHub(t, there).subscribe("", "event-A-0-s")
	producer := joinHub(t, here)
	producer.publish("s", 1)
	s.next()
	require.True(t, isLive(there, "s"))
	require.NoError(t, producer.l.Close())
	require.Eventually(t, func() bool { return !isLive(there, "s") }, patience, 5*time.Millisecond)
}

func isLive(h *hub.Hub, stream string) bool {
	for _, s := range h.Streams() {
		if s.Stream == stream {
			return s.Live
		}
	}
	return false
}

func hubsShareLastValues(t *testing.T, connect func() hub.Broker) {
	here, there := startHub(t, connect()), startHub(t, connect())
	producer := joinHub(t, here)
	for i := range 5 {
		producer.publish("s", i)
	}
	producer.send(`{"category":"event","data":[{"csc":"A","salindex":"0","data":{"t":[{"n":5}]}},{"csc":"B","salindex":1,"data":{"o":[{"n":6}]}}]}`)
	producer.send(`{"category":"telemetry","data":[{"csc":"A","salindex":0,"data":{"s":[{"n":7}]}}]}`)
	for name, h := range map[string]*hub.Hub{"another": there, "one that starts": startHub(t, connect())} {
		s := joinHub(t, h)
		for group, numbers := range map[string][]int{
			"event-A-0-s": {4}, "event-A-0-t": {5}, "event-A-0-all": {4, 5}, "event-B-1-o": {6}, "event-all-all-all": {4, 5, 6}, "event-*-*-s": {4},
			"telemetry-A-0-s": {7}, "telemetry-A-1-s": nil,
		} {
			s.subscribe(`,"snapshot":true`, group)
			var got []int
			for range numbers {
				d := s.delivered()
				require.Equal(t, group, d.Subscription)
				require.True(t, d.Snapshot)
				require.False(t, d.Stale)
				got = append(got, d.number(t))
			}
			require.ElementsMatch(t, numbers, got, "%s: %s", name, group)
		}
	}
}

func hubsJoinSnapshots(t *testing.T, connect func() hub.Broker) {
	here, there := startHub(t, connect()), startHub(t, connect())
	producer := joinHub(t, here)
	producer.publish("s", 0)
	ctx, stop := context.WithCancel(t.Context())
	var publishing sync.WaitGroup
	defer publishing.Wait()
	defer stop()
	publishing.Go(func() {
		for i := 1; ctx.Err() == nil; i++ {
			if producer.l.Send(ctx, fmt.Appendf(nil, `{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[{"n":%d}]}}]}`, i)) != nil {
				return
			}
			time.Sleep(50 * time.Microsecond)
		}
	})
	snapshots := 0
	for i := range 60 {
		h := there
		if i%10 == 9 {
			h = startHub(t, connect())
		}
		s := joinHub(t, h)
		group := []string{"event-A-0-s", "event-A-0-all", "event-all-all-all"}[i%3]
		s.subscribe(`,"snapshot":true`, group)
		first := s.delivered() // the snapshot, unless a newer value has overtaken it
		if first.Snapshot {
			snapshots++
		}
		last := first.number(t)
		for range 20 {
			d := s.delivered()
			require.False(t, d.Snapshot)
			require.Equal(t, last+1, d.number(t), "after a snapshot, %s, number %d", group, i)
			last++
		}
		require.NoError(t, s.l.Close())
	}
	require.Positive(t, snapshots)
}

func hubsShareStaleness(t *testing.T, connect func() hub.Broker) {
	here, there := startHub(t, connect()), startHub(t, connect())
	gone, stays := joinHub(t, here), joinHub(t, here)
	gone.publish("s", 1)
	stays.publish("t", 2)
	require.NoError(t, gone.l.Close())
	joinHub(t, here).subscribe("", "event-A-0-s") // the hub has noticed
	for _, h := range []*hub.Hub{there, startHub(t, connect())} {
		for group, stale := range map[string]bool{"event-A-0-s": true, "event-A-0-t": false} {
			require.Eventually(t, func() bool {
				s := joinHub(t, h)
				s.subscribe(`,"snapshot":true`, group)
				d := s.delivered()
				require.True(t, d.Snapshot)
				return d.Stale == stale
			}, patience, 20*time.Millisecond, group)
		}
	}
}

func hubsBeat(t *testing.T, connect func() hub.Broker) {
	here := startHub(t, connect(), hub.WithHeartbeats(50*time.Millisecond, nil))
	startHub(t, connect())
	startHub(t, connect())
	s := joinHub(t, here)
	s.subscribe("", "heartbeat-manager-0-stream")
	var names map[string]bool
	require.Eventually(t, func() bool {
		var beat struct {
			Data []struct {
				CSC  string
				Data struct{ Timestamp float64 }
			}
		}
		require.NoError(t, json.Unmarshal([]byte(s.next()), &beat))
		names = map[string]bool{}
		require.Equal(t, "Manager", beat.Data[0].CSC)
		for _, b := range beat.Data {
			require.False(t, names[b.CSC], "each once")
			require.Positive(t, b.Data.Timestamp)
			names[b.CSC] = true
		}
		return len(names) == 3
	}, patience, time.Millisecond)
	for name := range names {
		require.True(t, strings.HasPrefix(name, "Manager"), name)
	}
}

// brokerIsSelective looks at what a broker hands to a hub.
func brokerIsSelective(t *testing.T, connect func() hub.Broker) {
	publisher, b := connect(), connect()
	attach(t, publisher)
	selective, ok := b.(hub.InterestBroker)
	require.True(t, ok)
	r := &receiver{inbox: inbox{more: make(chan struct{}, 1)}, ready: make(chan hub.Topic, 10)}
	link := selective.AttachReceiver(r)
	t.Cleanup(link.Detach)
	publish := func(category, csc string, n int) {
		require.NoError(t, publisher.Publish([]hub.Envelope{{
			Payload: fmt.Appendf(nil, `{"category":%q,"data":[{"csc":%q,"salindex":1,"data":{"s":%d}}]}`, category, csc, n), Received: time.Now(), Source: "s-1",
		}}))
	}
	want := func(topic hub.Topic) {
		if link.Want(topic) {
			return
		}
		select {
		case got := <-r.ready:
			require.Equal(t, topic, got)
		case <-time.After(patience):
			require.FailNow(t, "the broker was never ready")
		}
	}
	a := hub.Topic{Category: love.CategoryEvent, CSC: "A", SalIndex: "1"}
	want(a)
	publish("event", "B", 1)
	publish("telemetry", "A", 2)
	publish("event", "A", 3)
	require.Contains(t, string(r.wait(t, 1)[0].Payload), `{"s":3}`, "only the last is wanted")
	want(hub.Topic{Category: love.CategoryTelemetry})
	link.Unwant(a)
	publish("event", "B", 4)
	publish("telemetry", "C", 5)
	require.Contains(t, string(r.wait(t, 2)[1].Payload), `{"s":5}`)
}

// receiver is a hub that records what its broker hands to it.
type receiver struct {
	inbox
	ready chan hub.Topic
}

func (r *receiver) Deliver(batch []hub.Envelope)             { r.deliver(batch) }
func (r *receiver) Mark() uint64                             { return 1 }
func (r *receiver) Learn(hub.Topic, uint64, []hub.LastValue) {}
func (r *receiver) Ready(t hub.Topic)                        { r.ready <- t }
func (r *receiver) LastValues(bool) iter.Seq[hub.LastValue]  { return func(func(hub.LastValue) bool) {} }
