package hub_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// One reads nothing and holds most of what may wait. Another that reads everything gets
// a message that is larger than its share.
func TestWhoHoldsMostIsClosedAndNotWhoNeedsMore(t *testing.T) {
	for name, c := range map[string]struct {
		limits      hub.Limits
		slow, other auth.Principal
	}{
		"of one user":      {hub.Limits{UserQueueBytes: 8 << 20}, user("ada"), user("ada")},
		"in all":           {hub.Limits{AllQueueBytes: 8 << 20}, user("ada"), user("bruno")},
		"before a process": {hub.Limits{AllQueueBytes: 8 << 20}, user("ada"), auth.Principal{Process: true}},
	} {
		t.Run(name, func(t *testing.T) {
			c.limits.UserMessage = 1 << 20
			h, _ := start(t, hub.WithLimits(c.limits))
			slow, other := h.Local(c.slow), h.Local(c.other)
			defer slow.Close()
			defer other.Close()
			require.NoError(t, slow.Send(t.Context(), []byte(request("subscribe", "event-A-0-s"))))
			require.NoError(t, other.Send(t.Context(), []byte(request("subscribe", "event-B-0-s"))))
			publish := func(csc string, size int) {
				require.NoError(t, h.Publish(context.Background(), love.Message{Category: love.CategoryEvent, Data: []love.Item{{
					CSC: csc, Streams: []love.Stream{{Name: "s", Value: love.RawValue(`"` + strings.Repeat("x", size) + `"`)}},
				}}}))
			}
			for range 75 {
				publish("A", 100<<10)
			}
			require.Zero(t, h.Stats().Closed["memory"])
			_, err := other.Receive(t.Context())
			require.NoError(t, err)
			for range 5 {
				publish("B", 3<<20)
				raw, err := other.Receive(t.Context())
				require.NoError(t, err)
				require.Greater(t, len(raw), 3<<20)
			}
			require.EqualValues(t, 1, h.Stats().Closed["memory"])
			_, err = slow.Receive(t.Context())
			require.ErrorIs(t, err, hub.ErrClosed)
		})
	}
}

// A user with many connections does not get one closed of a user with a single one.
func TestTheUserWhoHoldsMostLosesAConnection(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{AllQueueBytes: 8 << 20}))
	publish := func(csc string) {
		require.NoError(t, h.Publish(context.Background(), love.Message{Category: love.CategoryEvent, Data: []love.Item{{
			CSC: csc, Streams: []love.Stream{{Name: "s", Value: love.RawValue(`"` + strings.Repeat("x", 100<<10) + `"`)}},
		}}}))
	}
	for range 10 {
		l := h.Local(user("bruno"))
		defer l.Close()
		require.NoError(t, l.Send(t.Context(), []byte(request("subscribe", "event-B-0-s"))))
	}
	for range 7 {
		publish("B")
	}
	require.Zero(t, h.Stats().Closed["memory"])
	single := h.Local(user("ada"))
	defer single.Close()
	require.NoError(t, single.Send(t.Context(), []byte(request("subscribe", "event-A-0-s"))))
	for range 25 { // more than each of the others has
		publish("A")
	}
	require.Positive(t, h.Stats().Closed["memory"])
	for range 26 {
		_, err := single.Receive(t.Context())
		require.NoError(t, err)
	}
}
