package hub_test

import (
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

func TestASessionEndsSoonAfterItsCredential(t *testing.T) {
	clock := lovetest.NewClock(time.Unix(1_700_000_000, 0))
	expires := clock.Now().Add(time.Minute)
	_, url := start(t, hub.WithClock(clock), hub.WithPing(10*time.Minute), hub.WithGate(hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
		p, err := gate(r)
		p.Expires = expires
		return p, err
	})))
	c := dial(t, url, "token=ada")
	c.sync()
	for clock.Now().Before(expires.Add(-3 * time.Second)) {
		clock.WaitForTimers(3)
		clock.Advance(3 * time.Second)
		c.sync() // still open
	}
	for clock.Now().Before(expires.Add(5 * time.Second)) {
		clock.WaitForTimers(3) // for pings, heartbeats and what is scheduled
		clock.Advance(time.Second)
	}
	code, _ := c.waitClosed()
	require.Equal(t, ws.StatusNormalClosure, code)
}
