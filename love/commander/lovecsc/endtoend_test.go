package lovecsc_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/producer"
)

// system is everything that an observing log goes through: LOVE CSC, SAL, producer,
// hub, and the API of the commander.
type system struct {
	hub       *hub.Hub
	manager   string // base URL
	commander *commanderhttp.Client
	screen    func() (message string)
}

func newSystem(t *testing.T) *system {
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	var running sync.WaitGroup
	run := func(f func() error) {
		running.Go(func() {
			if err := f(); ctx.Err() == nil {
				t.Errorf("ended before the test: %v", err)
			}
		})
	}
	domain := newDomain(t)
	csc, err := lovecsc.New(ctx, domain)
	require.NoError(t, err)
	c := &system{hub: hub.New(hub.WithGate(hub.GateFunc(admit)), hub.WithAuthorizer(auth.RoleAuthorizer{}))}
	t.Cleanup(func() { require.NoError(t, c.hub.Shutdown(context.Background())) })
	sockets := httptest.NewServer(c.hub)
	t.Cleanup(sockets.Close)
	c.manager = sockets.URL
	api := httptest.NewServer(commanderhttp.NewHandler(commanderhttp.Backend{Logbook: csc}))
	t.Cleanup(api.Close)
	c.commander, err = commanderhttp.New(api.URL)
	require.NoError(t, err)
	t.Cleanup(c.commander.Close)

	messages := c.hub.Subscribe(ctx, love.StreamGroup(love.CategoryEvent, "LOVE", 0, "observingLog"))
	c.screen = nextMessage(t, messages)

	listening := make(chan struct{})
	listener := c.client(t, client.WithProcessPassword("secret"))
	listener.OnSubscribed(func(string) { close(listening) })
	run(func() error { return listener.Run(ctx) })
	run(func() error { return csc.Listen(ctx, listener) })
	run(func() error { return csc.Run(ctx) })

	local := c.hub.Local(auth.Principal{Process: true})
	t.Cleanup(func() { require.NoError(t, local.Close()) })
	set, err := producer.NewSet(producer.NewFactory(domain), producer.NewClient(producer.InProcess(local)), []string{"LOVE"})
	require.NoError(t, err)
	run(func() error { return set.Run(ctx) })
	// Cleaned up first: the goroutines end before what they use.
	t.Cleanup(func() { stop(); running.Wait() })
	<-listening
	return c
}

func (c *system) client(t *testing.T, opts ...client.Option) *client.Client {
	cl, err := client.New(c.manager, opts...)
	require.NoError(t, err)
	return cl
}

// admit accepts the process, and a user who may command.
func admit(r *http.Request) (auth.Principal, error) {
	switch q := r.URL.Query(); {
	case q.Get("password") == "secret":
		return auth.Principal{Process: true}, nil
	case q.Get("token") == "operator":
		return auth.Principal{User: auth.User{Username: "ana", Superuser: true}, TokenID: "1"}, nil
	}
	return auth.Principal{}, errors.New("who are you?")
}

// nextMessage returns a function that waits for the next message, as a screen
// receives it.
func nextMessage(t *testing.T, messages iter.Seq2[love.Delivery, error]) func() string {
	next, stop := iter.Pull2(messages)
	t.Cleanup(stop)
	return func() string {
		d, err, ok := next()
		require.True(t, ok)
		require.NoError(t, err)
		return string(d.Raw)
	}
}

func TestAnObservingLogReachesEveryScreen(t *testing.T) {
	c := newSystem(t)
	until := func(text string) string {
		for {
			if m := c.screen(); strings.Contains(m, text) {
				return m
			}
		}
	}

	t.Run("by HTTP", func(t *testing.T) {
		ack, err := c.commander.WriteObservingLog(t.Context(), love.ObservingLog{User: "ana", Message: "by HTTP"})
		require.NoError(t, err)
		require.Equal(t, added, ack.Text)
		m := until("by HTTP")
		require.Contains(t, m, `"user":{"value":"ana","dataType":"String","units":"unitless"}`)
		require.Contains(t, m, `"private_identity":{"value":"ana"`)
	})

	t.Run("by websocket", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		browser := c.client(t, client.WithToken("operator"))
		var running sync.WaitGroup
		running.Go(func() { _ = browser.Run(ctx) })
		require.NoError(t, browser.Send(ctx, []byte(`{"category":"love_csc","data":[{"csc":"love","salindex":0,`+
			`"data":{"observingLog":{"user":"ben","message":"by websocket"}}}]}`)))
		m := until("by websocket")
		require.Contains(t, m, `"private_identity":{"value":"ben"`)
		stop()
		running.Wait()
	})
}
