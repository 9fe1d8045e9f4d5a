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
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/producer"
)

// circle is everything that an observing log goes through: LOVE CSC, SAL,
// producer, hub, and the API of the commander.
type circle struct {
	h         *hub.Hub
	manager   string // base URL
	commander *commander.HTTP
	screen    func() (message string)
}

func newCircle(t *testing.T) *circle {
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
	c := &circle{h: hub.New(hub.WithGate(hub.GateFunc(admit)), hub.WithAuthorizer(auth.RoleAuthorizer{}))}
	t.Cleanup(func() { require.NoError(t, c.h.Shutdown(context.Background())) })
	sockets := httptest.NewServer(c.h)
	t.Cleanup(sockets.Close)
	c.manager = sockets.URL
	api := httptest.NewServer(commander.NewHandler(commander.Backend{Logbook: csc}))
	t.Cleanup(api.Close)
	c.commander, err = commander.NewHTTP(api.URL)
	require.NoError(t, err)
	t.Cleanup(c.commander.Close)

	messages := c.h.Subscribe(ctx, hub.SubscribeOptions{}, love.StreamGroup(love.CategoryEvent, "LOVE", 0, "observingLog"))
	c.screen = shown(t, messages)

	listening := make(chan struct{})
	ears := c.client(t, client.WithProcessPassword("secret"))
	ears.OnSubscribed(func(string) { close(listening) })
	run(func() error { return ears.Run(ctx) })
	run(func() error { return csc.Listen(ctx, ears) })
	run(func() error { return csc.Run(ctx) })

	local := c.h.Local(auth.Principal{Process: true})
	t.Cleanup(func() { require.NoError(t, local.Close()) })
	set, err := producer.NewSet(producer.NewFactory(domain), producer.NewClient(producer.InProcess(local)), []string{"LOVE"})
	require.NoError(t, err)
	run(func() error { return set.Run(ctx) })
	// Cleaned up first: who runs ends before what it runs on.
	t.Cleanup(func() { stop(); running.Wait() })
	<-listening
	return c
}

func (c *circle) client(t *testing.T, opts ...client.Option) *client.Client {
	cl, err := client.New(c.manager, opts...)
	require.NoError(t, err)
	return cl
}

// admit lets the process in, and a user who may command.
func admit(r *http.Request) (auth.Principal, error) {
	switch q := r.URL.Query(); {
	case q.Get("password") == "secret":
		return auth.Principal{Process: true}, nil
	case q.Get("token") == "operator":
		return auth.Principal{User: auth.User{Username: "ana", Superuser: true}, TokenID: "1"}, nil
	}
	return auth.Principal{}, errors.New("who are you?")
}

// shown gives the messages of observing logs as a screen receives them.
func shown(t *testing.T, messages iter.Seq2[[]byte, error]) func() string {
	next, stop := iter.Pull2(messages)
	t.Cleanup(stop)
	return func() string {
		raw, err, ok := next()
		require.True(t, ok)
		require.NoError(t, err)
		return string(raw)
	}
}

func TestObservingLogGoesTheWholeCircle(t *testing.T) {
	c := newCircle(t)
	until := func(text string) string {
		for {
			if m := c.screen(); strings.Contains(m, text) {
				return m
			}
		}
	}

	t.Run("by HTTP", func(t *testing.T) {
		r, err := c.commander.WriteObservingLog(t.Context(), logOf(`{"user":"ana","message":"by HTTP"}`))
		require.NoError(t, err)
		require.Equal(t, commander.AckReply(200, "Added new observing log to SAL"), r)
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
