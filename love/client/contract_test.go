package client_test

import (
	"context"
	"iter"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pipenet"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/hub"
)

// subscriber is what hub.Hub and client.Client have in common.
type subscriber interface {
	Subscribe(ctx context.Context, groups ...love.Group) iter.Seq2[love.Delivery, error]
	SubscribeWith(ctx context.Context, o love.SubscribeOptions, groups ...love.Group) iter.Seq2[love.Delivery, error]
}

// contractTest runs a subscriber to a hub.
type contractTest struct {
	hub    *hub.Hub
	sub    subscriber
	closed error  // what the subscriber's errors wrap at the end of the connection
	settle func() // waits until the subscriptions so far are in force
	end    func() // ends the connection
}

// publish publishes a number to the stream s of A.
func (c *contractTest) publish(t *testing.T, n string) {
	require.NoError(t, c.hub.Publish(t.Context(), love.Message{
		Category: love.CategoryTelemetry, Data: []love.Item{{CSC: "A", Streams: []love.Stream{{Name: "s", Value: love.RawValue(`{"n":` + n + `}`)}}}},
	}))
}

var (
	streamS  = love.StreamGroup(love.CategoryTelemetry, "A", 0, "s")
	allOfA   = love.StreamGroup(love.CategoryTelemetry, "A", 0, "all")
	contract = map[string]func(t *testing.T, c *contractTest){
		"what is published after the call is yielded": func(t *testing.T, c *contractTest) {
			c.publish(t, "0")
			messages := c.sub.Subscribe(t.Context(), streamS)
			c.settle()
			c.publish(t, "1")
			c.publish(t, "NaN")
			var got []string
			for d, err := range messages {
				require.NoError(t, err)
				require.Equal(t, "telemetry-A-0-s", d.Group)
				require.False(t, d.Received.IsZero())
				var v struct{ N love.RawValue }
				require.NoError(t, d.Decode("s", &v))
				if got = append(got, string(v.N)); len(got) == 2 {
					break
				}
			}
			require.Equal(t, []string{"1", "NaN"}, got)
		},
		"a message to several groups is yielded for each": func(t *testing.T, c *contractTest) {
			messages := c.sub.Subscribe(t.Context(), streamS, allOfA)
			c.settle()
			c.publish(t, "1")
			groups := map[string]float64{}
			for d, err := range messages {
				require.NoError(t, err)
				var v struct{ N float64 }
				require.NoError(t, d.Decode("s", &v))
				if groups[d.Group] = v.N; len(groups) == 2 {
					break
				}
			}
			require.Equal(t, map[string]float64{streamS.String(): 1, allOfA.String(): 1}, groups)
		},
		"options apply, and wrong ones are an error": func(t *testing.T, c *contractTest) {
			c.publish(t, "7")
			for d, err := range c.sub.SubscribeWith(t.Context(), love.SubscribeOptions{Snapshot: true, Seq: true, MaxRate: 1}, streamS) {
				require.NoError(t, err)
				require.Contains(t, string(d.Raw), `"snapshot":true`)
				require.Contains(t, string(d.Raw), `"seq":1`)
				break
			}
			for _, err := range c.sub.SubscribeWith(t.Context(), love.SubscribeOptions{MaxRate: -1}, streamS) {
				require.EqualError(t, err, "a subscription with the MaxRate -1: give 0 for no limit, or 0.01 to 1e+06 messages per second")
			}
		},
		"the end of the context is an error": func(t *testing.T, c *contractTest) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			require.Equal(t, []error{context.DeadlineExceeded}, ends(c.sub.Subscribe(ctx, streamS)))
			require.Equal(t, []error{context.DeadlineExceeded}, ends(c.sub.Subscribe(ctx, streamS)), "it has ended before")
		},
		"the end of the connection is an error that says why, after what had arrived": func(t *testing.T, c *contractTest) {
			messages := c.sub.Subscribe(t.Context(), streamS)
			c.settle()
			c.publish(t, "1")
			synctest.Wait()
			c.end()
			n := 0
			for _, err := range messages {
				if n++; n == 1 {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, c.closed)
				require.ErrorContains(t, err, "the manager is shutting down")
			}
			require.Equal(t, 2, n)
			for _, err := range ends(c.sub.Subscribe(t.Context(), streamS)) {
				require.ErrorIs(t, err, c.closed)
			}
		},
		"the result can be iterated once": func(t *testing.T, c *contractTest) {
			messages := c.sub.SubscribeWith(t.Context(), love.SubscribeOptions{}, streamS)
			c.settle()
			c.publish(t, "1")
			for range messages {
				break
			}
			again := ends(messages)
			require.Len(t, again, 1)
			require.ErrorIs(t, again[0], c.closed)
		},
		"who does not iterate leaves with the context": func(t *testing.T, c *contractTest) {
			ctx, cancel := context.WithCancel(t.Context())
			_ = c.sub.Subscribe(ctx, streamS)
			c.settle()
			require.Equal(t, 1, c.members())
			cancel()
			c.settle()
			require.Zero(t, c.members())
		},
	}
)

func (c *contractTest) members() (n int) {
	for _, g := range c.hub.Groups() {
		if g.Group == streamS.String() {
			n = g.Members
		}
	}
	return n
}

// ends returns the errors that an iteration yields.
func ends(messages iter.Seq2[love.Delivery, error]) (errs []error) {
	for _, err := range messages {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func TestHubAndClientSubscribeWithTheSameContract(t *testing.T) {
	for name, test := range contract {
		t.Run("hub: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hub.New()
				end := func() { require.NoError(t, h.Shutdown(context.Background())) }
				defer func() { _ = h.Shutdown(context.Background()) }()
				test(t, &contractTest{hub: h, sub: h, closed: hub.ErrClosed, settle: synctest.Wait, end: func() { go end(); synctest.Wait() }})
			})
		})
		t.Run("client: "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := hub.New(hub.WithGate(hub.GateFunc(func(*http.Request) (auth.Principal, error) { return auth.Principal{Process: true}, nil })))
				l := pipenet.New()
				server := &http.Server{Handler: h}
				go func() { _ = server.Serve(l) }()
				c, err := client.New("http://manager", client.WithoutRetry(), client.WithDialer(l.DialContext))
				require.NoError(t, err)
				ctx, cancel := context.WithCancel(context.Background())
				ended := make(chan error, 1)
				go func() { ended <- c.Run(ctx) }()
				synctest.Wait()
				shutdown := func() { _ = h.Shutdown(context.Background()) }
				test(t, &contractTest{hub: h, sub: c, closed: client.ErrClosed, settle: synctest.Wait, end: func() { shutdown(); synctest.Wait() }})
				cancel()
				<-ended
				shutdown()
				_ = server.Close()
			})
		})
	}
}

func TestASubscriptionOnAClientThatNobodyRunsIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, err := client.New("manager", client.WithDialer(m.dial))
		require.NoError(t, err)
		began := time.Now()
		require.Equal(t, []error{client.ErrNotRunning}, ends(c.Subscribe(t.Context(), position)))
		require.Equal(t, 5*time.Second, time.Since(began))
		for _, send := range []func() error{
			func() error { return c.Send(t.Context(), []byte("{}")) },
			func() error { return c.TrySend(t.Context(), []byte("{}")) },
			func() error { return c.Flush(t.Context()) },
		} {
			err := send()
			require.ErrorIs(t, err, client.ErrNotRunning)
			require.ErrorIs(t, err, client.ErrNotConnected)
		}
	})
}

func TestASubscriptionMayComeALittleBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, err := client.New("manager", client.WithDialer(m.dial))
		require.NoError(t, err)
		it := iterate(t.Context(), c, position)
		sent := make(chan error)
		go func() { sent <- c.Send(t.Context(), []byte("{}")) }()
		time.Sleep(4 * time.Second)
		stop := run(t, c)
		p := <-m.peers
		require.NoError(t, <-sent)
		synctest.Wait()
		require.Len(t, p.frames, 2)
		p.send(delivery(position, 1))
		require.Equal(t, delivery(position, 1), <-it.raw)
		require.NoError(t, stop())
	})
}

func TestOptionsAreAskedForAgainAfterAReconnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, err := client.New("manager", client.WithDialer(m.dial))
		require.NoError(t, err)
		_ = c.SubscribeWith(t.Context(), love.SubscribeOptions{Snapshot: true}, position)
		_ = c.SubscribeWith(t.Context(), love.SubscribeOptions{MaxRate: 2}, position)
		stop := run(t, c)
		for range 2 {
			p := <-m.peers
			require.Equal(t, `{"option":"subscribe","category":"telemetry","csc":"ATDome","salindex":"0","stream":"position","max_rate":2.0}`, p.receive(t), "the latest hold")
			p.closeWith(1001, "")
		}
		require.NoError(t, stop())
	})
}
