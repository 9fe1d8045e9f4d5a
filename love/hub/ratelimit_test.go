package hub_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestAUserWhoSendsTooManyRequestsIsClosedWithAReason(t *testing.T) {
	for what, message := range map[string]string{
		"subscriptions": request("subscribe", "telemetry-A-1-s"), "time": `{"action":"get_time_data","request_time":1}`,
		"nonsense": `{"x":`, "malformed data": `{"category":"event","data":1}`, "data that is not allowed": telemetry("s", 1),
	} {
		t.Run(what, func(t *testing.T) {
			clock := newClock()
			h, _ := start(t, hub.WithClock(clock), hub.WithLimits(hub.Limits{RequestRate: 10, UserRequestRate: 15}))
			open := func(p auth.Principal) *hub.Local {
				l := h.Local(p)
				t.Cleanup(func() { _ = l.Close() })
				return l
			}
			ada := auth.Principal{User: auth.User{Username: "ada"}}
			l := open(ada)
			for range 200 { // 20 seconds' worth at once
				require.NoError(t, l.Send(t.Context(), []byte(message)))
			}
			clock.Advance(time.Second)
			for range 10 {
				require.NoError(t, l.Send(t.Context(), []byte(message)))
			}
			require.Zero(t, h.Stats().Closed["rate"])
			require.NoError(t, l.Send(t.Context(), []byte(message)))
			require.EqualValues(t, 1, h.Stats().Closed["rate"])
			require.ErrorIs(t, l.Send(t.Context(), []byte(message)), hub.ErrClosed)

			second := open(ada) // all sessions of the user together have 300 and 15 in a second
			for range 105 {
				require.NoError(t, second.Send(t.Context(), []byte(message)))
			}
			require.EqualValues(t, 1, h.Stats().Closed["rate"])
			require.NoError(t, second.Send(t.Context(), []byte(message)))
			require.EqualValues(t, 2, h.Stats().Closed["rate"])

			for _, p := range []auth.Principal{{User: auth.User{Username: "bruno"}}, {Process: true}} {
				require.NoError(t, open(p).Send(t.Context(), []byte(message)))
			}
			require.EqualValues(t, 2, h.Stats().Closed["rate"], "nobody else notices")
		})
	}
}

func TestWhatAUserMayPublishIsNotLimited(t *testing.T) {
	h, _ := start(t, hub.WithLimits(hub.Limits{RequestRate: 1, UserRequestRate: 1}))
	l := h.Local(auth.Principal{User: auth.User{Username: "publisher"}})
	defer l.Close()
	for range 1000 {
		require.NoError(t, l.Send(t.Context(), []byte(telemetry("s", 1))))
	}
	require.Zero(t, h.Stats().Closed["rate"])
}

// A screen that asks little stays, whatever else its user does.
func TestASessionThatAsksLittleStaysOpenWhenItsUserAsksTooMuch(t *testing.T) {
	h, _ := start(t, hub.WithClock(newClock()), hub.WithLimits(hub.Limits{RequestRate: 10, UserRequestRate: 10}))
	ada := auth.Principal{User: auth.User{Username: "ada"}}
	greedy, modest := h.Local(ada), h.Local(ada)
	defer greedy.Close()
	defer modest.Close()
	send := func(l *hub.Local) error { return l.Send(t.Context(), []byte(`{"action":"unknown"}`)) }
	for range 200 {
		require.NoError(t, send(greedy))
	}
	for range 10 {
		require.NoError(t, send(modest))
	}
	require.Zero(t, h.Stats().Closed["rate"])
	require.NoError(t, send(greedy), "it is the last one")
	require.ErrorIs(t, send(greedy), hub.ErrClosed)
	require.NoError(t, send(modest), "more than a second's worth, and the last one")
	require.ErrorIs(t, send(modest), hub.ErrClosed)
}
