package hub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime"
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

// memoryPast records into memory.
type memoryPast struct {
	mu       sync.Mutex
	messages map[love.Group][]love.PastMessage
	hangs    chan struct{} // not nil: Past hangs until it is closed
	err      error
}

func (p *memoryPast) add(g love.Group, m love.PastMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.messages == nil {
		p.messages = map[love.Group][]love.PastMessage{}
	}
	p.messages[g] = append(p.messages[g], m)
}

func (p *memoryPast) Has(stream love.Group, number uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.messages[stream]
	return len(list) > 0 && list[len(list)-1].Number >= number
}

func (p *memoryPast) Past(ctx context.Context, q love.PastQuery) iter.Seq2[love.PastMessage, error] {
	return func(yield func(love.PastMessage, error) bool) {
		p.mu.Lock()
		list, hangs, err := p.messages[q.Stream], p.hangs, p.err
		p.mu.Unlock()
		if hangs != nil {
			select {
			case <-hangs:
			case <-ctx.Done():
			}
		}
		if err != nil {
			yield(love.PastMessage{}, err)
			return
		}
		var found []love.PastMessage
		for _, m := range list {
			if m.Recorded.After(q.After) && m.Number <= q.UpTo {
				found = append(found, m)
			}
		}
		bytes, first := 0, len(found)
		for first > 0 && (q.Messages == 0 || len(found)-first < q.Messages) && (q.Bytes == 0 || bytes+len(found[first-1].Value) <= q.Bytes) {
			first--
			bytes += len(found[first].Value)
		}
		for _, m := range found[min(first, max(len(found)-1, 0)):] {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// record records what a hub carries.
func (p *memoryPast) record(t *testing.T, h *hub.Hub) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	deliveries := h.SubscribeWith(ctx, love.SubscribeOptions{Seq: true},
		love.Group{Category: love.CategoryEvent, CSC: "*", SalIndex: "*", Stream: "*"},
		love.Group{Category: love.CategoryTelemetry, CSC: "*", SalIndex: "*", Stream: "*"})
	done := make(chan struct{})
	go func() {
		defer close(done)
		last := time.Time{}
		for d, err := range deliveries {
			if err != nil {
				return
			}
			g, m, ok := pastOf(d)
			if ok {
				if !d.Received.After(last) {
					d.Received = last.Add(1)
				}
				last, m.Recorded = d.Received, d.Received
				p.add(g, m)
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}

func TestMemoryIsAPast(t *testing.T) {
	lovetest.RunPast(t, func(t *testing.T, h *hub.Hub) hub.Past {
		var p memoryPast
		p.record(t, h)
		return &p
	})
}

// pastOf returns what a delivery is as a recorded message.
func pastOf(d love.Delivery) (g love.Group, m love.PastMessage, ok bool) {
	parsed, err := d.Message()
	if err != nil {
		return g, m, false
	}
	it := parsed.Data[0]
	g = love.Group{Category: parsed.Category, CSC: it.CSC, SalIndex: it.SalIndex.String(), Stream: it.Streams[0].Name}
	return g, love.PastMessage{Value: it.Streams[0].Value, Sent: d.Received, Number: numberOf(d)}, true
}

// numberOf returns the "seq" of a delivery.
func numberOf(d love.Delivery) uint64 {
	var m struct{ Seq uint64 }
	text := d.Raw.Strict()
	if err := json.Unmarshal(text, &m); err != nil {
		panic(err)
	}
	return m.Seq
}

const history = `"history":3600`

// recordedValues returns a past with values of a stream, a second apart, the last one a
// second ago; published by an earlier run.
func recordedValues(clock love.Clock, g love.Group, values ...string) *memoryPast {
	var p memoryPast
	for i, v := range values {
		p.add(g, love.PastMessage{Value: love.RawValue(v), Recorded: clock.Now().Add(time.Duration(i-len(values)) * time.Second)})
	}
	return &p
}

var eventS = love.StreamGroup(love.CategoryEvent, "A", 1, "s")

func publishS(t *testing.T, h *hub.Hub, category love.Category, value string) {
	t.Helper()
	require.NoError(t, h.Publish(t.Context(), love.Message{Category: category, Data: []love.Item{
		{CSC: "A", SalIndex: love.Index(1), Streams: []love.Stream{{Name: "s", Value: love.RawValue(value)}}},
	}}))
}

func TestAHistoryComesBetweenTheConfirmationAndTheLastValue(t *testing.T) {
	clock := newClock()
	past := recordedValues(clock, eventS, `"a"`, `NaN`)
	h, url := start(t, hub.WithHistory(past), hub.WithClock(clock))
	publishS(t, h, love.CategoryEvent, `"b"`)
	past.add(eventS, love.PastMessage{Value: love.RawValue(`"b"`), Recorded: clock.Now(), Number: 1})
	c := dial(t, url, "password=process&nan=null")
	c.send(withOptions(eventS.String(), history+`,"snapshot":true,"seq":true`))
	const item = `{"category":"event","data":[{"csc":"A","salindex":1,"data":{"s":%s}}],"subscription":"event-A-1-s"%s}`
	require.Equal(t, `{"data":"Successfully subscribed to event-A-1-s"}`, c.next())
	for _, want := range []string{
		fmt.Sprintf(item, `"a"`, `,"history":true,"recorded":1699999998.0`),
		fmt.Sprintf(item, `null`, `,"history":true,"recorded":1699999999.0`),
		fmt.Sprintf(item, `"b"`, `,"history":true,"recorded":1700000000.0,"seq":1`),
		fmt.Sprintf(item, `"b"`, `,"snapshot":true,"seq":1`),
	} {
		require.Equal(t, want, c.next())
	}
	publishS(t, h, love.CategoryEvent, `"c"`)
	require.Equal(t, fmt.Sprintf(item, `"c"`, `,"seq":2`), c.next())
	require.EqualValues(t, 5, h.Stats().Offered)
}

func TestAHistoryIsOfOneStreamAndOfATimeThatCanBe(t *testing.T) {
	h, url := start(t, hub.WithHistory(&memoryPast{}))
	c := dialProcess(t, url)
	for _, wrong := range []struct{ group, option, text string }{
		{"event-A-1-s", `"history":true`, `"history" must be a number of seconds, from 0 to 86400`},
		{"event-A-1-s", `"history":"60"`, `"history" must be a number`},
		{"event-A-1-s", `"history":-1`, `"history" must be a number`},
		{"event-A-1-s", `"history":86401`, `"history" must be a number`},
		{"event-A-1-s", `"history":NaN`, `"history" must be a number`},
		{"event-all-all-all", history, `"history" is for one stream`},
		{"event-A-1-all", history, `"history" is for one stream`},
		{"event-A-*-s", history, `"history" is for one stream`},
	} {
		c.send(withOptions(wrong.group, wrong.option))
		require.Contains(t, decode(t, c.next())["data"], "Message ignored: "+wrong.text, wrong)
	}
	require.EqualValues(t, 8, h.Stats().Denied["malformed"])
	for _, o := range []love.SubscribeOptions{{History: -1}, {History: 25 * time.Hour}} {
		for _, err := range h.SubscribeWith(t.Context(), o, eventS) {
			require.ErrorContains(t, err, "24 hours at most")
		}
	}
	for _, err := range h.SubscribeWith(t.Context(), love.SubscribeOptions{History: 1}, eventS, love.CategoryGroup(love.CategoryEvent)) {
		require.ErrorContains(t, err, "only one stream can have one")
	}
}

func TestWithoutAnArchiveSubscriptionsBeginWithoutAHistory(t *testing.T) {
	h, url := start(t)
	c := dialProcess(t, url)
	c.send(withOptions("event-A-1-s", history))
	c.next()
	publishS(t, h, love.CategoryEvent, "1")
	require.NotContains(t, c.next(), "history")
	h, url = start(t, hub.WithHistory(&memoryPast{}))
	c = dialProcess(t, url)
	c.send(withOptions("cmd-A-1-s", history))
	c.send(withOptions("event-Hub-0-sources", history))
	c.next()
	c.next()
	publishS(t, h, love.CategoryCommand, "1")
	require.NotContains(t, c.next(), "history", "commands are not recorded")
}

func TestAMaxRateThinsTheHistoryOut(t *testing.T) {
	clock := newClock()
	_, url := start(t, hub.WithHistory(recordedValues(clock, eventS, "0", "1", "2", "3", "4", "5", "6")), hub.WithClock(clock))
	c := dialProcess(t, url)
	c.send(withOptions(eventS.String(), history+`,"max_rate":0.4`))
	c.next()
	for _, want := range []string{"0", "3", "6"} {
		require.Contains(t, c.next(), `"data":{"s":`+want+`}`)
	}
}

func TestAHistoryEndsWithItsSubscription(t *testing.T) {
	clock := newClock()
	past := recordedValues(clock, eventS, "1", "2")
	past.hangs = make(chan struct{})
	h, _ := start(t, hub.WithHistory(past), hub.WithClock(clock))
	l := h.Local(user("ana"))
	defer l.Close()
	before := h.Stats()
	require.NoError(t, l.Send(t.Context(), []byte(withOptions(eventS.String(), history+`,"snapshot":true`))))
	publishS(t, h, love.CategoryEvent, `"live"`)
	require.Greater(t, h.Stats().SubscriptionBytes, before.SubscriptionBytes+512)
	require.NoError(t, l.Send(t.Context(), []byte(request("unsubscribe", eventS.String()))))
	close(past.hangs)
	for _, want := range []string{"subscribed to", "unsubscribed to"} {
		text, err := l.Receive(t.Context())
		require.NoError(t, err)
		require.Contains(t, string(text), want)
	}
	require.NoError(t, l.Send(t.Context(), []byte(`{"action":"get_time_data","request_time":1}`)))
	text, err := l.Receive(t.Context())
	require.NoError(t, err)
	require.Contains(t, string(text), "time_data", "nothing follows")
	require.Equal(t, before.SubscriptionBytes, h.Stats().SubscriptionBytes)
	require.Zero(t, h.Stats().QueueBytes)
}

func TestAnArchiveThatFailsOrHangsDelaysNobodyForLong(t *testing.T) {
	for name, past := range map[string]*memoryPast{
		"it fails": {err: errors.New("the disk is gone")}, "it hangs": {hangs: make(chan struct{})}, "it lacks the newest": {},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			var log bytes.Buffer
			h, _ := start(t, hub.WithHistory(past), hub.WithClock(clock), hub.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			publishS(t, h, love.CategoryTelemetry, "0")
			if past.hangs != nil {
				past.add(love.StreamGroup(love.CategoryTelemetry, "A", 1, "s"), love.PastMessage{Value: love.RawValue("0"), Recorded: clock.Now(), Number: 1})
				defer close(past.hangs)
			}
			l := h.Local(auth.Principal{Process: true})
			defer l.Close()
			require.NoError(t, l.Send(t.Context(), []byte(withOptions("telemetry-A-1-s", history))))
			publishS(t, h, love.CategoryTelemetry, "1")
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			received := make(chan string)
			go func() {
				for range 2 {
					text, _ := l.Receive(ctx)
					received <- string(text)
				}
			}()
			require.Contains(t, <-received, "Successfully subscribed")
			for waiting := true; waiting; {
				clock.Advance(50 * time.Millisecond)
				select {
				case text := <-received:
					require.Contains(t, text, `"data":{"s":1}`)
					waiting = false
				default:
					runtime.Gosched()
				}
			}
			require.NoError(t, h.Shutdown(ctxWithTimeout(t)))
			if name != "it lacks the newest" {
				require.Contains(t, log.String(), "without a part of its history")
			}
		})
	}
}

func ctxWithTimeout(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	t.Cleanup(cancel)
	return ctx
}

func TestEventsThatNeitherTheHubNorTheArchiveHasKeptCloseTheSession(t *testing.T) {
	clock := newClock()
	past := &memoryPast{hangs: make(chan struct{})}
	defer close(past.hangs)
	past.add(eventS, love.PastMessage{Value: love.RawValue("0"), Recorded: clock.Now(), Number: 1})
	h, _ := start(t, hub.WithHistory(past), hub.WithClock(clock), hub.WithLimits(hub.Limits{QueueBytes: 1 << 20, LastBytes: 1 << 20}))
	publishS(t, h, love.CategoryEvent, "0")
	l := h.Local(auth.Principal{Process: true})
	defer l.Close()
	require.NoError(t, l.Send(t.Context(), []byte(withOptions(eventS.String(), history))))
	for range 8 {
		publishS(t, h, love.CategoryEvent, `"`+strings.Repeat("x", 100_000)+`"`)
	}
	ended := make(chan error)
	go func() {
		for {
			if _, err := l.Receive(ctxWithTimeout(t)); err != nil {
				ended <- err
				return
			}
		}
	}()
	for waiting := true; waiting; {
		clock.Advance(100 * time.Millisecond)
		select {
		case err := <-ended:
			require.ErrorContains(t, err, "too much was waiting")
			waiting = false
		default:
			runtime.Gosched()
		}
	}
	require.EqualValues(t, 1, h.Stats().Closed["slow"])
}

func TestALongHistoryComesAsTheClientReads(t *testing.T) {
	clock := newClock()
	big := `"` + strings.Repeat("x", 20_000) + `"`
	var values []string
	for range 200 { // 4 MB, a fourth of what may wait
		values = append(values, big)
	}
	past := recordedValues(clock, eventS, values...)
	h, url := start(t, hub.WithHistory(past), hub.WithClock(clock), hub.WithLimits(hub.Limits{UserQueueBytes: 2 << 20, QueueBytes: 1 << 20, LastBytes: 1 << 20, BacklogBytes: 1 << 20}))
	c := dialProcess(t, url)
	c.send(withOptions(eventS.String(), history))
	publishS(t, h, love.CategoryEvent, `"live"`)
	past.add(eventS, love.PastMessage{Value: love.RawValue(`"live"`), Recorded: clock.Now(), Number: 1})
	c.next()
	for n := range 200 {
		require.Contains(t, c.next(), `xxx"}}],"subscription":"event-A-1-s","history":true`, n)
		require.LessOrEqual(t, h.Stats().QueueBytes, int64(1<<20))
	}
	require.Contains(t, c.next(), `"live"`)
	require.Zero(t, h.Stats().Closed["slow"])
}

func TestHistoriesOfAUserAreBounded(t *testing.T) {
	clock := newClock()
	h, _ := start(t, hub.WithHistory(&memoryPast{}), hub.WithClock(clock), hub.WithLimits(hub.Limits{LastBytes: 1 << 20}))
	l := h.Local(user("ana"))
	defer l.Close()
	for n := range 100 {
		require.NoError(t, l.Send(t.Context(), []byte(withOptions("event-A-1-s"+itoa(n), history))))
	}
	require.EqualValues(t, 100-64, h.Stats().Denied["snapshot"], "four MiB at once, of which each takes 64 KiB")
}
