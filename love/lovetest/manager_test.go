package lovetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
)

const managerMessage = `{"category":"event","data":[{"csc":"Rack","salindex":1,"data":{"power":{"watts":42},"doors":{"open":0}}}]}`

// publisher returns a client that is connected as a process.
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

func TestManagerRecordsMessages(t *testing.T) {
	m := lovetest.NewManager(t)
	c := publisher(t, m)
	require.NoError(t, c.Send(t.Context(), []byte(managerMessage)))
	msg := m.Next("event-Rack-1-power")
	require.Equal(t, `{"watts":42}`, string(msg.Value))
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
	m.Subscribe("event-Rack-1-power")
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
		// Messages sent into the broken connection may be lost.
		require.Eventually(t, func() bool { return c.Flush(t.Context()) == nil }, 10*time.Second, 10*time.Millisecond)
	}
	require.Len(t, m.Messages(), 3)
}

func TestManagerRefusesAWrongPassword(t *testing.T) {
	m := lovetest.NewManager(t)
	c, err := client.New(m.URL, client.WithProcessPassword("wrong"), client.WithoutRetry())
	require.NoError(t, err)
	require.ErrorIs(t, c.Run(t.Context()), client.ErrRefused)
}

func TestManagerHasLogInsAndRecordsCommands(t *testing.T) {
	m := lovetest.NewManager(t)
	for user, may := range map[string]bool{"admin": true, "cmd_user": true, "user": false} {
		login, err := client.Login(t.Context(), m.URL, user, user)
		require.NoError(t, err)
		require.Equal(t, may, login.Permissions.ExecuteCommands)
	}
	m.AddUser("dom", "secret", "ATDome:*:move*")
	c := m.LogIn("dom", "secret")
	ack, err := c.Command(t.Context(), love.Command{CSC: "ATDome", Name: "moveAzimuth"})
	require.NoError(t, err)
	require.True(t, ack.Succeeded())
	m.Commander.AnswerWith(commander.Failed("windy"), nil)
	ack, err = c.Command(t.Context(), love.Command{CSC: "ATDome", Name: "moveShutter"})
	require.NoError(t, err)
	require.Equal(t, "Failed: windy", ack.Text)
	_, err = c.Command(t.Context(), love.Command{CSC: "ATDome", Name: "stop"})
	require.ErrorContains(t, err, "not allowed")

	calls := m.Commander.Calls()
	require.Len(t, calls, 2)
	require.Equal(t, "dom@lovetest", calls[0].Identity)
	m.Kill()
	m.Start()
	var states []love.CommandState
	for e, err := range c.Commands(t.Context(), love.CommandFilter{}) {
		require.NoError(t, err, "the token outlives a restart")
		states = append(states, e.State)
	}
	require.Equal(t, []love.CommandState{love.CommandRefused, love.CommandFailed, love.CommandDone}, states)
	require.Empty(t, m.Messages(), "messages of the manager itself are not recorded")
}

// A manager in front of a commander passes the suite of commanders.
func TestManagerConformsAsACommander(t *testing.T) {
	lovetest.RunCommander(t, func(t *testing.T) lovetest.CommanderSetup {
		m := lovetest.NewManager(t)
		c := m.LogIn("admin", "admin")
		m.Commander.Answer = func(ctx context.Context, call commander.Call) (love.Ack, error) {
			switch call.Name {
			case "cmd_fail":
				return commander.Failed("dark"), nil
			case "cmd_wrong":
				return love.Ack{}, commander.Refuse("there is no field x")
			case "cmd_hang":
				<-ctx.Done()
				return love.Ack{}, ctx.Err()
			case "cmd_slow":
				commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS"})
			}
			return love.Ack{Text: love.Done}, nil
		}
		call := func(name string) commander.Call { return lovetest.Call("X", name, "") }
		return lovetest.CommanderSetup{
			Commander: commander.Func(func(ctx context.Context, c2 commander.Call) (love.Ack, error) { return c.Command(ctx, c2.Command) }),
			Succeeds:  call("go"), Fails: call("fail"), Refused: call("wrong"), Hangs: call("hang"), Progress: call("slow"),
		}
	})
}
