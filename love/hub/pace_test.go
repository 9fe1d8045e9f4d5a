package hub_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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
	before := h.Stats().Writes

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

	clock.Advance(time.Millisecond)
	for i := range 5 {
		require.Contains(t, c.next(), fmt.Sprintf(`{"s":%d}`, i+1), "nothing is left out")
	}
	delivered(t, h, 6)
	require.LessOrEqual(t, h.Stats().Writes-before, uint64(2+2), "with two answers to the publisher")
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
	synctest.Test(t, func(t *testing.T) {
		h := hub.New(hub.WithHeartbeats(time.Hour, nil), hub.WithTracing(false))
		defer func() { require.NoError(t, h.Shutdown(t.Context())) }()
		l := h.Local(auth.Principal{Process: true}, hub.LocalInterval(30*time.Millisecond))
		defer func() { require.NoError(t, l.Close()) }()
		require.NoError(t, l.Send(t.Context(), []byte(request("subscribe", "telemetry-A-1-s"))))
		_, err := l.Receive(t.Context())
		require.NoError(t, err)
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
			_, err := l.Receive(t.Context())
			require.NoError(t, err)
			if since := time.Since(begun); len(at) == 0 || at[len(at)-1] != since {
				at = append(at, since)
			}
		}
		require.LessOrEqual(t, len(at), 8, "it was woken at %v", at)
	})
}

// pacedClient is what a session must have got.
type pacedClient struct {
	*conn
	interval time.Duration
	next     time.Time
	waiting  []string
	sent     []string
	read     int
}

func (c *pacedClient) publish(text string, telemetry bool, now time.Time) {
	c.waiting = append(c.waiting, text)
	if !telemetry || c.interval == 0 || !now.Before(c.next) {
		c.flush(now)
	}
}

func (c *pacedClient) flush(now time.Time) {
	c.sent, c.waiting, c.next = append(c.sent, c.waiting...), nil, now.Add(c.interval)
}

// Each client has got at any time exactly what the model says.
func TestPacing_AgreesWithAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		clock := newClock()
		h, url := start(t, hub.WithClock(clock))
		pub := dialProcess(t, url)
		clients := []*pacedClient{{interval: 10 * time.Millisecond}, {interval: 3 * time.Millisecond}, {}}
		for i, query := range []string{"token=a", "token=b&write_interval=3", "token=c&write_interval=0"} {
			clients[i].conn = dial(t, url, query).subscribe("telemetry-A-1-*", "event-A-1-*")
			clients[i].next = clock.Now().Add(clients[i].interval)
		}
		check := func() {
			sent := 0
			for _, c := range clients {
				sent += len(c.sent)
			}
			delivered(rt, h, sent)
		}
		n := 0
		publish := func(rt *rapid.T, text string, telemetry bool) {
			pub.send(text)
			pub.sync()
			for _, c := range clients {
				c.publish(text, telemetry, clock.Now())
			}
			check()
			n++
		}
		rt.Repeat(map[string]func(*rapid.T){
			"telemetry": func(rt *rapid.T) {
				publish(rt, telemetry(rapid.SampledFrom([]string{"s", "t"}).Draw(rt, "stream"), n), true)
			},
			"event": func(rt *rapid.T) { publish(rt, eventOf("e", n), false) },
			"advance": func(rt *rapid.T) {
				for range rapid.IntRange(1, 12).Draw(rt, "ms") {
					clock.Advance(time.Millisecond)
					for _, c := range clients {
						if len(c.waiting) > 0 && !clock.Now().Before(c.next) {
							c.flush(clock.Now())
						}
					}
					check()
				}
			},
			"read": func(rt *rapid.T) {
				for _, c := range clients {
					c.readAll(rt)
				}
			},
		})
		for _, c := range clients {
			c.flush(clock.Now())
			c.readRest(rt)
		}
	})
}

// readAll reads what was sent.
func (c *pacedClient) readAll(t require.TestingT) {
	for ; c.read < len(c.sent); c.read++ {
		require.Equal(t, dataOf(c.sent[c.read]), dataOf(c.conn.next()))
	}
}

// readRest reads the rest of what was sent, and checks that there is nothing else.
func (c *pacedClient) readRest(t require.TestingT) {
	for _, m := range c.conn.sync() {
		require.Less(t, c.read, len(c.sent))
		require.Equal(t, dataOf(c.sent[c.read]), dataOf(m))
		c.read++
	}
	require.Len(t, c.sent, c.read)
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
