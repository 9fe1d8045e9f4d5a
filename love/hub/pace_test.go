package hub_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rubin-love/love-go/internal/pipenet"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// delivered waits until so many messages have been delivered in all.
func delivered(t require.TestingT, h *hub.Hub, n int) {
	require.Eventually(t, func() bool { return h.Stats().Delivered >= uint64(n) }, timeout, time.Millisecond)
	require.EqualValues(t, n, h.Stats().Delivered)
}

// waitingBytes returns how many bytes wait for a user's session.
func waitingBytes(h *hub.Hub, user string) (bytes int) {
	for _, s := range h.Sessions() {
		if s.Principal == user {
			bytes += s.Waiting
		}
	}
	return bytes
}

func TestTelemetryWithinTheIntervalIsWrittenTogether(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock), hub.WithWriteInterval(20*time.Millisecond))
	c, pub := dial(t, url, "token=ann").subscribe("telemetry-A-1-s", "event-A-1-e"), dialProcess(t, url)
	clock.Advance(20 * time.Millisecond)

	pub.send(telemetry("s", 0))
	require.Contains(t, c.next(), `{"s":0}`, "a message alone is written at once")
	for i := range 5 {
		pub.send(telemetry("s", i+1))
	}
	pub.sync()
	clock.Advance(19 * time.Millisecond)
	pub.sync()
	delivered(t, h, 1)
	require.Positive(t, waitingBytes(h, "ann"))
	before := h.Stats().Writes

	clock.Advance(time.Millisecond)
	for i := range 5 {
		require.Contains(t, c.next(), fmt.Sprintf(`{"s":%d}`, i+1), "nothing is left out")
	}
	delivered(t, h, 6)
	require.LessOrEqual(t, h.Stats().Writes-before, uint64(1+1), "with the last answer to the publisher, which may be counted late")
	clock.Advance(time.Second)
	pub.send(telemetry("s", 6))
	require.Contains(t, c.next(), `{"s":6}`, "after a pause, at once")
}

func TestAnEventIsWrittenAtOnceWithWhatWaits(t *testing.T) {
	clock := newClock()
	_, url := start(t, hub.WithClock(clock), hub.WithWriteInterval(time.Second/4))
	c, pub := dial(t, url, "token=ann").subscribe("telemetry-A-1-s", "event-A-1-e"), dialProcess(t, url)
	pub.send(telemetry("s", 1)) // after the confirmation
	pub.send(telemetry("s", 2))
	pub.send(eventOf("e", 3))
	pub.send(telemetry("s", 4))
	require.Contains(t, c.next(), `{"s":1}`)
	require.Contains(t, c.next(), `{"s":2}`)
	require.Contains(t, c.next(), `{"e":3}`)
	pub.send(telemetry("s", 5))
	pub.sync()
	got := c.sync()
	require.Len(t, got, 2, "an answer takes along what waits, too: %s", got)
	require.Contains(t, got[0], `{"s":4}`)
	require.Contains(t, got[1], `{"s":5}`)
}

func TestWhatFillsAWriteDoesNotWait(t *testing.T) {
	h, url := start(t, hub.WithClock(newClock()))
	c, pub := dial(t, url, "token=ann").subscribe("telemetry-A-1-s"), dialProcess(t, url)
	pub.send(telemetry("s", 0))
	long := strings.Repeat("x", 5000)
	for range 13 { // 65 kB
		pub.sendf(`{"category":"telemetry","data":[{"csc":"A","salindex":1,"data":{"s":%q}}]}`, long)
	}
	for range 14 {
		c.next()
	}
	delivered(t, h, 14)
	require.Zero(t, h.Stats().Dropped["backlog"])
}

func TestWhatWaitsLeavesBeforeTheEnd(t *testing.T) {
	h, url := start(t, hub.WithClock(newClock()))
	c, pub := dial(t, url, "token=ann").subscribe("telemetry-A-1-s"), dialProcess(t, url)
	pub.send(telemetry("s", 1))
	pub.send(telemetry("s", 2))
	pub.sync()
	require.Positive(t, waitingBytes(h, "ann"))
	h.DisconnectUser("ann")
	require.Contains(t, c.next(), `{"s":1}`)
	require.Contains(t, c.next(), `{"s":2}`)
	code, _ := c.waitClosed()
	require.EqualValues(t, 1000, code)
	requireBalance(t, h.Stats(), 0)
}

func TestAConnectionAsksForItsInterval(t *testing.T) {
	for query, waits := range map[string]bool{
		"token=ann": true, "token=ann&write_interval=0": false, "token=ann&write_interval=0.5": true, "token=ann&write_interval=1000": true,
		"password=process": false, "password=process&write_interval=20": true,
	} {
		h, url := start(t, hub.WithClock(newClock()))
		dial(t, url, query).subscribe("telemetry-A-1-s")
		pub := dialProcess(t, url)
		pub.send(telemetry("s", 1))
		pub.sync()
		if waits {
			require.Zero(t, h.Stats().Delivered, query)
		} else {
			delivered(t, h, 1)
		}
	}
	_, url := start(t)
	for _, bad := range []string{"", "x", "-1", "1001", "1e9", "NaN", "Inf", "10ms", "1,5"} {
		resp, body := ask(t, "GET", url, "token=ann&write_interval="+bad, handshake())
		require.Equal(t, 400, resp.StatusCode, bad)
		require.Contains(t, body, "write_interval must be a number of milliseconds from 0 to 1000")
	}
}

func TestWithoutAnIntervalNothingWaits(t *testing.T) {
	h, url := start(t, hub.WithClock(newClock()), hub.WithWriteInterval(0))
	dial(t, url, "token=ann").subscribe("telemetry-A-1-s")
	pub := dialProcess(t, url)
	pub.send(telemetry("s", 1))
	pub.sync()
	delivered(t, h, 1)
}

func TestAnIntervalOfALocalConnection(t *testing.T) {
	wokenOnceInAnInterval(t, func(ctx context.Context, h *hub.Hub) func() bool {
		l := h.Local(auth.Principal{Process: true}, hub.LocalInterval(30*time.Millisecond))
		context.AfterFunc(ctx, func() { _ = l.Close() })
		require.NoError(t, l.Send(ctx, []byte(request("subscribe", "telemetry-A-1-s"))))
		_, err := l.Receive(ctx)
		require.NoError(t, err)
		return func() bool {
			_, err := l.Receive(ctx)
			return err == nil
		}
	})
}

func TestAnIntervalOfASubscription(t *testing.T) {
	wokenOnceInAnInterval(t, func(ctx context.Context, h *hub.Hub) func() bool {
		next, stop := iter.Pull2(h.SubscribeEvery(ctx, 30*time.Millisecond, love.SubscribeOptions{}, love.StreamGroup(love.CategoryTelemetry, "A", 1, "s")))
		context.AfterFunc(ctx, stop)
		return func() bool {
			_, err, ok := next()
			return ok && err == nil
		}
	})
}

// wokenOnceInAnInterval publishes 20 messages, one in 10 ms, for someone with an interval
// of 30 ms.
func wokenOnceInAnInterval(t *testing.T, subscribe func(context.Context, *hub.Hub) (receive func() bool)) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New(hub.WithHeartbeats(time.Hour, nil), hub.WithTracing(false))
		defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		receive := subscribe(ctx, h)
		begun := time.Now()
		go func() {
			for i := range 20 {
				_ = h.Publish(t.Context(), love.Message{Category: love.CategoryTelemetry, Data: []love.Item{
					{CSC: "A", SalIndex: love.Index(1), Streams: []love.Stream{{Name: "s", Value: love.RawValue(itoa(i))}}},
				}})
				time.Sleep(10 * time.Millisecond)
			}
		}()
		var at []time.Duration
		for range 20 {
			require.True(t, receive())
			if since := time.Since(begun); len(at) == 0 || at[len(at)-1] != since {
				at = append(at, since)
			}
		}
		require.LessOrEqual(t, len(at), 8, "it was woken at %v", at)
	})
}

// pacedClient is a client, and what it must have got.
type pacedClient struct {
	nc       net.Conn
	interval time.Duration
	next     time.Time
	waiting  []string
	sent     []string

	mu  sync.Mutex
	got []string
}

func (c *pacedClient) publish(text string, telemetry bool) {
	c.waiting = append(c.waiting, text)
	if now := time.Now(); !telemetry || c.interval == 0 || !now.Before(c.next) {
		c.flush(now)
	}
}

func (c *pacedClient) flush(now time.Time) {
	c.sent, c.waiting, c.next = append(c.sent, c.waiting...), nil, now.Add(c.interval)
}

// read keeps what comes, until the connection ends, and answers pings.
func (c *pacedClient) read() {
	for {
		header, err := ws.ReadHeader(c.nc)
		if err != nil {
			return
		}
		payload := make([]byte, header.Length)
		if _, err := io.ReadFull(c.nc, payload); err != nil {
			return
		}
		switch {
		case header.OpCode == ws.OpPing:
			_ = ws.WriteFrame(c.nc, ws.MaskFrameInPlace(ws.NewPongFrame(payload)))
		case header.OpCode == ws.OpText && !strings.Contains(string(payload), "Successfully"):
			c.mu.Lock()
			c.got = append(c.got, dataOf(string(payload)))
			c.mu.Unlock()
		}
	}
}

func (c *pacedClient) send(t require.TestingT, texts ...string) {
	for _, text := range texts {
		require.NoError(t, ws.WriteFrame(c.nc, ws.MaskFrameInPlace(ws.NewTextFrame([]byte(text)))))
	}
}

// action is one step of a model: telemetry of a stream, an event, or milliseconds.
type action struct {
	stream string
	event  bool
	ms     int
}

var actions = rapid.SliceOfN(rapid.OneOf(
	rapid.Map(rapid.SampledFrom([]string{"s", "t"}), func(stream string) action { return action{stream: stream} }),
	rapid.Just(action{stream: "e", event: true}),
	rapid.Map(rapid.IntRange(1, 12), func(ms int) action { return action{ms: ms} }),
), 0, 60)

// Each client has got at any time exactly what the model says.
func TestPacing_AgreesWithAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := actions.Draw(rt, "steps")
		var failed failure
		synctest.Test(t, func(*testing.T) {
			defer func() {
				if why := recover(); why != nil && why != any(&failed) {
					panic(why)
				}
			}()
			checkPacing(&failed, steps)
		})
		if failed != "" {
			rt.Fatal(string(failed))
		}
	})
}

// failure is a require.TestingT for a part of a test that may fail without the whole.
type failure string

func (f *failure) Errorf(format string, args ...any) { *f = failure(fmt.Sprintf(format, args...)) }
func (f *failure) FailNow()                          { panic(f) }

func checkPacing(t require.TestingT, steps []action) {
	h := hub.New(hub.WithGate(gate), hub.WithTracing(false), hub.WithHeartbeats(time.Hour, nil))
	transport, stop := pipenet.Serve(h)
	defer stop()
	defer func() { _ = h.Shutdown(context.Background()) }()
	connect := func(query string) *pacedClient {
		nc, _, _, err := ws.Dialer{NetDial: transport.DialContext}.Dial(context.Background(), "ws://hub/?"+query)
		require.NoError(t, err)
		c := &pacedClient{nc: nc}
		go c.read()
		return c
	}
	pub := connect("password=process")
	defer pub.nc.Close()
	clients := []*pacedClient{connect("token=a"), connect("token=b&write_interval=3"), connect("token=c&write_interval=0")}
	for i, c := range clients {
		defer c.nc.Close()
		c.interval = []time.Duration{10 * time.Millisecond, 3 * time.Millisecond, 0}[i]
		c.send(t, request("subscribe", "telemetry-A-1-*"), request("subscribe", "event-A-1-*"))
		synctest.Wait()
		c.next = time.Now().Add(c.interval)
	}
	check := func() {
		synctest.Wait()
		for _, c := range clients {
			c.mu.Lock()
			require.Equal(t, c.sent, c.got)
			c.mu.Unlock()
		}
	}
	for n, step := range steps {
		if step.stream != "" {
			text := telemetry(step.stream, n)
			if step.event {
				text = eventOf(step.stream, n)
			}
			pub.send(t, text)
			for _, c := range clients {
				c.publish(dataOf(text), !step.event)
			}
			check()
		}
		for range step.ms {
			time.Sleep(time.Millisecond)
			for _, c := range clients {
				if len(c.waiting) > 0 && !time.Now().Before(c.next) {
					c.flush(time.Now())
				}
			}
			check()
		}
	}
}

// dataOf returns the value of the only stream of a message.
func dataOf(message string) string {
	_, data, _ := strings.Cut(message, `"data":{`)
	data, _, _ = strings.Cut(data, "}")
	return data
}

func eventOf(stream string, value any) string {
	return strings.Replace(telemetry(stream, value), "telemetry", "event", 1)
}
