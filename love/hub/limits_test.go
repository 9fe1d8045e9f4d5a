package hub_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestRequestsForOneStreamComeInABurstOfTenThenOneASecond(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock))
	producer := process(t, url).subscribe("initial_state-A-all-all")
	sub := process(t, url)
	for range 50 {
		sub.subscribe("event-A-1-s")
	}
	sub.subscribe("event-A-1-t")
	got := producer.alive()
	require.Len(t, got, 11)
	require.Equal(t, initialState("A", "1", "t"), got[10], "another stream has a bucket of its own")
	require.EqualValues(t, 39, h.Stats().Dropped["request"], "one of the forty waits, the others are merged with it")

	clock.Advance(999 * time.Millisecond)
	require.Empty(t, producer.alive())
	clock.Advance(time.Millisecond)
	require.Equal(t, initialState("A", "1", "s"), producer.next())
	clock.Advance(5 * time.Second)
	require.Empty(t, producer.alive())
	for range 20 {
		sub.subscribe("event-A-1-s")
	}
	require.Len(t, producer.alive(), 5, "a token is regained every second")
}

func TestAProducerOfOneStreamIsAskedForThatOneOnly(t *testing.T) {
	_, url := start(t)
	one := process(t, url).subscribe("initial_state-A-all-s")
	both := process(t, url).subscribe("initial_state-A-all-s", "initial_state-A-all-all")
	sub := process(t, url).subscribe("event-A-1-s", "event-A-1-t")
	sub.alive()
	require.Equal(t, []string{initialState("A", "1", "s")}, one.alive())
	require.Equal(t, []string{initialState("A", "1", "s"), initialState("A", "1", "t")}, both.alive(), "each request once")
}

func TestAUserMayHaveOnlySoManyConnections(t *testing.T) {
	h, url := start(t, hub.WithLimits(hub.Limits{UserSessions: 2}))
	a := dial(t, url, "token=ada")
	dial(t, url, "token=ada").alive()
	_, _, _, err := ws.Dial(t.Context(), url+"/?token=ada")
	require.Equal(t, ws.StatusError(429), err)
	dial(t, url, "token=bruno").alive()
	process(t, url).alive()
	require.EqualValues(t, 1, h.Stats().Denied["user_full"])

	a.close(nil)
	a.closed()
	require.Eventually(t, func() bool {
		nc, _, _, err := ws.Dial(t.Context(), url+"/?token=ada")
		if err == nil {
			_ = nc.Close()
		}
		return err == nil
	}, patience, time.Millisecond, "the place is free again")
}

func TestSessionsOfAUserCanBeEnded(t *testing.T) {
	h, url := start(t)
	ada, bruno := dial(t, url, "token=ada"), dial(t, url, "token=bruno")
	ada.alive()
	bruno.alive()
	h.Disconnect(func(p auth.Principal) bool { return p.User.Username == "ada" }, hub.CloseCredential)
	code, _ := ada.closed()
	require.Equal(t, ws.StatusNormalClosure, code)
	bruno.alive()
}

func TestShutdownCanBeSpreadOverAWindow(t *testing.T) {
	clock := newClock()
	h := hub.New(hub.WithClock(clock), hub.WithDrain(3*time.Second))
	a, b := h.Local(auth.Principal{Process: true}), h.Local(auth.Principal{Process: true})
	done := make(chan error)
	go func() { done <- h.Shutdown(context.Background()) }()
	closed := func() uint64 { return h.Stats().Closed["shutdown"] }
	require.Eventually(t, func() bool { return closed() == 1 }, patience, time.Millisecond)
	clock.WaitForTimers(1)
	clock.Advance(1499 * time.Millisecond)
	require.EqualValues(t, 1, closed())
	for closed() == 1 { // the pause of half a window has been asked for by now, or soon
		clock.Advance(time.Millisecond)
	}
	require.NoError(t, <-done)
	require.NoError(t, a.Close())
	require.NoError(t, b.Close())
}

// recorder is an observer that counts what it is told.
type recorder struct {
	hub.NopObserver
	mu     sync.Mutex
	counts map[string]int
}

func (r *recorder) add(what string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[what] += n
}

func (r *recorder) Opened(process bool)       { r.add(fmt.Sprintf("opened %v", process), 1) }
func (r *recorder) Closed(c hub.CloseReason)  { r.add("closed "+c.String(), 1) }
func (r *recorder) Received()                 { r.add("received", 1) }
func (r *recorder) Delivered(n int)           { r.add("delivered", n) }
func (r *recorder) Denied(d hub.Denial)       { r.add("denied "+d.String(), 1) }
func (r *recorder) Dropped(d hub.Drop, n int) { r.add("dropped "+d.String(), n) }

func TestAnObserverIsToldWhatTheHubDoes(t *testing.T) {
	r := new(recorder)
	h, url := start(t, hub.WithObserver(r))
	c := process(t, url).subscribe("event-A-0-s", "event-A-0-all")
	c.send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	c.send(`{"nonsense":1}`)
	c.alive()
	c.close(nil)
	c.closed()
	require.Eventually(t, func() bool { return h.Stats().Sessions == 0 }, patience, time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Equal(t, map[string]int{"opened true": 1, "received": 1, "delivered": 2, "denied malformed": 1, "closed peer": 1}, r.counts)
}

func TestEveryReasonHasALabelOfItsOwn(t *testing.T) {
	st := func() hub.Stats { h, _ := start(t); return h.Stats() }()
	require.Len(t, st.Closed, 8)
	require.Len(t, st.Denied, 10)
	require.Len(t, st.Dropped, 5)
	for _, labels := range []map[string]uint64{st.Closed, st.Denied, st.Dropped} {
		require.NotContains(t, labels, "")
	}
}

func TestStatsTellOfEachSessionAndGroup(t *testing.T) {
	h, url := start(t)
	c := dial(t, url, "token=ada").subscribe("event-A-0-s")
	process(t, url).subscribe("event-A-0-s").send(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)
	c.next()
	sessions := h.Sessions()
	require.Len(t, sessions, 2)
	require.ElementsMatch(t, []string{"ada", "process"}, []string{sessions[0].Principal, sessions[1].Principal})
	require.Equal(t, 1, sessions[0].Groups)
	require.NotEqual(t, sessions[0].ID, sessions[1].ID)
	require.Contains(t, h.Groups(), hub.GroupStats{Group: "event-A-0-s", Members: 2, Messages: 1})
}
