package hub

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// sized is telemetry of a stream, of so many bytes.
func sized(key uint64, n int) *frame {
	f := textFrame(append(newBuffer(n), strings.Repeat("x", n)...))
	f.key = key
	return f
}

// Conflated telemetry may grow as well as telemetry that is queued.
func TestTelemetryThatReplacesOtherNeedsRoom(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for name, c := range map[string]struct {
		hard int
		room int64
		want pushResult
	}{
		"the most for a session": {hard: 50_000, room: 1 << 30, want: overflowed},
		"the most for all":       {hard: 1 << 30, room: budgetStep, want: exhausted},
		"room":                   {hard: 1 << 30, room: 1 << 30, want: queued},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOutbox(1, c.hard, time.Hour)
			var used, sessions atomic.Int64
			sessions.Add(1000)
			o.budget = queueBudget{{&used, c.room, &sessions}}
			for key := uint64(1); key <= 4; key++ {
				_, _ = o.push(sized(key, 10_000), nil, now)
			}
			result, _ := o.push(sized(1, 200_000), nil, now)
			require.Equal(t, c.want, result)
			require.LessOrEqual(t, used.Load(), c.room)
			bytes, _ := o.stats()
			require.LessOrEqual(t, bytes, o.held+budgetStep)
		})
	}
}

// The only message that waits may be replaced by one of any size, as one is queued.
func TestOneMessageOfAnySizeReplacesAnother(t *testing.T) {
	o := newOutbox(1, 1000, time.Hour)
	now := time.Unix(1_700_000_000, 0)
	_, _ = o.push(sized(1, 500), nil, now)
	_, _ = o.push(sized(1, 600), nil, now)
	result, dropped := o.push(sized(1, 5000), nil, now)
	require.Equal(t, queued, result)
	require.Equal(t, 1, dropped)
}

// readingSink reads everything as soon as it is pressed.
type readingSink struct {
	queueSink
	session *session
	read    []string
}

func (s *readingSink) press() { s.read = append(s.read, waiting(s.session)...) }

// A client that sends many requests at once may read the answers, like what others send.
func TestConfirmationsWaitForAReaderLikeMessages(t *testing.T) {
	h := New(WithTracing(false), WithLimits(Limits{QueueBytes: 300}))
	t.Cleanup(func() { require.NoError(t, h.Shutdown(context.Background())) })
	s := h.newSession(auth.Principal{Process: true}, sessionOptions{})
	sink := &readingSink{session: s}
	s.sink = sink
	var want []string
	for i := range 100 {
		text := fmt.Sprint("subscribed ", i)
		s.join(love.StreamGroup(love.CategoryEvent, "A", 0, text), SubscribeOptions{}, answerFrame(text), new(wakeList))
		want = append(want, `{"data":"`+text+`"}`)
	}
	require.Equal(t, want, append(sink.read, waiting(s)...))
	require.Zero(t, h.Stats().Closed["slow"])
}

// A confirmation that finds no room changes nothing, so that nothing can come before it.
func TestASubscriptionDoesNotBeginBeforeItsConfirmationIsQueued(t *testing.T) {
	o := newOutbox(1<<20, 100, time.Hour)
	now := time.Unix(1_700_000_000, 0)
	_, _ = o.push(sized(0, 90), nil, now)
	m := new(member)
	result, _ := o.confirm(sized(0, 90), nil, m, now)
	require.Equal(t, overflowed, result)
	result, _ = o.push(sized(0, 1), m, now)
	require.Equal(t, inactive, result)
}

// Sessions of a user that ask together share one allowance.
func TestSnapshotsAreReservedBeforeTheyAreMade(t *testing.T) {
	h := New(WithTracing(false), WithLimits(Limits{LastBytes: 1 << 20}))
	t.Cleanup(func() { require.NoError(t, h.Shutdown(context.Background())) })
	event(t, h, "big", `"`+strings.Repeat("x", 900<<10)+`"`)
	for name, group := range map[string]love.Group{
		"all": love.CategoryGroup(love.CategoryEvent), "one": love.StreamGroup(love.CategoryEvent, "A", 0, "big"),
	} {
		allowed := 0
		for range 200 {
			s := h.newSession(auth.Principal{User: auth.User{Username: "user of " + name}}, sessionOptions{})
			if s.reserveSnapshot(group, time.Unix(1_700_000_000, 0)) {
				allowed++
			}
		}
		require.InDelta(t, 64*1024/900, allowed, 1, "%s: 64 times what may be kept", name)
	}
}

// Nothing is made for a session that has been closed.
func TestASnapshotEndsWithItsSession(t *testing.T) {
	h, s := newQueued(t)
	for i := range 100 {
		event(t, h, fmt.Sprint("s", i), "1")
	}
	s.close(CloseSlow)
	s.join(love.CategoryGroup(love.CategoryEvent), SubscribeOptions{Snapshot: true}, nil, new(wakeList))
	require.Zero(t, h.Offered())
	require.Empty(t, s.snapshots.pending)
}

// A session that reads nothing has no more than a part of a snapshot waiting.
func TestASnapshotTakesNoRoomThatOthersNeed(t *testing.T) {
	h, s := newQueued(t)
	value := `"` + strings.Repeat("x", 100_000) + `"`
	for i := range 100 {
		event(t, h, fmt.Sprint("s", i), value)
	}
	s.join(love.CategoryGroup(love.CategoryEvent), SubscribeOptions{Snapshot: true}, nil, new(wakeList))
	bytes, _ := s.out.stats()
	require.InDelta(t, snapshotAhead, bytes, 200_000)
	require.Len(t, s.snapshots.pending, 1)
}

// Nobody waits for a sweep, which does not look at what is no stream.
func TestASweepLooksAtSomeStreamsAtATime(t *testing.T) {
	h, s := newQueued(t)
	gone := &source{id: "gone"}
	const streams = 5 * sweepStep
	publish := func(src *source, name string, n int) {
		m := love.Message{Category: love.CategoryEvent, Data: []love.Item{{CSC: "A"}}}
		for i := range n {
			m.Data[0].Streams = append(m.Data[0].Streams, love.Stream{Name: fmt.Sprint(name, i), Value: love.RawValue(`1`)})
		}
		h.deliver([]Envelope{{Kind: EnvelopeData, Payload: m.AppendJSON(nil), source: src}})
	}
	publish(gone, "stale", streams)
	publish(h.self, "kept", 10)
	gone.gone.Store(true)
	subscribed := love.StreamGroup(love.CategoryEvent, "A", 0, "subscribed")
	s.join(subscribed, SubscribeOptions{}, nil, new(wakeList))
	h.index.find(subscribed).last.mu.Lock() // a sweep that looked at it would wait for ever
	stale := love.StreamGroup(love.CategoryEvent, "A", 0, "stale0")
	s.join(stale, SubscribeOptions{}, nil, new(wakeList))

	h.sweep()
	left := h.index.streams.Load()
	require.GreaterOrEqual(t, left, int64(streams+10-sweepStep-cursorStep))
	require.Less(t, left, int64(streams+10))
	for range 10 {
		h.sweep()
	}
	require.EqualValues(t, 10, h.index.streams.Load())
	require.EqualValues(t, 10, h.index.values.Load())
	require.NotNil(t, h.index.find(stale), "it has a subscriber")
	publish(h.self, "stale", 1)
	require.EqualValues(t, 11, h.index.streams.Load(), "and becomes known again")
	h.index.find(subscribed).last.mu.Unlock()
}

// A list of groups can be read while it changes.
func TestAListOfGroupsIsReadInPortionsWhileItChanges(t *testing.T) {
	var list groupList
	groups, places := make([]*group, 1000), make(map[*group]uint64)
	for i := range groups {
		groups[i] = new(group)
		places[groups[i]] = list.add(groups[i])
	}
	seen := make(map[*group]int)
	for at, removed := uint64(0), 0; ; {
		var some []*group
		some, at = list.after(at, 10, nil)
		for _, g := range some {
			seen[g]++
		}
		for range 9 { // most of what has been read, and of what is left
			if i := (removed * 7) % len(groups); places[groups[i]] != 0 {
				list.remove(places[groups[i]])
				delete(places, groups[i])
			}
			removed++
		}
		if at == 0 {
			break
		}
	}
	for g := range places {
		require.Equal(t, 1, seen[g])
	}
	for _, times := range seen {
		require.Equal(t, 1, times)
	}
	require.Equal(t, len(places), list.size())
	require.Less(t, len(list.places), 2*len(places)+2)
}
