package hub_test

import (
	"context"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestSessionsOfAUserCanBeClosed(t *testing.T) {
	h, url := start(t)
	ada, bruno := dial(t, url, "token=ada"), dial(t, url, "token=bruno")
	ada.sync()
	bruno.sync()
	h.Disconnect(func(p auth.Principal) bool { return p.User.Username == "ada" }, hub.CloseCredential)
	code, _ := ada.waitClosed()
	require.Equal(t, ws.StatusNormalClosure, code)
	bruno.sync()
}

func TestShutdownCanBeSpreadOverATime(t *testing.T) {
	clock := newClock()
	h := hub.New(hub.WithClock(clock), hub.WithDrain(3*time.Second))
	a, b := h.Local(auth.Principal{Process: true}), h.Local(auth.Principal{Process: true})
	done := make(chan error)
	go func() { done <- h.Shutdown(context.Background()) }()
	closed := func() uint64 { return h.Stats().Closed["shutdown"] }
	require.Eventually(t, func() bool { return closed() == 1 }, timeout, time.Millisecond)
	clock.WaitForTimers(1)
	clock.Advance(1499 * time.Millisecond)
	require.EqualValues(t, 1, closed())
	for closed() == 1 { // the timer of half the time has been set by now, or will be soon
		clock.Advance(time.Millisecond)
	}
	require.NoError(t, <-done)
	require.NoError(t, a.Close())
	require.NoError(t, b.Close())
}

func TestARevokedTokenClosesItsSessionsAndNoOther(t *testing.T) {
	h, url := start(t)
	a, b := dial(t, url, "token=ada"), dial(t, url, "token=ada")
	other, proc := dial(t, url, "token=bruno"), dialProcess(t, url)
	for _, c := range []*conn{a, b, other, proc} {
		c.sync()
	}
	a.subscribe("event-A-0-s")
	h.DisconnectToken("id-of-ada")
	proc.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	for _, c := range []*conn{a, b} {
		f := c.nextFrame()
		require.Equal(t, ws.OpClose, f.Header.OpCode, "nothing is delivered any more")
		code, reason := ws.ParseCloseFrameData(f.Payload)
		require.Equal(t, ws.StatusNormalClosure, code)
		require.Equal(t, "the log-in has ended", reason)
	}
	other.sync()
	proc.sync()
	require.EqualValues(t, 2, h.Stats().Closed["credential"])
}

func TestShutdownClosesWith1012AfterWhatWaits(t *testing.T) {
	h := hub.New(hub.WithGate(gate), hub.WithTracing(false))
	local := h.Local(auth.Principal{Process: true})
	require.NoError(t, local.Send(t.Context(), []byte(request("subscribe", "event-A-0-s"))))
	require.NoError(t, h.Shutdown(t.Context()))
	got, err := local.Receive(t.Context())
	require.NoError(t, err)
	require.Contains(t, string(got), "Successfully subscribed")
	_, err = local.Receive(t.Context())
	require.ErrorIs(t, err, hub.ErrClosed)
	require.ErrorIs(t, local.Send(t.Context(), []byte(`{}`)), hub.ErrClosed)
	require.NoError(t, local.Close())
}

func TestShutdownReachesWebsockets(t *testing.T) {
	h, url := start(t)
	c := dialProcess(t, url)
	c.sync()
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		done <- h.Shutdown(ctx)
	}()
	code, reason := c.waitClosed()
	require.EqualValues(t, 1012, code)
	require.Equal(t, "the manager is shutting down", reason)
	require.NoError(t, <-done)
}
