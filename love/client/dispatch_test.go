package client_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// FuzzMessages sends any text to a client, which must receive the next message.
func FuzzMessages(f *testing.F) {
	for _, text := range []string{
		delivery(position, "NaN"),
		`{"data":"Successfully subscribed to telemetry-ATDome-0-position"}`,
		`{"category":"heartbeat","subscription":"heartbeat","data":[]}`,
		`{"category":"initial_state","data":[{"csc":1}]}`,
		`{"category":null,"data":[[[`, "\xff", "", `{"subscription":"\ud800"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m := newManager(t)
		c, stop := m.start(t)
		p := <-m.peers
		it := iterate(t.Context(), c, position, love.CategoryGroup(love.CategoryInitialState))
		p.receive(t)
		p.receive(t)
		p.frame(ws.NewTextFrame(text))
		p.send(delivery(position, `"the last"`))
		for raw := range it.raw {
			if raw == delivery(position, `"the last"`) {
				break
			}
		}
		require.NoError(t, stop())
	})
}

func TestMessagesForNoIteratorGoToOnMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		c, err := client.New("manager", client.WithDialer(m.dial))
		require.NoError(t, err)
		other := make(chan string, 10)
		c.OnMessage(func(_ context.Context, raw []byte) { other <- string(raw) })
		stop := run(t, c)
		p := <-m.peers
		synctest.Wait() // it has subscribed to nothing yet
		it := iterate(t.Context(), c, position)
		p.receive(t)
		const ask = `{"category":"initial_state","data":[{"csc":"ATDome","salindex":0,"data":{"event_name":"x"}}],"subscription":"initial_state-all-all-all"}`
		for _, text := range []string{
			ask,
			`{"time_data":{},"request_time":1}`,
			`{"data":"Successfully subscribed to initial_state-ATDome-all-all"}`,
			delivery(love.StreamGroup(love.CategoryEvent, "ATDome", 0, "position"), 1),
		} {
			p.send(text)
			require.Equal(t, text, <-other)
		}
		require.Empty(t, it.raw)
		require.NoError(t, stop())
	})
}

func TestMessagesThatNameAnotherGroupReachTheirIterator(t *testing.T) {
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
			synctest.Wait() // it has subscribed to nothing yet
			it := iterate(t.Context(), c, test.group)
			p.receive(t)
			p.send(test.text)
			require.Equal(t, test.text, <-it.raw)
			require.NoError(t, stop())
		})
	}
}

func TestWhatIsNotAMessageIsLoggedAndIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newManager(t)
		var logged logs
		c, stop := m.start(t, logged.option())
		p := <-m.peers
		synctest.Wait() // it has subscribed to nothing yet
		it := iterate(t.Context(), c, position)
		p.receive(t)
		for _, text := range []string{"", "{", "nonsense", "[1]", "null", `{"category":7}`, `{"data":[]}`, `{"data":"Successfully"}`, strings.Repeat("[", 5000), `{"category":"initial_state","data":[7]}`} {
			p.send(text)
		}
		p.frame(ws.NewBinaryFrame([]byte{1, 2, 3}))
		p.frame(ws.NewTextFrame([]byte{0xff, 0xfe}))
		p.frame(ws.NewPongFrame([]byte("unasked")))
		p.send(delivery(position, 1))
		require.Equal(t, delivery(position, 1), <-it.raw, "the connection stays open")
		require.Equal(t, 1, m.attempts())
		require.NotZero(t, logged.count("ignored a message"))
		require.NoError(t, stop())
	})
}
