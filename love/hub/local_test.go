package hub_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestALocalConnectionSpeaksTheSameProtocol(t *testing.T) {
	h, url := start(t)
	local := h.Local(auth.Principal{Process: true})
	defer func() { require.NoError(t, local.Close()) }()
	sub := dialProcess(t, url).subscribe("event-A-0-s")

	require.NoError(t, local.Send(t.Context(), []byte(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":1}}]}`)))
	require.Contains(t, sub.next(), `{"s":1}`)

	require.NoError(t, local.Send(t.Context(), []byte(request("subscribe", "initial_state-A-all-all"))))
	got, err := local.Receive(t.Context())
	require.NoError(t, err)
	require.Equal(t, `{"data":"Successfully subscribed to initial_state-A-all-all"}`, string(got))
	sub.send(request("subscribe", "event-A-0-s"))
	got, err = local.Receive(t.Context())
	require.NoError(t, err)
	require.Equal(t, initialState("A", "0", "s"), string(got))
}

func TestReceivingEndsWithItsContextAndWithTheConnection(t *testing.T) {
	h, _ := start(t)
	local := h.Local(auth.Principal{Process: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := local.Receive(ctx)
	require.ErrorIs(t, err, context.Canceled)

	received := make(chan error)
	go func() {
		_, err := local.Receive(context.Background())
		received <- err
	}()
	require.NoError(t, local.Close())
	require.ErrorIs(t, <-received, hub.ErrClosed)
	require.Zero(t, h.Stats().Sessions)
}

func TestAClosedConnectionStaysClosed(t *testing.T) {
	h, _ := start(t)
	l := h.Local(auth.Principal{Process: true})
	require.NoError(t, h.Shutdown(t.Context()))
	for range 3 {
		_, err := l.Receive(t.Context())
		require.ErrorIs(t, err, hub.ErrClosed)
	}
	require.NoError(t, l.Close())
	require.ErrorIs(t, h.Publish(t.Context(), love.Message{Category: "event"}), hub.ErrClosed)
}

func TestEveryEndOfALocalConnectionIsCounted(t *testing.T) {
	r := new(recorder)
	h, _ := start(t, hub.WithObserver(r))
	for range 10 {
		l := h.Local(auth.Principal{Process: true})
		require.NoError(t, l.Send(t.Context(), []byte(request("subscribe", "event-A-0-s"))))
		require.NoError(t, h.Publish(t.Context(), love.Message{Category: "event", Data: []love.Item{
			{CSC: "A", Streams: []love.Stream{{Name: "s", Value: love.RawValue(`1`)}}},
		}}))
		require.NoError(t, l.Close())
		require.NoError(t, l.Close())
	}
	require.Equal(t, 10, r.counts["opened true"])
	require.Equal(t, 10, r.counts["closed peer"])
	require.Equal(t, 10, r.counts["dropped closed"], "the events that were not read")
}

func TestAMessageThatNobodyCouldGetIsAnError(t *testing.T) {
	h := hub.New()
	defer func() { _ = h.Shutdown(context.Background()) }()
	require.ErrorContains(t, h.Publish(t.Context(), love.Message{Category: "event", Data: []love.Item{{CSC: "A"}}}), "without streams")
	bad := love.Message{Category: "event", Data: []love.Item{{CSC: "A", Streams: []love.Stream{{Name: "s", Value: love.RawValue("{")}}}}}
	require.ErrorContains(t, h.Publish(t.Context(), bad), "not JSON")
}
