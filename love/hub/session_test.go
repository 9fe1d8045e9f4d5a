package hub_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

func itoa(i int) string { return strconv.Itoa(i) }

func TestADeadTokenClosesItsSessionsAndNoOther(t *testing.T) {
	h, url := start(t)
	a, b := dial(t, url, "token=ada"), dial(t, url, "token=ada")
	other, proc := dial(t, url, "token=bruno"), process(t, url)
	for _, c := range []*conn{a, b, other, proc} {
		c.alive()
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
	other.alive()
	proc.alive()
	require.EqualValues(t, 2, h.Stats().Closed["credential"])
}

func TestTheCodeOfAPeerThatClosesIsEchoed(t *testing.T) {
	_, url := start(t)
	for _, code := range []ws.StatusCode{1000, 1001, 1011, 1012, 1013, 1014, 3000, 4999} {
		c := process(t, url)
		c.close(ws.NewCloseFrameBody(code, "bye"))
		got, _ := c.closed()
		require.Equal(t, code, got)
	}
	c := process(t, url)
	c.close(nil)
	got, _ := c.closed()
	require.Equal(t, ws.StatusNormalClosure, got, "a close frame of ours always has a code")
}

func TestShutdownClosesWith1001AfterWhatWaits(t *testing.T) {
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
	c := process(t, url)
	c.alive()
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		done <- h.Shutdown(ctx)
	}()
	code, reason := c.closed()
	require.Equal(t, ws.StatusGoingAway, code)
	require.Equal(t, "the manager is shutting down", reason)
	require.NoError(t, <-done)
}

func TestAReaderThatStopsIsClosedAndDelaysNobody(t *testing.T) {
	h, url := start(t, hub.WithLimits(hub.Limits{QueueBytes: 1 << 20}))
	slow, fast, pub := process(t, url).subscribe("event-A-0-s"), process(t, url).subscribe("event-A-0-s"), process(t, url)
	pad := strings.Repeat("x", 64<<10)
	for i := 0; h.Stats().Closed["slow"] == 0; i++ {
		require.Less(t, i, 10_000, "the slow reader was never closed")
		pub.sendf(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":{"i":%d,"pad":%q}}}]}`, i, pad)
		require.Contains(t, fast.next(), `{"i":`+itoa(i)+`,`)
	}
	require.EqualValues(t, 1, h.Stats().Closed["slow"])
	_ = slow.nc.Close()
}

func TestASilentPeerIsPingedAndThenGivenUp(t *testing.T) {
	clock := lovetest.NewClock(time.Unix(1_700_000_000, 0))
	_, url := start(t, hub.WithClock(clock), hub.WithPing(20*time.Second))
	answers, silent := process(t, url), process(t, url)
	answers.alive()
	silent.alive()
	clock.Advance(20 * time.Second)
	require.Equal(t, ws.OpPing, answers.nextFrame().Header.OpCode)
	require.Equal(t, ws.OpPing, silent.nextFrame().Header.OpCode)
	answers.frame(ws.NewPongFrame(nil))
	answers.alive()
	clock.Advance(20 * time.Second)
	code, _ := silent.closed()
	require.Equal(t, ws.StatusGoingAway, code)
	require.Equal(t, ws.OpPing, answers.nextFrame().Header.OpCode)
	answers.alive()
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
	c.alive()
	for range 2 {
		clock.Advance(20 * time.Second)
		require.Equal(t, ws.OpPing, c.nextFrame().Header.OpCode)
		c.alive()
	}
	clock.Advance(20 * time.Second)
	code, _ := c.closed()
	require.Equal(t, ws.StatusNormalClosure, code)
}

func TestHeartbeatsAreSentToTheirGroupAndRepeatedToANewSubscriber(t *testing.T) {
	clock := lovetest.NewClock(time.Unix(1_700_000_000, 0))
	_, url := start(t, hub.WithClock(clock), hub.WithHeartbeats(3*time.Second, func() []hub.Heartbeat {
		return []hub.Heartbeat{{CSC: "Commander", Timestamp: 1.5}}
	}))
	beat := func(at string) string {
		return `{"category":"heartbeat","data":[{"csc":"Manager","salindex":0,"data":{"timestamp":` + at + `}},{"csc":"Commander","salindex":0,"data":{"timestamp":1.5}}],"subscription":"heartbeat"}`
	}
	c := process(t, url).subscribe("heartbeat-manager-0-stream")
	require.Equal(t, beat("1700000000.0"), c.next())
	clock.Advance(3 * time.Second)
	require.Equal(t, beat("1700000003.0"), c.next())
}

func TestTwoHubsOnOneBrokerActAsOne(t *testing.T) {
	broker := hub.NewMemoryBroker()
	_, urlA := start(t, hub.WithBroker(broker))
	_, urlB := start(t, hub.WithBroker(broker))
	sub := process(t, urlA).subscribe("event-A-0-s")
	producer := process(t, urlB).subscribe("initial_state-A-all-all")
	sub.subscribe("event-A-0-s")
	require.Equal(t, initialState("A", "0", "s"), producer.next())
	producer.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	require.Contains(t, sub.next(), `{"s":1}`)
}

func TestACredentialThatDiesDuringTheHandshakeEndsTheSession(t *testing.T) {
	for name, c := range map[string]struct {
		second error
		dead   bool
	}{
		"revoked":                 {fmt.Errorf("%w", auth.ErrToken), true},
		"cannot be found out now": {errors.New("the database is away"), false},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			_, url := start(t, hub.WithGate(hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
				if asked++; asked == 2 {
					return auth.Principal{}, c.second
				}
				return gate(r)
			})))
			conn := dial(t, url, "token=ada")
			if !c.dead {
				conn.alive()
				return
			}
			code, _ := conn.closed()
			require.Equal(t, ws.StatusNormalClosure, code)
		})
	}
}
