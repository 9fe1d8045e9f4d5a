package lovetest_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
)

func TestCallIsACommandOfAComponent(t *testing.T) {
	c := lovetest.Call("MTHexapod:1", "move", `{"x": 1}`)
	require.Equal(t, love.Command{CSC: "MTHexapod", SalIndex: 1, Name: "cmd_move", Params: []byte(`{"x": 1}`), Identity: "ana@lovetest"}, c.Command)
	require.Equal(t, "ana", c.User)
	require.PanicsWithValue(t, `lovetest: Call("A", "b", "{"): not JSON at byte 1: expected a member name`, func() { lovetest.Call("A", "b", "{") })
	require.Panics(t, func() { lovetest.Call("MTHexapod:x", "move", "") })
}

func TestCommanderAnswersAsSet(t *testing.T) {
	c := &lovetest.Commander{}
	on := lovetest.Call("Lamp", "on", "")
	ack, err := c.Execute(t.Context(), on)
	require.NoError(t, err)
	require.True(t, ack.Succeeded())
	c.AnswerWith(commander.Failed("dark"), nil)
	ack, err = c.Execute(t.Context(), on)
	require.NoError(t, err)
	require.Equal(t, "Failed: dark", ack.Text)
	refused := commander.Refuse("no lamp")
	c.AnswerWith(love.Ack{}, refused)
	_, err = c.Execute(t.Context(), on)
	require.Equal(t, refused, err)
	require.Equal(t, []commander.Call{on, on, on}, c.Calls())
}

func TestTheTestHoldsCommands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := lovetest.NewManager(t, lovetest.InProcess(), lovetest.WithConfig(func(c *server.Config) { c.CommandTimeout = time.Minute }))
		user := m.LogIn("cmd_user", "cmd_user")
		m.Commander.Hold(t)
		var progress []string
		ctx := commander.WithProgress(t.Context(), func(p love.Progress) { progress = append(progress, p.Result) })
		var running sync.WaitGroup
		running.Go(func() {
			ack, err := user.Command(ctx, lovetest.Call("Rack:1", "move", `{"x": 5}`).Command)
			require.NoError(t, err)
			require.Equal(t, "Failed: stuck", ack.Text)
		})
		move := m.Commander.Next()
		require.Equal(t, "cmd_user", move.User)
		var params struct{ X int }
		require.NoError(t, move.Decode(&params))
		require.Equal(t, 5, params.X)
		move.Report(love.Progress{Code: 301, Name: "CMD_INPROGRESS", Result: "half way"})
		time.Sleep(30 * time.Second)
		move.Answer(commander.Failed("stuck"), nil)
		running.Wait()
		require.Equal(t, []string{"half way"}, progress)

		_, err := user.Command(ctx, lovetest.Call("Rack:1", "move", "").Command) // nobody answers
		require.Equal(t, commander.TimedOut, commander.ErrorOf(err, "").Kind)
		m.Commander.Next().Answer(love.Ack{Text: love.Done}, nil) // too late
	})
}

func TestAHeldCommandIsAnsweredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		require.Equal(t, "lovetest: the command cmd_on of Lamp was answered before", failureOf(t, func(t testing.TB) {
			c := &lovetest.Commander{}
			c.Hold(t)
			go func() { _, _ = c.Execute(t.Context(), lovetest.Call("Lamp", "on", "")) }()
			on := c.Next()
			on.Answer(love.Ack{Text: love.Done}, nil)
			on.Answer(love.Ack{Text: love.Done}, nil)
		}))
		require.Equal(t, "lovetest: no command came within 10s; 1 came since the beginning of the test", failureOf(t, func(t testing.TB) {
			c := &lovetest.Commander{}
			_, _ = c.Execute(t.Context(), lovetest.Call("Lamp", "on", ""))
			c.Hold(t)
			c.Next()
		}))
		require.Panics(t, func() { new(lovetest.Commander).Next() })
	})
}

// press is a device that executes one command at a time.
type press struct {
	busy     sync.Mutex
	stuck    bool // a command that is given up keeps it busy
	unknown  bool // its refusals say that the command may have been executed
	wordless bool // its failures have no reason
}

func (p *press) Execute(ctx context.Context, c commander.Call) (love.Ack, error) {
	if !p.busy.TryLock() {
		switch {
		case p.unknown:
			return love.Ack{}, context.DeadlineExceeded
		case p.wordless:
			return love.Ack{Code: love.AckFailed}, nil
		}
		return commander.Failed("another command is under way"), nil
	}
	wait := time.After(time.Millisecond)
	if c.Name == "cmd_hang" {
		wait = nil
	}
	select {
	case <-wait:
		p.busy.Unlock()
		return love.Ack{Text: love.Done}, nil
	case <-ctx.Done():
		if !p.stuck {
			p.busy.Unlock()
		}
		return love.Ack{}, context.Cause(ctx)
	}
}

func runPress(p func() *press, exclusive bool) func(t *testing.T) {
	return func(t *testing.T) {
		lovetest.RunCommander(t, func(*testing.T) lovetest.CommanderSetup {
			return lovetest.CommanderSetup{
				Commander: p(),
				Succeeds:  lovetest.Call("Press", "down", ""), Hangs: lovetest.Call("Press", "hang", ""), Exclusive: exclusive,
			}
		})
	}
}

func TestAnExclusiveCommanderConforms(t *testing.T) {
	runPress(func() *press { return &press{} }, true)(t)
}
