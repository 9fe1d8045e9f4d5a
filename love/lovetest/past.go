package lovetest

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
)

// RunPast is the conformance suite of [hub.Past]. record returns one that records all
// telemetry and events of the hub from then on, and ends that with t.Cleanup.
//
//	func TestMyArchive(t *testing.T) {
//		lovetest.RunPast(t, func(t *testing.T, h *hub.Hub) hub.Past { … })
//	}
func RunPast(t *testing.T, record func(t *testing.T, h *hub.Hub) hub.Past) {
	for name, test := range map[string]func(*testing.T, *hub.Hub){
		"a subscription begins with its history":                          pastThenLive,
		"a history goes back no further than was asked":                   pastOfASpan,
		"a history is that of one stream":                                 pastOfOthers,
		"of a long history the newest messages come":                      pastBounded,
		"whoever joins under load gets every message once, in order":      pastUnderLoad,
		"values come byte for byte, and what JSON does not have as asked": pastBytes,
	} {
		t.Run(name, func(t *testing.T) {
			var past laterPast
			h := hub.New(hub.WithHistory(&past))
			t.Cleanup(func() { require.NoError(t, h.Shutdown(context.Background())) })
			past.is = record(t, h)
			test(t, h)
		})
	}
}

// laterPast is set after the hub has been made.
type laterPast struct{ is hub.Past }

func (l *laterPast) Has(stream love.Group, number uint64) bool { return l.is.Has(stream, number) }

func (l *laterPast) Past(ctx context.Context, q love.PastQuery) iter.Seq2[love.PastMessage, error] {
	return l.is.Past(ctx, q)
}

var pastStream = love.StreamGroup(love.CategoryEvent, "ATDome", 0, "counter")

// pastPublish publishes a value of a stream.
func pastPublish(t testing.TB, h *hub.Hub, g love.Group, value string) {
	t.Helper()
	index := love.IndexText(g.SalIndex)
	if n, ok := index.Int(); ok {
		index = love.Index(n)
	}
	require.NoError(t, h.Publish(context.Background(), love.Message{Category: g.Category, ProducerSnd: 1773457200, Data: []love.Item{
		{CSC: g.CSC, SalIndex: index, Streams: []love.Stream{{Name: g.Stream, Value: love.RawValue(value)}}},
	}}))
}

// pastSubscriber reads a subscription one by one.
type pastSubscriber struct {
	t    testing.TB
	next func() (love.Delivery, error, bool)
	stop func()
}

func newPastSubscriber(t testing.TB, h *hub.Hub, g love.Group, o love.SubscribeOptions) *pastSubscriber {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	next, stop := iter.Pull2(h.SubscribeWith(ctx, o, g))
	s := &pastSubscriber{t, next, sync.OnceFunc(func() { stop(); cancel() })}
	t.Cleanup(s.stop)
	return s
}

// received is a delivery in short: "past 3" or "live 4", with the number if that was
// asked for.
func (s *pastSubscriber) received(of love.Group) string {
	s.t.Helper()
	d, err, ok := s.next()
	require.True(s.t, ok)
	require.NoError(s.t, err)
	m, err := d.Message()
	require.NoError(s.t, err)
	require.Equal(s.t, of.String(), m.Subscription)
	require.Len(s.t, m.Data, 1)
	require.Equal(s.t, of, love.Group{Category: m.Category, CSC: m.Data[0].CSC, SalIndex: m.Data[0].SalIndex.String(), Stream: m.Data[0].Streams[0].Name})
	text := "live "
	if at, past := d.Recorded(); past {
		text = "past "
		require.WithinDuration(s.t, time.Now(), at, time.Minute)
	}
	return text + string(m.Data[0].Streams[0].Value)
}

func pastThenLive(t *testing.T, h *hub.Hub) {
	for n := range 3 {
		pastPublish(t, h, pastStream, strconv.Itoa(n))
	}
	s := newPastSubscriber(t, h, pastStream, love.SubscribeOptions{History: time.Hour, Snapshot: true})
	pastPublish(t, h, pastStream, "3")
	for n := range 3 {
		require.Equal(t, fmt.Sprint("past ", n), s.received(pastStream))
	}
	next := s.received(pastStream)
	if next == "past 3" { // it was recorded in time, but not before the snapshot was taken
		return
	}
	if next == "live 2" { // the snapshot
		next = s.received(pastStream)
	}
	require.Equal(t, "live 3", next)
}

func pastOfASpan(t *testing.T, h *hub.Hub) {
	pastPublish(t, h, pastStream, "0")
	require.Equal(t, "past 0", newPastSubscriber(t, h, pastStream, love.SubscribeOptions{History: time.Hour}).received(pastStream))
	s := newPastSubscriber(t, h, pastStream, love.SubscribeOptions{History: time.Nanosecond})
	pastPublish(t, h, pastStream, "1")
	got := s.received(pastStream)
	require.Contains(t, []string{"live 1", "past 1"}, got)
}

func pastOfOthers(t *testing.T, h *hub.Hub) {
	other := love.StreamGroup(love.CategoryEvent, "ATDome", 1, "counter")
	never := love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "counter")
	named := love.Group{Category: love.CategoryEvent, CSC: "A-B", SalIndex: "x", Stream: "y-z"}
	pastPublish(t, h, pastStream, "0")
	pastPublish(t, h, other, "1")
	pastPublish(t, h, named, "2")
	require.Equal(t, "past 1", newPastSubscriber(t, h, other, love.SubscribeOptions{History: time.Hour}).received(other))
	require.Equal(t, "past 2", newPastSubscriber(t, h, named, love.SubscribeOptions{History: time.Hour}).received(named))
	s := newPastSubscriber(t, h, never, love.SubscribeOptions{History: time.Hour})
	pastPublish(t, h, never, "3")
	require.Contains(t, []string{"live 3", "past 3"}, s.received(never))
}

func pastBytes(t *testing.T, h *hub.Hub) {
	g := love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")
	const value = `{"a":{"value":1.50e0,"units":"°"}, "b":NaN,"c":[-Infinity,12345678901234567890] }`
	pastPublish(t, h, g, value)
	s := newPastSubscriber(t, h, g, love.SubscribeOptions{History: time.Hour, Seq: true})
	d, err, _ := s.next()
	require.NoError(t, err)
	require.Contains(t, string(d.Raw), `"data":[{"csc":"ATDome","salindex":0,"data":{"position":`+value+`}}],"subscription":"telemetry-ATDome-0-position","history":true,"recorded":`)
	require.Contains(t, string(d.Raw), `,"seq":1}`)
}

func pastBounded(t *testing.T, h *hub.Hub) {
	const most, more = 10_000, 250
	for n := range most + more {
		pastPublish(t, h, pastStream, strconv.Itoa(n))
	}
	s := newPastSubscriber(t, h, pastStream, love.SubscribeOptions{History: time.Hour})
	for n := more; n < most+more; n++ {
		require.Equal(t, fmt.Sprint("past ", n), s.received(pastStream))
	}
}

// pastUnderLoad has subscribers join one after the other, while a publisher publishes.
func pastUnderLoad(t *testing.T, h *hub.Hub) {
	const messages, subscribers = 4000, 40
	var running sync.WaitGroup
	published := make(chan struct{}, messages)
	running.Go(func() {
		for n := range messages {
			pastPublish(t, h, pastStream, strconv.Itoa(n))
			published <- struct{}{}
		}
	})
	for n := range subscribers {
		for range messages / subscribers / 2 {
			<-published
		}
		s := newPastSubscriber(t, h, pastStream, love.SubscribeOptions{History: time.Hour, Seq: n%2 == 0, Snapshot: n%4 == 1})
		running.Go(func() { pastReadAll(t, s, messages) })
	}
	running.Wait()
}

// pastReadAll reads all messages, which must come once, in order, first those of the past.
func pastReadAll(t *testing.T, s *pastSubscriber, messages int) {
	defer s.stop()
	live := false
	for n := 0; n < messages; {
		d, err, _ := s.next()
		if err != nil {
			t.Errorf("after %d messages: %v", n, err)
			return
		}
		m, err := d.Message()
		_, past := d.Recorded()
		switch value := string(m.Data[0].Streams[0].Value); {
		case err != nil:
			t.Error(err)
			return
		case value == strconv.Itoa(n) && !(past && live):
			n++
			live = !past
		case value == strconv.Itoa(n-1) && !past: // a snapshot
		default:
			t.Errorf("instead of message %d came %s (past: %t, after live ones: %t)", n, value, past, live)
			return
		}
	}
}
