package hub_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestALocalConnectionSpeaksTheSameProtocol(t *testing.T) {
	h, url := start(t)
	local := h.Local(auth.Principal{Process: true})
	defer func() { require.NoError(t, local.Close()) }()
	sub := process(t, url).subscribe("event-A-0-s")

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
