package hub_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// eventClock stands still, but for short timers: it moves to the end of one as soon as
// somebody waits for it. So a hub waits for nothing, and nothing depends on how fast the
// machine is.
type eventClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *eventClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *eventClock) NewTimer(d time.Duration) love.Timer {
	t := &eventTimer{c, make(chan time.Time, 1)}
	t.Reset(d)
	return t
}

func (c *eventClock) NewTicker(time.Duration) love.Ticker { return eventTicker{} }

type eventTimer struct {
	clock *eventClock
	c     chan time.Time
}

func (t *eventTimer) C() <-chan time.Time { return t.c }
func (t *eventTimer) Stop() bool          { return true }

func (t *eventTimer) Reset(d time.Duration) bool {
	if d > time.Second {
		return true
	}
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	t.clock.now = t.clock.now.Add(d)
	select {
	case t.c <- t.clock.now:
	default:
	}
	return true
}

type eventTicker struct{}

func (eventTicker) C() <-chan time.Time { return nil }
func (eventTicker) Stop()               {}

// pastModel is a hub with an archive that records late, and loses something now and then.
// The hub looks into the archive only when it is its turn.
type pastModel struct {
	memoryPast
	t     *rapid.T
	hub   *hub.Hub
	clock *eventClock
	group love.Group
	turns chan struct{}

	letLook func() // lets the hub look from now on

	mu        sync.Mutex
	published []string // values, which begin with their number
	recorded  int      // of these, that the archive has or has lost
	lost      []int
	members   []*pastMember
}

// pastMember is a subscriber who has joined when so many messages had been published.
type pastMember struct {
	*hub.Local
	joined int
	got    []string // "past 3", "live 4"
}

// Past implements [hub.Past].
func (m *pastModel) Past(ctx context.Context, q love.PastQuery) iter.Seq2[love.PastMessage, error] {
	return func(yield func(love.PastMessage, error) bool) {
		for x, err := range m.memoryPast.Past(ctx, q) {
			if !yield(x, err) {
				return
			}
		}
		<-m.turns // something may be published before the hub acts on what it has read
	}
}

func newPastModel(t *rapid.T) *pastModel {
	m := &pastModel{t: t, clock: &eventClock{now: time.Date(2026, 3, 14, 3, 0, 0, 0, time.UTC)}, turns: make(chan struct{}, 1000)}
	m.group = love.StreamGroup(rapid.SampledFrom([]love.Category{love.CategoryEvent, love.CategoryTelemetry}).Draw(t, "category"), "A", 0, "s")
	m.letLook = sync.OnceFunc(func() { close(m.turns) })
	m.hub = hub.New(hub.WithHistory(m), hub.WithClock(m.clock), hub.WithLimits(hub.Limits{BacklogAge: time.Hour}))
	return m
}

// Has implements [hub.Past]. Whoever asks in vain is served soon.
func (m *pastModel) Has(stream love.Group, number uint64) bool {
	<-m.turns
	if m.memoryPast.Has(stream, number) {
		return true
	}
	for range 10 {
		m.record(false)
	}
	return false
}

func (m *pastModel) end() {
	m.letLook()
	for _, x := range m.members {
		require.NoError(m.t, x.Close())
	}
	require.NoError(m.t, m.hub.Shutdown(context.Background()))
}

func (m *pastModel) publish(size int) {
	m.mu.Lock()
	value := strconv.Itoa(len(m.published)) + " " + strings.Repeat("x", size)
	m.published = append(m.published, value)
	m.mu.Unlock()
	require.NoError(m.t, m.hub.Publish(context.Background(), love.Message{Category: m.group.Category, Data: []love.Item{
		{CSC: "A", Streams: []love.Stream{{Name: "s", Value: love.AppendText(nil, value)}}},
	}}))
}

// record records the next message, or loses it.
func (m *pastModel) record(lose bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.recorded == len(m.published) {
		return
	}
	n := m.recorded
	m.recorded++
	if lose {
		m.lost = append(m.lost, n)
		return
	}
	m.add(m.group, love.PastMessage{
		Value: love.AppendText(nil, m.published[n]), Recorded: m.clock.Now().Add(time.Duration(n)), Number: uint64(n + 1),
	})
}

func (m *pastModel) join() {
	x := &pastMember{Local: m.hub.Local(auth.Principal{Process: true}), joined: len(m.published)}
	m.members = append(m.members, x)
	m.send(x, `"history":3600`)
}

func (m *pastModel) send(x *pastMember, options string) {
	require.NoError(m.t, x.Send(context.Background(), []byte(withOptions(m.group.String(), options))))
}

// readTo reads until message n has come.
func (m *pastModel) readTo(x *pastMember, n int) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for {
		raw, err := x.Receive(ctx)
		require.NoError(m.t, err, "after %v", x.got)
		msg, err := love.ParseMessage(raw)
		if err != nil {
			continue // a confirmation
		}
		text := "live "
		if _, past := (love.Delivery{Raw: raw}).Recorded(); past {
			text = "past "
		}
		number, _, _ := strings.Cut(strings.Trim(string(msg.Data[0].Streams[0].Value), `"`), " ")
		x.got = append(x.got, text+number)
		if number == strconv.Itoa(n) {
			return
		}
	}
}

// check compares what a subscriber has got with what was published and recorded.
func (m *pastModel) check(x *pastMember) {
	next, live := 0, false
	for _, text := range x.got {
		kind, n := "", 0
		_, err := fmt.Sscan(text, &kind, &n)
		require.NoError(m.t, err)
		require.False(m.t, kind == "past" && live, "the past comes first: %v", x.got)
		live = kind == "live"
		require.GreaterOrEqual(m.t, n, next, "in order, and once: %v", x.got)
		for ; next < n; next++ {
			require.True(m.t, slices.Contains(m.lost, next), "message %d, which is recorded, is missing: %v; joined at %d, lost %v", next, x.got, x.joined, m.lost)
			require.False(m.t, next >= x.joined && m.isHeld(x), "message %d came after the subscription and is missing: %v", next, x.got)
		}
		next = n + 1
	}
	require.Equal(m.t, len(m.published), next, "%v", x.got)
}

// isHeld reports whether there is room for what is published while a subscriber gets the
// history. Otherwise telemetry is left to the archive.
func (m *pastModel) isHeld(x *pastMember) bool {
	isLarge := func(value string) bool { return len(value) >= 1000 }
	return m.group.Category == love.CategoryEvent || !slices.ContainsFunc(m.published[x.joined:], isLarge)
}

// TestAHistoryAndWhatFollowsHaveEveryMessageOnceAndInOrder has subscribers join, and change
// their options, while messages are published, recorded and lost in any order.
func TestAHistoryAndWhatFollowsHaveEveryMessageOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newPastModel(t)
		defer m.end()
		actions := map[string]func(*rapid.T){
			"publish": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "messages") {
					m.publish(0)
				}
			},
			"publish large": func(t *rapid.T) { m.publish(rapid.SampledFrom([]int{1000, 150_000, 300_000}).Draw(t, "size")) },
			"record": func(t *rapid.T) {
				for range rapid.IntRange(1, 8).Draw(t, "messages") {
					m.record(false)
				}
			},
			"lose": func(*rapid.T) { m.record(true) },
			"join": func(*rapid.T) {
				if len(m.members) < 4 {
					m.join()
				}
			},
			"change": func(t *rapid.T) {
				if len(m.members) > 0 {
					x := rapid.SampledFrom(m.members).Draw(t, "member")
					m.send(x, rapid.SampledFrom([]string{`"seq":true`, `"seq":false`}).Draw(t, "options"))
				}
			},
			"look": func(t *rapid.T) {
				for range rapid.IntRange(1, 4).Draw(t, "times") {
					m.turns <- struct{}{}
				}
				runtime.Gosched()
			},
		}
		names := []string{"change", "join", "look", "look", "look", "lose", "publish", "publish", "publish large", "publish large", "record", "record"}
		for range rapid.IntRange(1, 40).Draw(t, "actions") {
			actions[rapid.SampledFrom(names).Draw(t, "action")](t)
		}
		m.join()
		m.publish(0)
		m.letLook()
		for _, x := range m.members {
			m.readTo(x, len(m.published)-1)
			m.check(x)
		}
	})
}
