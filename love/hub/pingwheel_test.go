package hub_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestAHubThatWasPausedPingsBeforeItClosesSilentPeers(t *testing.T) {
	clock := newClock()
	_, url := start(t, hub.WithClock(clock))
	c := dialProcess(t, url)
	c.sync()
	clock.Advance(45 * time.Second)
	require.Equal(t, ws.OpPing, c.nextFrame().Header.OpCode)
	c.sync()
}

func TestASilentPeerIsPingedAndThenClosed(t *testing.T) {
	clock := lovetest.NewClock(time.Unix(1_700_000_000, 0))
	_, url := start(t, hub.WithClock(clock), hub.WithPing(20*time.Second))
	answers, silent := dialProcess(t, url), dialProcess(t, url)
	answers.sync()
	silent.sync()
	clock.Advance(20 * time.Second)
	require.Equal(t, ws.OpPing, answers.nextFrame().Header.OpCode)
	require.Equal(t, ws.OpPing, silent.nextFrame().Header.OpCode)
	answers.frame(ws.NewPongFrame(nil))
	answers.sync()
	clock.Advance(20 * time.Second)
	code, _ := silent.waitClosed()
	require.Equal(t, ws.StatusGoingAway, code)
	require.Equal(t, ws.OpPing, answers.nextFrame().Header.OpCode)
	answers.sync()
}

func TestASessionEndsWithItsCredential(t *testing.T) {
	clock := lovetest.NewClock(time.Unix(1_700_000_000, 0))
	expires := clock.Now().Add(time.Minute)
	h := hub.New(hub.WithGate(gate), hub.WithClock(clock))
	defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
	_, url := start(t, hub.WithClock(clock), hub.WithGate(hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
		p, err := gate(r)
		p.Expires = expires
		return p, err
	})))
	c := dial(t, url, "token=ada")
	c.sync()
	for range 2 {
		clock.Advance(20 * time.Second)
		require.Equal(t, ws.OpPing, c.nextFrame().Header.OpCode)
		c.sync()
	}
	clock.Advance(20 * time.Second)
	code, _ := c.waitClosed()
	require.Equal(t, ws.StatusNormalClosure, code)
}
