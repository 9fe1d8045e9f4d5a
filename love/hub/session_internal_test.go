package hub

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// queueSink is a sink that leaves everything in the outbox.
type queueSink struct{ discard }

func (*queueSink) wake()  {}
func (*queueSink) press() {}

// newQueued returns a hub, and a session of it whose frames wait.
func newQueued(t *testing.T) (*Hub, *session) {
	h := New(WithTracing(false))
	t.Cleanup(func() { require.NoError(t, h.Shutdown(context.Background())) })
	s := h.newSession(auth.Principal{Process: true}, sessionOptions{})
	s.sink = new(queueSink)
	return h, s
}

// waiting returns the payloads that wait, and removes them.
func waiting(s *session) (texts []string) {
	s.out.startConsuming()
	written := 0
	for {
		frames := s.out.take(nil, maxWrite, written)
		if len(frames) == 0 {
			return texts
		}
		written = 0
		for _, f := range frames {
			written += len(f.bytes)
			texts = append(texts, string(f.payload()))
		}
	}
}

func event(t *testing.T, h *Hub, stream, value string) {
	require.NoError(t, h.Publish(t.Context(), love.Message{Category: love.CategoryEvent, Data: []love.Item{
		{CSC: "A", Streams: []love.Stream{{Name: stream, Value: love.RawValue(value)}}},
	}}))
}

// timedSink is a sink that keeps the time that the rest of the session may take.
type timedSink struct {
	queueSink
	timeout time.Duration
}

func (s *timedSink) setTimeout(d time.Duration) { s.timeout = d }

// Before the close frame comes the rest of what has been begun, which takes long for a
// peer that reads slowly.
func TestASlowPeerHasTimeToReadWhyItIsClosed(t *testing.T) {
	for reason := range closeReasons {
		_, s := newQueued(t)
		var sink timedSink
		s.sink = &sink
		s.close(reason)
		want := time.Second
		if reason == CloseSlow || reason == CloseMemory {
			want = 10 * time.Second
		}
		require.Equal(t, want, sink.timeout, reason)
	}
}

// A message that was being routed while a session left the group comes before the
// confirmation or not at all.
func TestNothingFollowsTheConfirmationThatASubscriptionHasEnded(t *testing.T) {
	h, s := newQueued(t)
	name := love.StreamGroup(love.CategoryEvent, "A", 0, "s")
	for rate, options := range map[string]SubscribeOptions{"every message": {}, "one in a hundred seconds": {MaxRate: 0.01}} {
		t.Run(rate, func(t *testing.T) {
			var wakes wakeList
			s.join(name, options, nil, &wakes)
			g := h.index.find(name)
			routed := g.memberList()[0] // read before the session leaves
			s.leave(name, answerFrame("unsubscribed"), &wakes)
			r := router{hub: h, now: h.clock.Now()}
			for range 2 {
				require.False(t, r.sendTo(routed, g.key, textFrame(append(newBuffer(10), `{"late":1}`...))))
			}
			require.Equal(t, []string{`{"data":"unsubscribed"}`}, waiting(s))
		})
	}
}

// A peer that reads the confirmation misses nothing that it publishes from then on.
func TestASubscriptionIsInForceWhenItsConfirmationCanLeave(t *testing.T) {
	for what, options := range map[string]SubscribeOptions{"plain": {}, "with a snapshot": {Snapshot: true}} {
		t.Run(what, func(t *testing.T) {
			h, s := newQueued(t)
			name := love.StreamGroup(love.CategoryEvent, "A", 0, "s")
			confirmation := answerFrame("subscribed")
			var wakes wakeList
			s.join(name, options, confirmation, &wakes)
			require.True(t, h.index.find(name).hasMember(s))
			event(t, h, "s", "1")
			got := waiting(s)
			require.Len(t, got, 2)
			require.Equal(t, `{"data":"subscribed"}`, got[0])
			require.Contains(t, got[1], `{"s":1}`)
		})
	}
}

// A snapshot of many streams takes long. Nobody waits for it.
func TestRoutingGoesOnDuringASnapshot(t *testing.T) {
	h, s := newQueued(t)
	event(t, h, "slow", "1")
	event(t, h, "other", "1")
	slow := h.index.find(love.StreamGroup(love.CategoryEvent, "A", 0, "slow"))
	slow.last.mu.Lock() // the snapshot stops there
	joined := make(chan struct{})
	go func() {
		defer close(joined)
		var wakes wakeList
		s.join(love.CategoryGroup(love.CategoryEvent), SubscribeOptions{Snapshot: true}, nil, &wakes)
	}()
	for { // until the session has joined, which no lock prevents
		if g := h.index.find(love.CategoryGroup(love.CategoryEvent)); g != nil && len(g.memberList()) > 0 {
			break
		}
	}
	event(t, h, "other", "2") // would wait for ever
	slow.last.mu.Unlock()
	<-joined
	var slowOnes, others []string
	for _, text := range waiting(s) {
		m, err := love.ParseMessage([]byte(text))
		require.NoError(t, err)
		if stream := m.Data[0].Streams[0]; stream.Name == "slow" {
			slowOnes = append(slowOnes, string(stream.Value))
		} else {
			others = append(others, string(stream.Value))
		}
	}
	require.Equal(t, []string{"1"}, slowOnes)
	require.Equal(t, "2", others[len(others)-1], "no older value follows a newer one: %v", others)
}

// The close frame is queued after the writer has looked whether there is one.
func TestAWriterThatWaitsForAnAnswerWritesTheCloseFrame(t *testing.T) {
	h, s := newQueued(t)
	server, client := net.Pipe()
	defer client.Close()
	w := newWriter(s, server, nil)
	s.sink = w
	w.window.measured, w.window.size, w.window.sent, w.window.pings = true, 1, 10, []sentPing{{10, h.clock.Now(), 0}}
	require.True(t, s.out.startConsuming())
	w.writeBuffer = writeBuffers.Get().(*writeBuffer)
	require.Zero(t, w.window.room(h.clock.Now()), "the writer has looked")
	s.close(CloseCredential)

	go w.waitForAnswer(0)
	header, err := ws.ReadHeader(client)
	require.NoError(t, err)
	require.Equal(t, ws.OpClose, header.OpCode)
	_, err = io.CopyN(io.Discard, client, header.Length)
	require.NoError(t, err)
	s.out.waitUntilIdle()
}

// A group that a subscriber has left may be removed while its first value is routed.
func TestAValueKeepsItsNumberWhenItsGroupIsMadeAnew(t *testing.T) {
	h, s := newQueued(t)
	name := love.StreamGroup(love.CategoryEvent, "A", 0, "s")
	m := newMember(s, SubscribeOptions{})
	g := h.index.join(name, m)
	seq := g.seq.Add(1)
	h.index.leave(g, m)
	h.storeLast(g, &wire.Item{CSC: []byte(`"A"`), SalIndex: []byte(`0`)}, []byte(`1`), stamp{seq: seq, source: h.self, at: h.clock.Now(), sent: h.clock.Now()})
	event(t, h, "s", "2")
	require.EqualValues(t, 2, h.index.find(name).seq.Load())
}

// statsSink checks the counters when its session is closed.
type statsSink struct {
	queueSink
	closed func()
}

func (s *statsSink) setTimeout(time.Duration) { s.closed() }

func TestNothingIsCountedBeforeItWasOffered(t *testing.T) {
	h := New(WithTracing(false), WithLimits(Limits{QueueBytes: 10}))
	t.Cleanup(func() { require.NoError(t, h.Shutdown(context.Background())) })
	s := h.newSession(auth.Principal{Process: true}, sessionOptions{})
	closed := false
	s.sink = &statsSink{closed: func() {
		closed = true
		st := h.Stats()
		require.EqualValues(t, 2, st.Dropped["closed"])
		require.EqualValues(t, 2, st.Offered)
	}}
	s.join(love.StreamGroup(love.CategoryEvent, "A", 0, "s"), SubscribeOptions{}, nil, nil)
	event(t, h, "s", "1")
	event(t, h, "s", "2")
	require.True(t, closed)
}
