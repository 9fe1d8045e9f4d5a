package hub_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

// selective is a broker that carries only what the test hands to its hub.
type selective struct {
	mu       sync.Mutex
	receiver hub.Receiver
	wants    []string
	ready    bool // what Want returns
	changed  chan struct{}

	published int // batches
}

func newSelective() *selective { return &selective{ready: true, changed: make(chan struct{}, 100)} }

func (b *selective) Publish(batch []hub.Envelope) error {
	b.mu.Lock()
	b.published++
	b.mu.Unlock()
	b.receiver.Deliver(batch)
	return nil
}

func (b *selective) Attach(func([]hub.Envelope)) func() {
	panic("a hub that can be told of last values is")
}

func (b *selective) AttachReceiver(r hub.Receiver) hub.Link {
	b.receiver = r
	return b
}

func (b *selective) note(change string, t hub.Topic) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wants = append(b.wants, fmt.Sprintf("%s%s-%s-%s", change, t.Category, t.CSC, t.SalIndex))
	b.changed <- struct{}{}
	return b.ready
}

func (b *selective) Want(t hub.Topic) bool { return b.note("+", t) }
func (b *selective) Unwant(t hub.Topic)    { b.note("-", t) }
func (b *selective) Detach()               {}

func (b *selective) taken() (wants []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	wants, b.wants = b.wants, nil
	return wants
}

func startSelective(t *testing.T, options ...hub.Option) (*selective, *hub.Hub, *local) {
	b := newSelective()
	h, _ := start(t, append(options, hub.WithBroker(b))...)
	return b, h, newLocal(t, h)
}

// local is a session in the process.
type local struct {
	t *testing.T
	*hub.Local
}

func newLocal(t *testing.T, h *hub.Hub) *local {
	l := h.Local(auth.Principal{Process: true})
	t.Cleanup(func() { _ = l.Close() })
	return &local{t, l}
}

func (l *local) subscribe(group, more string) {
	l.t.Helper()
	g, err := love.ParseGroup(group)
	require.NoError(l.t, err)
	require.NoError(l.t, l.Send(l.t.Context(), fmt.Appendf(nil, `{"option":"subscribe","category":%q,"csc":%q,"salindex":%q,"stream":%q%s}`, g.Category, g.CSC, g.SalIndex, g.Stream, more)))
}

func (l *local) next() string {
	l.t.Helper()
	msg, err := l.Receive(l.t.Context())
	require.NoError(l.t, err)
	return string(msg)
}

func TestABrokerIsToldOfEachTopicOnceThatSessionsWant(t *testing.T) {
	b, h, s := startSelective(t)
	other := newLocal(t, h)
	for _, group := range []string{"event-A-1-s", "event-A-1-t", "event-A-1-all"} {
		s.subscribe(group, "")
		other.subscribe(group, "")
	}
	require.Equal(t, []string{"+event-A-1"}, b.taken())
	other.subscribe("telemetry-all-all-all", "")
	other.subscribe("telemetry-A-*-s", "")
	other.subscribe("event-*-*-*", "")
	other.subscribe("initial_state-A-all-all", "")
	require.Equal(t, []string{"+telemetry--", "+event--", "+initial_state-A-all"}, b.taken())
	require.NoError(t, s.Close())
	require.Empty(t, b.taken(), "the other wants them, too")
	require.NoError(t, other.Close())
	require.ElementsMatch(t, []string{"-event-A-1", "-telemetry--", "-event--", "-initial_state-A-all"}, b.taken())
}

func TestASubscriptionIsConfirmedWhenTheBrokerIsReady(t *testing.T) {
	clock := newClock()
	b, h, s := startSelective(t, hub.WithClock(clock))
	b.ready = false
	topic := hub.Topic{Category: "event", CSC: "A", SalIndex: "1"}
	confirmed := make(chan string, 1)
	go func() {
		s.subscribe("event-A-1-s", `,"snapshot":true`)
		confirmed <- s.next()
	}()
	<-b.changed
	select {
	case msg := <-confirmed:
		require.Fail(t, "too early", msg)
	default:
	}
	b.receiver.Learn(topic, b.receiver.Mark(), []hub.LastValue{learned("s", "1", 1)})
	b.receiver.Ready(topic)
	require.Contains(t, <-confirmed, "Successfully subscribed to event-A-1-s")
	require.Contains(t, s.next(), `"s":1}}],"subscription":"event-A-1-s","snapshot":true`)

	other := newLocal(t, h)
	go func() {
		other.subscribe("event-B-1-s", "")
		confirmed <- other.next()
	}()
	<-b.changed
	require.Eventually(t, func() bool { // a broker that is slow keeps nobody for longer than a second
		clock.Advance(time.Second)
		return len(confirmed) == 1
	}, 30*time.Second, time.Millisecond)
	<-confirmed
	other.subscribe("event-C-1-s", "") // and nobody else waits for the next ones
	require.Contains(t, other.next(), "event-C-1-s")
}

func learned(stream, value string, number uint64) hub.LastValue {
	return hub.LastValue{
		Category: "event", CSC: []byte(`"A"`), SalIndex: []byte("1"), Stream: []byte(`"` + stream + `"`), Value: []byte(value),
		Source: "remote-1", Number: number, Received: time.Unix(1_700_000_000, 0),
	}
}

func deliver(b *selective, stream, value string, number uint64) {
	b.receiver.Deliver([]hub.Envelope{{
		Payload: fmt.Appendf(nil, `{"category":"event","data":[{"csc":"A","salindex":1,"data":{%q:%s}}]}`, stream, value),
		Source:  "remote-1", Number: number, Received: time.Unix(1_700_000_000, 0),
	}})
}

func TestWhatSessionsHaveMissedIsDeliveredAndNothingElse(t *testing.T) {
	b, _, s := startSelective(t, hub.WithClock(lovetest.NewClock(time.Unix(1_700_000_000, 0))), hub.WithTracing(false))
	topic := hub.Topic{Category: "event", CSC: "A", SalIndex: "1"}
	s.subscribe("event-A-1-s", "")
	s.subscribe("event-A-1-all", "")
	s.next()
	s.next()
	deliver(b, "s", "1", 1)
	s.next()
	s.next()
	mark := b.receiver.Mark()
	b.receiver.Learn(topic, mark, []hub.LastValue{learned("s", "1", 1)})
	b.receiver.Learn(topic, mark, []hub.LastValue{learned("s", "0", 0)})
	b.receiver.Learn(hub.Topic{Category: "event", CSC: "B", SalIndex: "1"}, mark, []hub.LastValue{learned("s", "2", 2)})
	b.receiver.Learn(topic, mark, []hub.LastValue{learned("s", "3", 3)})
	require.Equal(t, `{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":3}}],"subscription":"event-A-1-s"}`, s.next())
	require.Contains(t, s.next(), `"data":{"A":{"s":3}}`)

	mark = b.receiver.Mark()
	deliver(b, "s", "4", 4) // after the mark
	s.next()
	s.next()
	other := learned("s", "5", 1)
	other.Source, other.Received = "remote-2", other.Received.Add(time.Hour)
	b.receiver.Learn(topic, mark, []hub.LastValue{other})
	mark = b.receiver.Mark()
	other.Received = other.Received.Add(-2 * time.Hour)
	b.receiver.Learn(topic, mark, []hub.LastValue{other}) // what the hub has came later
	other.Received = other.Received.Add(2 * time.Hour)
	b.receiver.Learn(topic, mark, []hub.LastValue{other})
	require.Contains(t, s.next(), `{"s":5}`)
}

func TestASessionHasMissedNothingFromBeforeItsSubscription(t *testing.T) {
	clock := lovetest.NewClock(time.Unix(1_700_000_000, 0))
	b, h, early := startSelective(t, hub.WithClock(clock), hub.WithTracing(false))
	const group = "event-A-1-s"
	topic := hub.Topic{Category: "event", CSC: "A", SalIndex: "1"}
	subscribe := func(s *local, more string) {
		s.subscribe(group, more)
		require.Contains(t, s.next(), "Successfully")
	}
	subscribe(early, "")
	clock.Advance(time.Minute) // the broker has not been able to deliver
	plain, all, last, changed := newLocal(t, h), newLocal(t, h), newLocal(t, h), newLocal(t, h)
	subscribe(plain, "")
	all.subscribe("event-all-all-all", "")
	all.next()
	subscribe(last, `,"snapshot":true`)
	subscribe(changed, "")
	subscribe(changed, `,"seq":true`)

	published := learned("s", "1", 1)
	published.Received = clock.Now().Add(-2 * time.Second)
	b.receiver.Learn(topic, b.receiver.Mark(), []hub.LastValue{published})
	require.Contains(t, early.next(), `"s":1`)
	require.Contains(t, last.next(), `"s":1`, "it has asked for it")
	subscribe(early, `,"snapshot":true`)
	require.Contains(t, early.next(), `"s":1`, "snapshots have it")

	published = learned("s", "2", 2)
	published.Received = clock.Now().Add(-time.Second) // by a clock that may differ by as much
	b.receiver.Learn(topic, b.receiver.Mark(), []hub.LastValue{published})
	for _, s := range []*local{early, last, plain, all, changed} {
		require.Contains(t, s.next(), `"s":2`)
	}
}

func TestWhatAHubHasLearnedIsNotDeliveredWhenItIsSentAgain(t *testing.T) {
	b, _, s := startSelective(t, hub.WithClock(lovetest.NewClock(time.Unix(1_700_000_000, 0))))
	component, category := hub.Topic{Category: "event", CSC: "A", SalIndex: "1"}, hub.Topic{Category: "event"}
	groups := []string{"event-A-1-s", "event-A-1-all", "event-all-all-all", "event-*-*-*"}
	for _, g := range groups {
		s.subscribe(g, "")
		s.next()
	}
	four := func(value string) {
		t.Helper()
		for range groups {
			require.Contains(t, s.next(), `"s":`+value)
		}
	}
	deliver(b, "s", "1", 1)
	four("1")
	b.receiver.Learn(component, b.receiver.Mark(), []hub.LastValue{learned("s", "5", 5)})
	four("5")
	b.receiver.Learn(category, b.receiver.Mark(), []hub.LastValue{learned("s", "5", 5)})
	deliver(b, "s", "4", 4)
	deliver(b, "s", "5", 5)
	deliver(b, "s", "6", 6)
	four("6")

	b.receiver.Deliver([]hub.Envelope{{
		Payload: []byte(`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":7}},{"csc":"A","salindex":1,"data":{"s":8}}]}`),
		Source:  "remote-1", Number: 7,
	}})
	stream := []string{}
	for range 7 { // the subscription to the category gets it whole
		if msg := s.next(); strings.Contains(msg, `"subscription":"event-A-1-s"`) {
			stream = append(stream, msg)
		}
	}
	require.Len(t, stream, 2, "a message may have a stream twice")
}

func TestSessionsMissNothingThatIsLearnedForOthers(t *testing.T) {
	for _, other := range []struct {
		wants, learns string
		topic         hub.Topic
	}{
		{"event-A-1-s", "event-all-all-all", hub.Topic{Category: "event"}},
		{"event-all-all-all", "event-A-1-t", hub.Topic{Category: "event", CSC: "A", SalIndex: "1"}},
	} {
		b, h, s := startSelective(t, hub.WithClock(lovetest.NewClock(time.Unix(1_700_000_000, 0))))
		s.subscribe(other.wants, "")
		s.next()
		deliver(b, "s", "1", 1)
		s.next()
		<-b.changed
		b.ready = false // Redis was away, and is being read
		confirmed := make(chan string)
		go func() {
			l := newLocal(t, h)
			l.subscribe(other.learns, "")
			confirmed <- l.next()
		}()
		<-b.changed
		b.receiver.Learn(other.topic, b.receiver.Mark(), []hub.LastValue{learned("s", "2", 2)})
		b.receiver.Ready(other.topic)
		<-confirmed
		require.Contains(t, s.next(), `"s":2`, other.wants)
	}
}

func TestAMessageThatWasOvertakenDoesNotBecomeTheLastValue(t *testing.T) {
	clock := lovetest.NewClock(time.Unix(1_700_000_000, 0).Add(2 * time.Second))
	b, h, s := startSelective(t, hub.WithClock(clock))
	producer := newLocal(t, h)
	require.NoError(t, producer.Send(t.Context(), []byte(`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":"newer"}}]}`)))
	deliver(b, "s", `"two seconds older"`, 1)
	s.subscribe("event-A-1-s", `,"snapshot":true`)
	s.next()
	require.Contains(t, s.next(), "newer")
}

func TestSourcesComeBack(t *testing.T) {
	b, _, s := startSelective(t)
	deliver(b, "s", "1", 1)
	b.receiver.Deliver([]hub.Envelope{{Kind: hub.EnvelopeGone, Source: "remote-1"}})
	s.subscribe("event-A-1-s", `,"snapshot":true`)
	s.next()
	require.Contains(t, s.next(), `"stale":true`)
	topic := hub.Topic{Category: "event", CSC: "A", SalIndex: "1"}
	b.receiver.Learn(topic, b.receiver.Mark(), []hub.LastValue{learned("s", "1", 1)})
	s.subscribe("event-A-1-s", `,"snapshot":true`)
	s.next()
	require.NotContains(t, s.next(), "stale")
}

func TestAValueThatWasLearnedOfASourceThatSeemedGoneIsNotStaleOnceItIsFound(t *testing.T) {
	b, _, s := startSelective(t)
	topic := hub.Topic{Category: "event", CSC: "A", SalIndex: "1"}
	stale := func() bool {
		s.subscribe("event-A-1-s", `,"snapshot":true`)
		s.next()
		return strings.Contains(s.next(), `"stale":true`)
	}
	v := learned("s", "1", 1)
	v.Stale = true
	b.ready = false
	confirmed := make(chan string, 1)
	go func() {
		s.subscribe("event-A-1-t", "")
		confirmed <- s.next()
	}()
	<-b.changed
	b.receiver.Learn(topic, b.receiver.Mark(), []hub.LastValue{v})
	b.receiver.Ready(topic)
	<-confirmed
	require.True(t, stale())
	b.receiver.Deliver([]hub.Envelope{{Kind: hub.EnvelopeFound, Source: "remote-1"}})
	require.False(t, stale())
	b.receiver.Deliver([]hub.Envelope{{Kind: hub.EnvelopeFound, Source: "remote-1"}, {Kind: hub.EnvelopeGone, Source: "remote-1"}})
	require.True(t, stale())
}

func TestSessionsLearnOfSourcesWhoseHubIsLostAndFound(t *testing.T) {
	b, _, s := startSelective(t)
	deliver(b, "s", "1", 1)
	s.subscribe("event-Hub-0-sources", "")
	s.next()
	b.receiver.Deliver([]hub.Envelope{{Kind: hub.EnvelopeLost, Source: "remote"}, {Kind: hub.EnvelopeLost, Source: "remote-1"}, {Kind: hub.EnvelopeLost, Source: "remote-2"}})
	lost := s.next()
	require.Contains(t, lost, `"source":{"value":"remote-1"`, "but not the hub itself")
	require.Contains(t, lost, `"connected":{"value":false`)
	require.Contains(t, lost, `"components":{"value":["A"]`)
	require.Contains(t, s.next(), `"components":{"value":[]`)
	s.subscribe("event-A-1-s", `,"snapshot":true`)
	s.next()
	require.Contains(t, s.next(), `"stale":true`)
	published := b.published
	b.receiver.Deliver([]hub.Envelope{{Kind: hub.EnvelopeFound, Source: "remote-1"}})
	found := s.next()
	require.Contains(t, found, `"source":{"value":"remote-1"`)
	require.Contains(t, found, `"connected":{"value":true`)
	require.Contains(t, found, `"components":{"value":["A"]`)
	require.Equal(t, published, b.published, "every hub tells its own sessions")
}

func TestTheTopicAndTheLastValuesOfAnEnvelope(t *testing.T) {
	for payload, want := range map[string]hub.Topic{
		`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":1}},{"csc":"A","salindex":1,"data":{"t":2}}]}`: {Category: "event", CSC: "A", SalIndex: "1"},
		`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":1}},{"csc":"B","salindex":1,"data":{"t":2}}]}`: {Category: "event"},
		`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":1,"t":2}},{"csc":1}]}`:                         {Category: "event", CSC: "A", SalIndex: "1"},
		`{"category":"event","data":[]}`: {Category: "event"},
		`{"category":1}`:                 {},
		`nothing`:                        {},
	} {
		e := hub.Envelope{Payload: []byte(payload), Source: "s-1", Number: 7}
		require.Equal(t, want, e.Topic(), payload)
		got := map[string]string{}
		for v := range e.LastValues() {
			require.EqualValues(t, 7, v.Number)
			require.Equal(t, "s-1", v.Source)
			got[string(v.Stream)] = string(v.Value)
		}
		if want.SalIndex != "" {
			require.Equal(t, map[string]string{`"s"`: "1", `"t"`: "2"}, got)
		}
	}
	request := hub.Envelope{Kind: hub.EnvelopeInitialState, Payload: []byte(`{"category":"initial_state","data":[{"csc":"A","salindex":1,"data":{"event_name":"s"}}]}`)}
	require.Equal(t, hub.Topic{Category: "initial_state", CSC: "A", SalIndex: "all"}, request.Topic())
	for range request.LastValues() {
		require.Fail(t, "a request leaves none")
	}
}

func TestAHubYieldsItsLastValues(t *testing.T) {
	b, h, _ := startSelective(t)
	producer := newLocal(t, h)
	require.NoError(t, producer.Send(t.Context(), []byte(`{"category":"event","data":[{"csc":"A","salindex":1,"data":{"own":1}}]}`)))
	deliver(b, "remote", "2", 3)
	values := func(own bool) map[string]string {
		got := map[string]string{}
		for v := range b.receiver.LastValues(own) {
			if v.Topic().CSC == "A" {
				got[string(v.Stream)] = string(v.Value)
			}
		}
		return got
	}
	require.Equal(t, map[string]string{`"own"`: "1"}, values(true))
	require.Equal(t, map[string]string{`"own"`: "1", `"remote"`: "2"}, values(false))
}
