package client_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

var position = love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")

// iteration collects deliveries until the iteration ends.
type iteration struct {
	raw   chan string
	ended chan error
}

func iterate(ctx context.Context, c *client.Client, groups ...love.Group) iteration {
	it := iteration{raw: make(chan string, 10000), ended: make(chan error, 1)}
	go func() {
		for d, err := range c.Subscribe(ctx, groups...) {
			if err != nil {
				it.ended <- err
				return
			}
			it.raw <- string(d.Raw)
		}
		it.ended <- nil
	}()
	return it
}

func request(option love.Option, g love.Group) string {
	return string(love.Subscription{Option: option, Group: g}.AppendJSON(nil))
}

func delivery(g love.Group, value any) string {
	return fmt.Sprintf(`{"category":%q,"data":[{"csc":%q,"salindex":0,"data":{%q:%v}}],"subscription":%q}`,
		g.Category, g.CSC, g.Stream, value, g.String())
}

func TestAnIteratorSubscribesReceivesAndUnsubscribes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, err := client.New("manager", client.WithDialer(m.dial))
		require.NoError(t, err)
		confirmed := make(chan string, 1)
		c.OnSubscribed(func(group string) { confirmed <- group })
		stop := run(t, c)
		p := <-m.peers
		ctx, cancel := context.WithCancel(t.Context())
		it := iterate(ctx, c, position)

		require.Equal(t, request(love.Subscribe, position), p.receive(t))
		p.send(`{"data": "Successfully subscribed to telemetry-ATDome-0-position"}`)
		require.Equal(t, position.String(), <-confirmed)
		p.send(delivery(position, "NaN"))
		require.Equal(t, delivery(position, "NaN"), <-it.raw)

		cancel()
		require.Equal(t, context.Canceled, <-it.ended)
		require.Equal(t, request(love.Unsubscribe, position), p.receive(t))
		require.NoError(t, stop())
	})
}

func TestIteratorsOfOneGroupShareItsSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t)
		p := <-m.peers
		synctest.Wait() // it has subscribed to nothing yet
		ctx, cancel := context.WithCancel(t.Context())
		first := iterate(ctx, c, position)
		p.receive(t)
		second := iterate(t.Context(), c, position)
		require.Equal(t, request(love.Subscribe, position), p.receive(t), "subscribed to again, so that the manager requests the present state")
		p.send(delivery(position, 1))
		require.Equal(t, delivery(position, 1), <-first.raw)
		require.Equal(t, delivery(position, 1), <-second.raw)
		cancel()
		<-first.ended
		p.send(delivery(position, 2))
		require.Equal(t, delivery(position, 2), <-second.raw)
		require.Empty(t, p.frames, "not unsubscribed while an iterator uses it")
		require.NoError(t, stop())
		require.ErrorIs(t, <-second.ended, client.ErrClosed)
	})
}

func TestSubscriptionsSurviveReconnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t, client.WithToken("tok"))
		it := iterate(t.Context(), c, position, love.CategoryGroup(love.CategoryEvent))
		for range 3 {
			p := <-m.peers
			require.Equal(t, request(love.Subscribe, position), p.receive(t))
			require.Equal(t, request(love.Subscribe, love.CategoryGroup(love.CategoryEvent)), p.receive(t))
			p.send(delivery(position, 1))
			require.Equal(t, delivery(position, 1), <-it.raw)
			p.closeWith(ws.StatusGoingAway, "")
		}
		p := <-m.peers
		p.closeWith(ws.StatusNormalClosure, "")
		require.ErrorIs(t, <-it.ended, client.ErrTokenInvalid)
		require.ErrorIs(t, stop(), client.ErrTokenInvalid)
	})
}

func TestNothingIsDroppedForASlowIterator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const messages = 500
		m := newManager(t)
		c, stop := m.start(t, client.WithBuffer(4))
		p := <-m.peers
		sent := 0
		go func() {
			for i := range messages {
				p.send(delivery(position, i))
				sent++
			}
		}()
		got := 0
		for d, err := range c.Subscribe(t.Context(), position) {
			require.NoError(t, err)
			require.Equal(t, delivery(position, got), string(d.Raw))
			if got++; got == messages {
				break
			}
			time.Sleep(time.Second) // longer in all than any ping's deadline
			synctest.Wait()
			require.LessOrEqual(t, sent, got+8, "the manager must wait instead")
		}
		require.Equal(t, 1, m.attempts())
		require.NoError(t, stop())
	})
}
