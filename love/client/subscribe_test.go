package client_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

var position = love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")

// iterate collects deliveries until the iteration ends.
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

		require.Equal(t, request(love.Subscribe, position), p.hears(t))
		p.say(`{"data": "Successfully subscribed to telemetry-ATDome-0-position"}`)
		require.Equal(t, position.String(), <-confirmed)
		p.say(delivery(position, "NaN"))
		require.Equal(t, delivery(position, "NaN"), <-it.raw)

		cancel()
		require.NoError(t, <-it.ended)
		require.Equal(t, request(love.Unsubscribe, position), p.hears(t))
		require.NoError(t, stop())
	})
}

func TestIteratorsOfAGroupShareIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t)
		p := <-m.peers
		synctest.Wait() // until the new connection has asked for what there is: nothing yet
		ctx, cancel := context.WithCancel(t.Context())
		first := iterate(ctx, c, position)
		p.hears(t)
		second := iterate(t.Context(), c, position)
		require.Equal(t, request(love.Subscribe, position), p.hears(t), "asked again, so that the manager tells the present state")
		p.say(delivery(position, 1))
		require.Equal(t, delivery(position, 1), <-first.raw)
		require.Equal(t, delivery(position, 1), <-second.raw)
		cancel()
		<-first.ended
		p.say(delivery(position, 2))
		require.Equal(t, delivery(position, 2), <-second.raw)
		require.Empty(t, p.frames, "not unsubscribed while somebody needs it")
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
			require.Equal(t, request(love.Subscribe, position), p.hears(t))
			require.Equal(t, request(love.Subscribe, love.CategoryGroup(love.CategoryEvent)), p.hears(t))
			p.say(delivery(position, 1))
			require.Equal(t, delivery(position, 1), <-it.raw)
			p.closeWith(ws.StatusGoingAway, "")
		}
		p := <-m.peers
		p.closeWith(ws.StatusNormalClosure, "")
		require.ErrorIs(t, <-it.ended, client.ErrTokenDead)
		require.ErrorIs(t, stop(), client.ErrTokenDead)
	})
}

func TestNothingIsDroppedForASlowIterator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const messages = 500
		m := newManager(t)
		c, stop := m.start(t, client.WithBuffer(4))
		p := <-m.peers
		said := 0
		go func() {
			for i := range messages {
				p.say(delivery(position, i))
				said++
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
			require.LessOrEqual(t, said, got+8, "the manager is held up instead")
		}
		require.Equal(t, 1, m.attempts())
		require.NoError(t, stop())
	})
}

func TestWhatBelongsToNoIteratorGoesToOnMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, err := client.New("manager", client.WithDialer(m.dial))
		require.NoError(t, err)
		other := make(chan string, 10)
		c.OnMessage(func(_ context.Context, raw []byte) { other <- string(raw) })
		stop := run(t, c)
		p := <-m.peers
		synctest.Wait() // it has asked for nothing yet
		it := iterate(t.Context(), c, position)
		p.hears(t)
		const ask = `{"category":"initial_state","data":[{"csc":"ATDome","salindex":0,"data":{"event_name":"x"}}],"subscription":"initial_state-all-all-all"}`
		for _, text := range []string{
			ask,
			`{"time_data":{},"request_time":1}`,
			`{"data":"Successfully subscribed to initial_state-ATDome-all-all"}`,
			delivery(love.StreamGroup(love.CategoryEvent, "ATDome", 0, "position"), 1),
		} {
			p.say(text)
			require.Equal(t, text, <-other)
		}
		require.Empty(t, it.raw)
		require.NoError(t, stop())
	})
}

func TestMessagesThatNameAnotherGroupFindTheirIterator(t *testing.T) {
	heartbeats := love.StreamGroup(love.CategoryHeartbeat, "manager", 0, "stream")
	requests := love.Group{Category: love.CategoryInitialState, CSC: "ATDome", SalIndex: love.All, Stream: love.All}
	for _, test := range []struct {
		group love.Group
		text  string
	}{
		{heartbeats, `{"category":"heartbeat","data":[{"csc":"Manager","salindex":0,"data":{"timestamp":1.5}}],"subscription":"heartbeat"}`},
		{requests, `{"category":"initial_state","data":[{"csc":"ATDome","salindex":0,"data":{"event_name":"x"}}],"subscription":"initial_state-all-all-all"}`},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newManager(t)
			c, stop := m.start(t)
			p := <-m.peers
			synctest.Wait() // it has asked for nothing yet
			it := iterate(t.Context(), c, test.group)
			p.hears(t)
			p.say(test.text)
			require.Equal(t, test.text, <-it.raw)
			require.NoError(t, stop())
		})
	}
}

func TestFragmentsAreJoinedAndPingsBetweenThemAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, stop := m.start(t)
		p := <-m.peers
		synctest.Wait() // it has asked for nothing yet
		it := iterate(t.Context(), c, position)
		p.hears(t)
		whole := delivery(position, strings.Repeat("1", 200000))
		p.frame(ws.NewFrame(ws.OpText, false, []byte(whole[:7])))
		p.frame(ws.NewPingFrame([]byte("still there?")))
		p.frame(ws.NewFrame(ws.OpContinuation, false, []byte(whole[7:100000])))
		p.frame(ws.NewFrame(ws.OpContinuation, true, []byte(whole[100000:])))
		require.Equal(t, ws.NewPongFrame([]byte("still there?")).Payload, (<-p.frames).Payload)
		require.Equal(t, whole, <-it.raw)
		require.NoError(t, stop())
	})
}

func TestGarbageIsToldAndIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		var told logs
		c, stop := m.start(t, told.option())
		p := <-m.peers
		synctest.Wait() // it has asked for nothing yet
		it := iterate(t.Context(), c, position)
		p.hears(t)
		for _, text := range []string{"", "{", "nonsense", "[1]", "null", `{"category":7}`, `{"data":[]}`, `{"data":"Successfully"}`, strings.Repeat("[", 5000), `{"category":"initial_state","data":[7]}`} {
			p.say(text)
		}
		p.frame(ws.NewBinaryFrame([]byte{1, 2, 3}))
		p.frame(ws.NewTextFrame([]byte{0xff, 0xfe}))
		p.frame(ws.NewPongFrame([]byte("unasked")))
		p.say(delivery(position, 1))
		require.Equal(t, delivery(position, 1), <-it.raw, "the connection lives on")
		require.Equal(t, 1, m.attempts())
		require.NotZero(t, told.count("ignored a message"))
		require.NoError(t, stop())
	})
}

func TestBrokenFramesEndTheConnectionWithTheirCode(t *testing.T) {
	tooLong := ws.Header{Fin: true, OpCode: ws.OpText, Length: client.MaxMessage + 1}
	for _, test := range []struct {
		name   string
		header ws.Header
		code   ws.StatusCode
	}{
		{"too long", tooLong, ws.StatusMessageTooBig},
		{"reserved bit", ws.Header{Fin: true, OpCode: ws.OpText, Rsv: 0x4}, ws.StatusProtocolError},
		{"masked", ws.Header{Fin: true, OpCode: ws.OpText, Masked: true}, ws.StatusProtocolError},
		{"continues nothing", ws.Header{Fin: true, OpCode: ws.OpContinuation}, ws.StatusProtocolError},
		{"unknown kind", ws.Header{Fin: true, OpCode: 0x3}, ws.StatusProtocolError},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newManager(t)
				_, stop := m.start(t)
				p := <-m.peers
				p.frame(ws.Frame{Header: test.header})
				require.Equal(t, test.code, p.isLeft(t))
				<-m.peers
				require.NoError(t, stop())
			})
		})
	}
}
