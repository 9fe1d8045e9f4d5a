package hub_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

func TestAProgramPublishesAndSubscribesWithoutASocket(t *testing.T) {
	h, url := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	messages := h.Subscribe(ctx, love.StreamGroup("event", "A", 0, "s"))
	sub := dialProcess(t, url).subscribe("event-A-0-s")
	m := love.Message{Category: "event", Data: []love.Item{{CSC: "A", Streams: []love.Stream{{Name: "s", Value: love.RawValue("[1.50]")}}}}}
	require.NoError(t, h.Publish(ctx, m))
	const want = `{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[1.50]}}],"subscription":"event-A-0-s"}`
	require.Equal(t, want, sub.next())
	var errs []error
	for d, err := range messages {
		if err != nil {
			errs = append(errs, err)
			break
		}
		require.Equal(t, want, string(d.Raw))
		cancel()
	}
	require.Equal(t, []error{context.Canceled}, errs)
	require.ErrorIs(t, h.Publish(ctx, m), context.Canceled)
}
