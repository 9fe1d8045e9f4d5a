package client_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

func TestEverySubscriptionAsksForASnapshotAndARate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t, client.WithSnapshot(), client.WithMaxRate(0.5))
		asking := string(love.Subscription{Option: love.Subscribe, Group: position, Snapshot: true, MaxRate: 0.5}.AppendJSON(nil))

		p := <-m.peers
		synctest.Wait() // it has subscribed to nothing yet
		ctx, cancel := context.WithCancel(t.Context())
		it := iterate(ctx, c, position)
		require.Equal(t, asking, p.receive(t))
		p.closeWith(ws.StatusGoingAway, "")
		p = <-m.peers
		require.Equal(t, asking, p.receive(t), "after reconnecting, too")

		synctest.Wait()
		cancel()
		require.NoError(t, <-it.ended)
		require.Equal(t, request(love.Unsubscribe, position), p.receive(t))
		require.NoError(t, stop())
	})
}
