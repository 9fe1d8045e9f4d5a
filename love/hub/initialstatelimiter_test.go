package hub_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// A viewer that invents streams must not have a producer closed as slow.
func TestTheRequestsOfOneUserToOneComponentAreLimited(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock))
	producer := dialProcess(t, url).subscribe("initial_state-Victim-all-all")
	other := dialProcess(t, url).subscribe("initial_state-Other-all-all")
	viewer := h.Local(auth.Principal{User: auth.User{Username: "ada"}})
	defer viewer.Close()
	for i := range 9000 {
		for _, option := range []string{"subscribe", "unsubscribe"} {
			require.NoError(t, viewer.Send(t.Context(), []byte(request(option, "event-Victim-1-new"+itoa(i)))))
		}
	}
	require.Len(t, producer.sync(), 4000, "the component gets no more at once")
	require.EqualValues(t, 3000, h.Stats().Dropped["request_limit"], "2000 others wait")
	clock.Advance(time.Second)
	for i := range 400 { // and then 400 in a second
		require.Equal(t, initialState("Victim", "1", "new"+itoa(4000+i)), producer.next())
	}
	require.Empty(t, producer.sync())
	require.Zero(t, h.Stats().Closed["slow"])

	dial(t, url, "token=bruno").subscribe("event-Other-1-s")
	require.Equal(t, initialState("Other", "1", "s"), other.next(), "nobody else notices")
}

// However long and odd the names are, and however little a producer reads.
func TestRequestsDoNotFillTheQueueOfAProducer(t *testing.T) {
	for _, limit := range []int{1 << 20, 32 << 20} {
		clock := newClock()
		h, url := start(t, hub.WithClock(clock), hub.WithPing(time.Hour), hub.WithLimits(hub.Limits{QueueBytes: limit}))
		producer := h.Local(auth.Principal{Process: true}) // it reads nothing
		defer producer.Close()
		for i := range 5 {
			require.NoError(t, producer.Send(t.Context(), []byte(request("subscribe", "initial_state-Victim"+itoa(i)+"-all-all"))))
		}
		for u := range 3 {
			viewer := h.Local(auth.Principal{User: auth.User{Username: "user" + itoa(u)}})
			defer viewer.Close()
			for i := range 3000 {
				for _, option := range []love.Option{love.Subscribe, love.Unsubscribe} {
					require.NoError(t, viewer.Send(t.Context(), love.Subscription{Option: option, Group: love.Group{
						Category: "event", CSC: "Victim" + itoa(i%5), SalIndex: "1", Stream: strings.Repeat("\x01", 150) + itoa(i),
					}}.AppendJSON(nil)))
					_, err := viewer.Receive(t.Context())
					require.NoError(t, err)
				}
			}
		}
		require.Positive(t, h.Stats().Dropped["request_limit"])
		require.Zero(t, h.Stats().Closed["slow"]+h.Stats().Closed["memory"])
		for _, s := range h.Sessions() {
			require.LessOrEqual(t, s.Waiting, min(limit/2+2000, 6<<20))
		}
		clock.Advance(time.Minute) // together the three have used what there is for all
		other := dialProcess(t, url).subscribe("initial_state-Other-all-all")
		dial(t, url, "token=bruno").subscribe("event-Other-1-s")
		require.Equal(t, initialState("Other", "1", "s"), other.next())
	}
}

// Somebody who has used up what a user may ask for waits, and nobody waits with them.
func TestARequestDoesNotWaitForThatOfAnotherUser(t *testing.T) {
	h, url := start(t, hub.WithClock(newClock()), hub.WithPing(time.Hour), hub.WithLimits(hub.Limits{RequestRate: 10_000, UserRequestRate: 10_000}))
	producer := dialProcess(t, url).subscribe("initial_state-A-all-all")
	greedy := h.Local(auth.Principal{User: auth.User{Username: "ada"}})
	defer greedy.Close()
	ask := func(group string) {
		require.NoError(t, greedy.Send(t.Context(), []byte(request("subscribe", group))))
		_, err := greedy.Receive(t.Context())
		require.NoError(t, err)
		require.NoError(t, greedy.Send(t.Context(), []byte(request("unsubscribe", group))))
		_, err = greedy.Receive(t.Context())
		require.NoError(t, err)
	}
	for i := range 10_000 {
		ask("event-Nobody" + itoa(i) + "-1-s")
	}
	ask("event-A-1-s")
	require.Empty(t, producer.sync(), "it waits")
	dial(t, url, "token=bruno").subscribe("event-A-1-s")
	require.Equal(t, initialState("A", "1", "s"), producer.next())
}

func TestANameIsMeasuredAsItIsSent(t *testing.T) {
	h, url := start(t)
	c := dialProcess(t, url)
	for csc, denied := range map[string]int{strings.Repeat("x", 1009): 0, strings.Repeat("x", 1010): 1, strings.Repeat("\x01", 169): 1} {
		before := h.Stats().Denied["group_name"]
		c.send(string(love.Subscription{Option: love.Subscribe, Group: love.Group{Category: "event", CSC: csc, SalIndex: "1", Stream: "stream"}}.AppendJSON(nil)))
		_ = c.next()
		require.EqualValues(t, denied, h.Stats().Denied["group_name"]-before, "%d bytes", len(csc))
	}
}

func TestTenRequestsForOneStreamAreSentThenOnePerSecond(t *testing.T) {
	clock := newClock()
	h, url := start(t, hub.WithClock(clock))
	producer := dialProcess(t, url).subscribe("initial_state-A-all-all")
	sub := dialProcess(t, url)
	for range 50 {
		sub.subscribe("event-A-1-s")
	}
	sub.subscribe("event-A-1-t")
	got := producer.sync()
	require.Len(t, got, 11)
	require.Equal(t, initialState("A", "1", "t"), got[10], "another stream has a bucket of its own")
	require.EqualValues(t, 39, h.Stats().Dropped["request"], "one of the forty waits, the others are merged with it")

	clock.Advance(999 * time.Millisecond)
	require.Empty(t, producer.sync())
	clock.Advance(time.Millisecond)
	require.Equal(t, initialState("A", "1", "s"), producer.next())
	clock.Advance(5 * time.Second)
	require.Empty(t, producer.sync())
	for range 20 {
		sub.subscribe("event-A-1-s")
	}
	require.Len(t, producer.sync(), 5, "a token is regained every second")
}
