package server_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pgtest"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/server"
	"github.com/rubin-love/love-go/love/store"
)

// jumpingClock is the system's clock, which can be set ahead. Its timers run on, as those
// of a real one do.
type jumpingClock struct {
	love.SystemClock
	by atomic.Int64
}

func (c *jumpingClock) Now() time.Time { return time.Now().Round(0).Add(time.Duration(c.by.Load())) }

// run runs a client until the test ends.
func run(t *testing.T, c *client.Client) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
}

// TestFault_TheClockJumpsAhead: nobody is disconnected, and what is published arrives, for
// subscribers with and without a rate, in order. (That a clock is set back the differences of
// times do not notice, because Go's are monotonic; hub has a test of where it counts.)
func TestFault_TheClockJumpsAhead(t *testing.T) {
	clock := &jumpingClock{}
	_, url := serve(t, server.Config{
		Clock: clock, ProcessPassword: "long and random", Passwords: map[string]string{"user": "correct horse"}, AllowWeakSecrets: true,
		HubOptions: []hub.Option{hub.WithPing(200 * time.Millisecond), hub.WithWriteInterval(10 * time.Millisecond)},
	})
	login, err := client.Login(t.Context(), url, "user", "correct horse")
	require.NoError(t, err)
	publisher, err := client.New(url, client.WithProcessPassword("long and random"), client.WithoutRetry())
	require.NoError(t, err)
	subscriber, err := client.New(url, client.WithToken(login.Token), client.WithoutRetry())
	require.NoError(t, err)
	run(t, publisher)
	run(t, subscriber)
	group := love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")
	received := map[string]chan int{}
	for name, o := range map[string]love.SubscribeOptions{"plain": {}, "limited": {MaxRate: 20}} {
		c := make(chan int, 10_000)
		received[name] = c
		from := subscriber
		if o.MaxRate > 0 {
			if from, err = client.New(url, client.WithToken(login.Token), client.WithoutRetry()); err != nil {
				t.Fatal(err)
			}
			run(t, from)
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		deliveries := from.SubscribeWith(ctx, o, group)
		go func() {
			for d, err := range deliveries {
				if err != nil {
					t.Logf("%s: %v", name, err)
					close(c)
					return
				}
				var v struct {
					N int `love:"n"`
				}
				if d.Decode("position", &v) == nil {
					c <- v.N
				}
			}
		}()
	}
	n := 0
	publish := func() {
		n++
		value := love.RawValue(fmt.Sprintf(`{"n":{"value":%d,"dataType":"Int","units":""}}`, n))
		_ = publisher.Send(t.Context(), love.Message{Category: love.CategoryTelemetry, Data: []love.Item{
			{CSC: "ATDome", SalIndex: love.Index(0), Streams: []love.Stream{{Name: "position", Value: value}}},
		}}.AppendJSON(nil))
	}
	// arrive publishes until each subscriber has a message that was published in the call.
	arrive := func(when string) {
		from := n
		for name, c := range received {
			last := 0
			for deadline := time.Now().Add(30 * time.Second); last <= from; {
				require.True(t, time.Now().Before(deadline), "%s, %s: nothing after %d of %d arrives", when, name, last, n)
				publish()
				select {
				case got, open := <-c:
					require.True(t, open, "%s, %s: the subscription has ended", when, name)
					require.Greater(t, got, last, "%s, %s: in order", when, name)
					last = got
				case <-time.After(10 * time.Millisecond):
				}
			}
		}
	}
	arrive("before")
	for _, jump := range []time.Duration{time.Hour, 12 * time.Hour} {
		clock.by.Add(int64(jump))
		for began := time.Now(); time.Since(began) < time.Second; { // some pings and writes
			arrive(fmt.Sprintf("after a jump of %s", jump))
		}
	}
}

// cable is the way to a server, which can be cut.
type cable struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	cut      bool
	open     map[net.Conn]struct{}
}

func newCable(t *testing.T, to string) *cable {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	c := &cable{listener: listener, to: to, open: map[net.Conn]struct{}{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil || !c.add(near, far) {
				_ = near.Close()
				continue
			}
			for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
				running.Go(func() {
					_, _ = io.Copy(way[0], way[1])
					_ = way[0].Close()
				})
			}
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		c.set(true)
		running.Wait()
	})
	return c
}

func (c *cable) add(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		if c.cut {
			_ = conn.Close()
		}
		c.open[conn] = struct{}{}
	}
	return !c.cut
}

// set cuts all connections and refuses others, or lets them through again.
func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	for conn := range c.open {
		_ = conn.Close()
	}
	clear(c.open)
}

// TestFault_PostgreSQLIsAway: sockets do not notice, log-ins and readiness are answered 503,
// and all works again when it is back.
func TestFault_PostgreSQLIsAway(t *testing.T) {
	u, err := url.Parse(pgtest.Schema(t))
	require.NoError(t, err)
	c := newCable(t, u.Host)
	u.Host = c.listener.Addr().String()
	s, err := store.Open(t.Context(), u.String(), store.WithTimeout(time.Second))
	require.NoError(t, err)
	_, at := serve(t, server.Config{
		Storage: s, ProcessPassword: "long and random", Passwords: map[string]string{"user": "correct horse"}, AllowWeakSecrets: true,
	})
	login, err := client.Login(t.Context(), at, "user", "correct horse")
	require.NoError(t, err)
	publisher, err := client.New(at, client.WithProcessPassword("long and random"), client.WithoutRetry())
	require.NoError(t, err)
	subscriber, err := client.New(at, client.WithToken(login.Token), client.WithoutRetry())
	require.NoError(t, err)
	run(t, publisher)
	run(t, subscriber)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	next, stop := iter.Pull2(subscriber.SubscribeWith(ctx, love.SubscribeOptions{Snapshot: true}, love.StreamGroup(love.CategoryEvent, "ATDome", 0, "tick")))
	defer stop()
	n := 0
	tick := func() {
		n++
		require.NoError(t, publisher.Send(t.Context(), []byte(fmt.Sprintf(`{"category":"event","data":[{"csc":"ATDome","salindex":0,"data":{"tick":[%d]}}]}`, n))))
		d, err, ok := next()
		require.True(t, ok)
		require.NoError(t, err)
		require.Contains(t, string(d.Raw), fmt.Sprintf(`"tick":[%d]`, n))
	}
	credentials := `{"username":"user","password":"correct horse"}`
	becomes := func(want int, method, path, body string) {
		t.Helper()
		require.Eventually(t, func() bool {
			tick()
			return status(t, method, at+path, "", body) == want
		}, time.Minute, 50*time.Millisecond, "%s %s", method, path)
	}
	tick()
	c.set(true)
	becomes(503, "POST", "/manager/api/get-token/", credentials)
	becomes(503, "GET", "/readyz", "")
	tick()
	c.set(false)
	becomes(200, "POST", "/manager/api/get-token/", credentials)
	becomes(200, "GET", "/readyz", "")
	tick()
}
