package hub

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

func subscribe(l *Local, option string, g love.Group) error {
	return l.Send(context.Background(), love.Subscription{Option: love.Option(option), Group: g}.AppendJSON(nil))
}

// The memory of subscriptions is charged to users while they last, and a group that
// several are in to one of them.
func TestTheMemoryOfSubscriptionsIsBoundedPerUserAndInAll(t *testing.T) {
	long := func(i int) love.Group {
		return love.StreamGroup(love.CategoryTelemetry, "A", 0, fmt.Sprintf("%s%02d", strings.Repeat("x", 900), i))
	}
	each := membershipBytes + groupMemory(long(0))
	h := New(WithLimits(Limits{UserSubscriptionBytes: 10 * each, SubscriptionBytes: 15 * each}))
	defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
	ada, bruno := auth.Principal{User: auth.User{Username: "ada"}}, auth.Principal{User: auth.User{Username: "bruno"}}
	first, second, other := h.Local(ada), h.Local(ada), h.Local(bruno)
	for i := range 6 {
		require.NoError(t, subscribe(first, "subscribe", long(i)))
	}
	for i := range 6 {
		require.NoError(t, subscribe(second, "subscribe", long(6+i)))
	}
	require.EqualValues(t, 2, h.Stats().Denied["subscription_bytes"], "of twelve")
	for i := range 6 {
		require.NoError(t, subscribe(other, "subscribe", long(12+i)))
	}
	require.EqualValues(t, 3, h.Stats().Denied["subscription_bytes"], "all together have 15")
	require.EqualValues(t, 15*each, h.index.subscriptionBytes.Load())

	require.NoError(t, subscribe(other, "unsubscribe", long(12)))
	require.NoError(t, subscribe(other, "subscribe", long(0)), "it is there already: only the membership counts")
	require.EqualValues(t, 14*each+membershipBytes, h.index.subscriptionBytes.Load())
	require.NoError(t, first.Close())
	require.EqualValues(t, 4*each, second.session.user.subscriptionBytes.Load())
	require.EqualValues(t, 5*each, other.session.user.subscriptionBytes.Load(), "what ada has left is charged to bruno")
	require.NoError(t, second.Close())
	require.NoError(t, other.Close())
	require.Zero(t, h.index.subscriptionBytes.Load())
	require.Zero(t, second.session.user.subscriptionBytes.Load())
	require.Zero(t, other.session.user.subscriptionBytes.Load())
	require.Zero(t, h.index.size())
}

// The messages of streams beyond the limit are delivered, but nothing is kept of them.
func TestInventedStreamsTakeNoMemory(t *testing.T) {
	h := New(WithLimits(Limits{Streams: 100}), WithTracing(false))
	defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
	l := h.Local(auth.Principal{Process: true})
	require.NoError(t, subscribe(l, "subscribe", love.Group{Category: love.CategoryEvent, CSC: "A", SalIndex: "0", Stream: wildcard}))
	_, err := l.Receive(t.Context())
	require.NoError(t, err)
	receive := func(name string) {
		event(t, h, name, "1")
		got, err := l.Receive(t.Context())
		require.NoError(t, err)
		require.Contains(t, string(got), name)
	}
	for i := range 1000 {
		receive(fmt.Sprint("new", i))
	}
	require.Equal(t, 101, h.index.size(), "and the group of the subscription")
	require.EqualValues(t, 900, h.Stats().Dropped["snapshot"])
	receive(strings.Repeat("long", 1000))
	require.Equal(t, 101, h.index.size())
	require.NoError(t, l.Close())
}

func TestSnapshotsOfAUserAreBounded(t *testing.T) {
	h := New(WithLimits(Limits{LastBytes: 1000}), WithTracing(false))
	defer func() { require.NoError(t, h.Shutdown(context.Background())) }()
	for _, name := range []string{"a", "b"} {
		event(t, h, name, "1")
	}
	l := h.Local(auth.Principal{User: auth.User{Username: "ada"}})
	defer l.Close()
	snapshots := func() (n int, denied uint64) {
		for range 100 {
			require.NoError(t, l.Send(t.Context(), []byte(`{"option":"subscribe","category":"event","csc":"A","salindex":0,"stream":"*","snapshot":true}`)))
		}
		return len(waiting(l.session)), h.Stats().Denied["snapshot"]
	}
	n, denied := snapshots()
	require.Less(t, n, 160, "100 answers, and four times what may be kept")
	require.Greater(t, denied, uint64(70))
}
