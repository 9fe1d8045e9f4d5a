package lovetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/lovetest"
)

const managerMessage = `{"category":"event","data":[{"csc":"Rack","salindex":1,"data":{"power":{"watts":42},"doors":{"open":0}}}]}`

// publisher is a process at a manager.
func publisher(t *testing.T, m *lovetest.Manager) *client.Client {
	c, err := client.New(m.URL, client.WithProcessPassword(m.Password))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	return c
}

func TestManagerRemembersWhatIsPublished(t *testing.T) {
	m := lovetest.NewManager(t)
	c := publisher(t, m)
	require.NoError(t, c.Send(t.Context(), []byte(managerMessage)))
	msg := m.Next("event-Rack-1-power")
	require.Equal(t, "Rack", msg.Data[0].CSC)
	require.Len(t, m.Messages(), 1)
	require.NoError(t, c.Send(t.Context(), []byte(managerMessage)))
	m.Next("event-Rack-1-doors")
}

func TestManagerAsksForAnEventThatIsWatched(t *testing.T) {
	m := lovetest.NewManager(t)
	asked := make(chan []byte, 10)
	c, err := client.New(m.URL, client.WithProcessPassword(m.Password))
	require.NoError(t, err)
	c.OnMessage(func(_ context.Context, raw []byte) { asked <- raw })
	c.OnConnect(func(ctx context.Context) error {
		return c.Send(ctx, love.Subscription{Option: love.Subscribe, Group: love.Group{Category: love.CategoryInitialState, CSC: "Rack", SalIndex: love.All, Stream: love.All}}.AppendJSON(nil))
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	require.Contains(t, string(<-asked), "Successfully subscribed")
	m.Watch("event-Rack-1-power")
	require.Contains(t, string(<-asked), `"event_name"`)
	cancel()
	require.NoError(t, <-ended)
}

func TestManagerCanBeKilledAndStartedAgain(t *testing.T) {
	m := lovetest.NewManager(t)
	c := publisher(t, m)
	for range 3 {
		require.NoError(t, c.Send(t.Context(), []byte(managerMessage)))
		m.Next("event-Rack-1-power")
		m.Kill()
		m.Kill()
		m.Start()
		// What was sent into the broken connection may be lost.
		require.Eventually(t, func() bool { return c.Flush(t.Context()) == nil }, 10*time.Second, 10*time.Millisecond)
	}
	require.Len(t, m.Messages(), 3)
}

func TestManagerAdmitsOnlyWhoKnowsThePassword(t *testing.T) {
	m := lovetest.NewManager(t)
	c, err := client.New(m.URL, client.WithProcessPassword("wrong"), client.WithoutRetry())
	require.NoError(t, err)
	require.ErrorIs(t, c.Run(t.Context()), client.ErrRefused)
}
