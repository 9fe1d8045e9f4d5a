package main

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func call(name, params string) commander.Call { return lovetest.Call("Cabinet", name, params) }

func TestTheCabinetPassesTheSuiteForCommanders(t *testing.T) {
	lovetest.RunCommander(t, func(*testing.T) lovetest.CommanderSetup {
		return lovetest.CommanderSetup{
			Commander: newCabinet(time.Millisecond),
			Succeeds:  call("set", `{"celsius": 21}`),
			Fails:     call("set", `{"celsius": 100}`),
			Refused:   call("set", `{"kelvin": 300}`),
			Hangs:     call("lock", `{}`),
			Progress:  call("set", `{"celsius": 22}`),
			Exclusive: true, // one set at a time
		}
	})
}

func TestSetReportsHowWarmItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // here time passes by itself
		var progress []love.Progress
		ctx := commander.WithProgress(t.Context(), func(p love.Progress) { progress = append(progress, p) })
		begin := time.Now()
		ack, err := newCabinet(time.Minute).Execute(ctx, call("set", `{"celsius": 18}`))
		require.NoError(t, err)
		require.True(t, ack.Succeeded(), ack.Text)
		require.Equal(t, 2*time.Minute, time.Since(begin))
		require.Equal(t, []love.Progress{
			{Code: 301, Name: "CMD_INPROGRESS", Timeout: 120},
			{Code: 301, Name: "CMD_INPROGRESS", Result: "19 °C"},
			{Code: 301, Name: "CMD_INPROGRESS", Result: "18 °C"},
		}, progress)
	})
}

func TestStopEndsASetThatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCabinet(time.Minute)
		heating := make(chan love.Ack)
		go func() {
			ack, _ := b.Execute(t.Context(), call("set", `{"celsius": 60}`))
			heating <- ack
		}()
		synctest.Wait()
		ack, err := b.Execute(t.Context(), call("set", `{"celsius": 10}`))
		require.NoError(t, err)
		require.Equal(t, "Failed: another set is under way", ack.Text)
		ack, err = b.Execute(t.Context(), call("stop", ""))
		require.NoError(t, err)
		require.True(t, ack.Succeeded())
		require.Equal(t, "Failed: stopped", (<-heating).Text)
	})
}

func TestLockHangsAsLongAsTheDoorIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCabinet(time.Minute)
		lock := func(ctx context.Context) (love.Ack, error) { return b.Execute(ctx, call("lock", "")) }
		_, err := commander.Within(t.Context(), time.Hour, lock)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		close(b.shut)
		ack, err := commander.Within(t.Context(), time.Hour, lock)
		require.NoError(t, err)
		require.True(t, ack.Succeeded())
	})
}

func TestOperatorsCommandTheCabinetThroughAManager(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	b, ended := newCabinet(time.Millisecond), make(chan error, 1)
	go func() { ended <- run(ctx, listener, b, commanderhttp.WithTimeout(200*time.Millisecond)) }()
	api, err := commanderhttp.New(listener.Addr().String()) // as the manager does
	require.NoError(t, err)
	defer api.Close()

	manager := lovetest.NewManager(t, lovetest.WithConfig(func(c *server.Config) { c.Commander = api }))
	manager.AddUser("ana", "secret", "Cabinet:*:*")
	ana := manager.LogIn("ana", "secret")

	var warm []string
	withProgress := commander.WithProgress(t.Context(), func(p love.Progress) { warm = append(warm, p.Result) })
	ack, err := ana.Command(withProgress, call("set", `{"celsius": 22}`).Command)
	require.NoError(t, err)
	require.True(t, ack.Succeeded(), ack.Text)
	require.Equal(t, []string{"", "21 °C", "22 °C"}, warm, "progress comes through")

	for _, c := range []struct {
		call commander.Call
		kind commander.Kind
	}{
		{call("set", `{"celsius": "hot"}`), commander.Refused},
		{call("lock", `{}`), commander.TimedOut},
	} {
		_, err = ana.Command(t.Context(), c.call.Command)
		var e *commander.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, c.kind, e.Kind, e.Text)
	}

	calls := manager.Commander.Calls()
	require.Len(t, calls, 3)
	for _, c := range calls {
		require.Equal(t, "ana", c.User, c.Name)
	}
	require.Equal(t, "ana@lovetest", b.by, "user@host")

	var states []love.CommandState // newest first
	for entry, err := range ana.Commands(t.Context(), love.CommandFilter{User: "ana"}) {
		require.NoError(t, err)
		states = append(states, entry.State)
	}
	require.Equal(t, []love.CommandState{love.CommandTimedOut, love.CommandRefused, love.CommandDone}, states)

	ack, err = api.Check(t.Context(), call("set", `{"celsius": 22}`))
	require.NoError(t, err)
	require.Equal(t, commander.WouldSend, ack.Text)
	stop()
	require.NoError(t, <-ended)
}
