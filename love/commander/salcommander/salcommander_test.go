package salcommander_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/salcommander"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestACommandReachesTheComponentAsWritten(t *testing.T) {
	withLamp(t, accept, func(t *testing.T, l lamp) {
		ack, err := l.execute(t, call("Lamp", 0, "cmd_switchOn", `{"power":1.5,"serial":9007199254740993,"pattern":[true,false,true]}`))
		require.NoError(t, err)
		require.Equal(t, done, ack)
		s := <-l.got
		require.Equal(t, 1.5, s.Float("power"))
		require.EqualValues(t, 9007199254740993, s.Int("serial"))
		require.Equal(t, []bool{true, false, true}, s.Value("pattern"))
		require.Equal(t, "ana@host", s.Identity())
	})
}

func TestACommandMayHaveNoParametersAndNoIdentity(t *testing.T) {
	withLamp(t, accept, func(t *testing.T, l lamp) {
		ack, err := l.execute(t, commander.Call{Command: love.Command{CSC: "Lamp", Name: "switchOn"}})
		require.NoError(t, err)
		require.Equal(t, done, ack)
		require.Equal(t, "LOVE", (<-l.got).Identity(), "that of the domain")
	})
}

func TestEachCommandHasItsOwnIdentity(t *testing.T) {
	withLamp(t, func(_ context.Context, _ *sal.Controller, s *sal.Sample) error {
		if s.Topic().Name == "switchOn" {
			time.Sleep(5 * time.Second)
		}
		return nil
	}, func(t *testing.T, l lamp) {
		var first sync.WaitGroup
		first.Go(func() {
			if ack, err := l.execute(t, call("Lamp", 0, "cmd_switchOn", `{}`)); err != nil || !ack.Succeeded() {
				t.Errorf("%+v %v", ack, err)
			}
		})
		synctest.Wait()
		other := call("Lamp", 0, "cmd_switchOff", `{}`)
		other.Identity = "ben@host"
		ack, err := l.execute(t, other)
		require.NoError(t, err)
		require.Equal(t, done, ack)
		first.Wait()
		require.Equal(t, "ana@host", (<-l.got).Identity())
		require.Equal(t, "ben@host", (<-l.got).Identity())
	})
}

func TestTheAcknowledgementIsThatOfTheComponent(t *testing.T) {
	for name, c := range map[string]struct {
		handle handler
		want   love.Ack
	}{
		"a refusal has its text":          {failWith("no power"), love.Ack{Text: "Failed: no power", Code: -302, Error: 1}},
		"another text is passed on":       {answerWith(sal.Ack{Code: sal.Complete, Result: "warming up"}), love.Ack{Text: "warming up", Code: 303}},
		"success without text is Done":    {answerWith(sal.Ack{Code: sal.Complete}), done},
		"failure never counts as success": {answerWith(sal.Ack{Code: sal.NoPermission, Result: "Done"}), love.Ack{Text: "CMD_NOPERM (-300): Done", Code: -300}},
		"even without text":               {answerWith(sal.Ack{Code: sal.NoPermission}), love.Ack{Text: "CMD_NOPERM (-300)", Code: -300}},
		"progress extends the time":       {reportProgress(30*time.Second, 35*time.Second), done},
	} {
		t.Run(name, func(t *testing.T) {
			withLamp(t, c.handle, func(t *testing.T, l lamp) {
				ack, err := l.execute(t, call("Lamp", 0, "cmd_switchOff", `{}`))
				require.NoError(t, err)
				require.Equal(t, c.want, ack)
			})
		})
	}
}

func TestAComponentThatIsTooSlowIsATimeout(t *testing.T) {
	for name, c := range map[string]struct {
		handle handler
		text   string
		code   int
		after  time.Duration
	}{
		"silence": {sleepFor(time.Minute), "Command time out. No ack received from component.", 0, commandTimeout},
		"progress, then silence": {
			reportProgress(time.Second, time.Minute), "Command time out. Last ack received CMD_INPROGRESS (301).", 301, commandTimeout + time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			withLamp(t, c.handle, func(t *testing.T, l lamp) {
				began := time.Now()
				_, err := l.execute(t, call("Lamp", 0, "cmd_switchOff", `{}`))
				require.Equal(t, c.after, time.Since(began))
				var slow *commander.Error
				require.ErrorAs(t, err, &slow)
				require.Equal(t, commander.TimedOut, slow.Kind)
				require.Equal(t, c.text, slow.Text)
				require.Equal(t, c.code, slow.Code)
				require.ErrorIs(t, err, context.DeadlineExceeded)
			})
		})
	}
}

func TestOnlyTheCallerSetsATimeLimit(t *testing.T) {
	withLamp(t, sleepFor(24*time.Hour), func(t *testing.T, l lamp) {
		ack, err := l.Execute(t.Context(), call("Lamp", 0, "cmd_switchOff", `{}`))
		require.NoError(t, err)
		require.Equal(t, done, ack)

		ctx, hangUp := context.WithCancel(t.Context())
		defer time.AfterFunc(time.Second, hangUp).Stop()
		_, err = l.Execute(ctx, call("Lamp", 0, "cmd_switchOff", `{}`))
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, commander.Unknown, commander.ErrorOf(err, "").Kind)
	})
}

func TestARefusalReportsWhatIsAccepted(t *testing.T) {
	for _, c := range []struct {
		name string
		call commander.Call
		text string
	}{
		{"misspelled component", call("Lmap", 0, "cmd_switchOn", `{}`), `there is no component "Lmap"; did you mean Lamp?`},
		{"unknown component", call("Telescope", 0, "cmd_switchOn", `{}`), `there is no component "Telescope"; there are Lamp, Hexapod, Stone`},
		{"misspelled command", call("Lamp", 0, "cmd_switchon", `{}`), `Lamp has no command "cmd_switchon"; did you mean cmd_switchOn or cmd_switchOff?`},
		{"unknown command", call("Lamp", 0, "cmd_explode", `{}`), `Lamp has no command "cmd_explode"; its commands are cmd_switchOff, cmd_switchOn`},
		{"no commands at all", call("Stone", 0, "cmd_roll", `{}`), `Stone has no commands`},
		{"an event", call("Lamp", 0, "evt_burning", `{}`), `Lamp has no command "evt_burning"; its commands are cmd_switchOff, cmd_switchOn`},
		{"unknown parameter", call("Lamp", 0, "cmd_switchOn", `{"size":1}`), `Lamp cmd_switchOn has no field size; its fields are power, serial, pattern, colour`},
		{"wrong type", call("Lamp", 0, "cmd_switchOn", `{"power":"much"}`), `Lamp cmd_switchOn, field power: takes a number (float), not "much"`},
		{"a list that is too long", call("Lamp", 0, "cmd_switchOn", `{"pattern":[true,false,true,true]}`), `Lamp cmd_switchOn, field pattern: takes a list of 3, not of 4`},
		{"a wrong element", call("Lamp", 0, "cmd_switchOn", `{"pattern":[true,"x"]}`), `Lamp cmd_switchOn, field pattern: element 1 takes true or false, not "x"`},
		{"not a list", call("Lamp", 0, "cmd_switchOn", `{"pattern":true}`), `Lamp cmd_switchOn, field pattern: takes a list of 3 elements (boolean), not true`},
		{"a fraction", call("Lamp", 0, "cmd_switchOn", `{"serial":1.5}`), `Lamp cmd_switchOn, field serial: takes a whole number from -9223372036854775808 to 9223372036854775807 (long long), not 1.5`},
		{"out of the enumeration", call("Lamp", 0, "cmd_switchOn", `{"colour":7}`), `Lamp cmd_switchOn, field colour: takes 1 (Red), 2 (Blue), not 7`},
		{"private parameter", call("Lamp", 0, "cmd_switchOn", `{"private_seqNum":1}`), `Lamp cmd_switchOn, field private_seqNum: is filled in when the sample is written, it cannot be given`},
		{"index without instances", call("Lamp", 1, "cmd_switchOn", `{}`), `wrong index: Lamp has no instances, its index is 0, not 1`},
		{"parameters that are a list", call("Lamp", 0, "cmd_switchOn", `[]`), `"params" must be an object with the parameters of the command by name, {} for none`},
		{"parameters that are null", call("Lamp", 0, "cmd_switchOn", `null`), `"params" must be an object with the parameters of the command by name, {} for none`},
		{"nothing", commander.Call{Posted: []byte(`{"anything":1}`)}, `there is no component ""; there are Lamp, Hexapod, Stone`},
	} {
		t.Run(c.name, func(t *testing.T) {
			withLamp(t, accept, func(t *testing.T, l lamp) {
				_, err := l.execute(t, c.call)
				require.Equal(t, commander.Refuse("%s", c.text), err)
				_, checked := l.Check(t.Context(), c.call)
				require.Equal(t, err, checked, "checking says the same")
				require.Empty(t, l.got)
			})
		})
	}
}

func TestCheckSendsNothing(t *testing.T) {
	withLamp(t, accept, func(t *testing.T, l lamp) {
		ack, err := l.Check(t.Context(), call("Lamp", 0, "switchOn", `{"colour":2,"pattern":[true,false,true],"serial":1,"power":0}`))
		require.NoError(t, err)
		require.Equal(t, love.Ack{Text: commander.WouldSend}, ack)
		ack, err = l.Check(t.Context(), call("Hexapod", 1, "move", `{}`))
		require.NoError(t, err)
		require.Equal(t, love.Ack{Text: commander.WouldSend}, ack, "it has no fields but salIndex")
		synctest.Wait()
		require.Empty(t, l.got)
	})
}

func TestCheckNamesWhatIsLeftOut(t *testing.T) {
	withLamp(t, accept, func(t *testing.T, l lamp) {
		ack, err := l.Check(t.Context(), call("Lamp", 0, "cmd_switchOn", `{"colour":2}`))
		require.NoError(t, err)
		require.Equal(t, "The command is in order; it was not sent. Left out, so it would be sent with: "+
			"power=0 W, serial=0, pattern=[false, …] (3 elements).", ack.Text)
	})
}

func TestProgressIsReportedWhenItArrives(t *testing.T) {
	withLamp(t, reportProgress(30*time.Second, 35*time.Second), func(t *testing.T, l lamp) {
		start := time.Now()
		var reported []love.Progress
		ctx := commander.WithProgress(t.Context(), func(p love.Progress) {
			require.Zero(t, time.Since(start))
			reported = append(reported, p)
		})
		_, err := l.Execute(ctx, call("Lamp", 0, "cmd_switchOff", `{}`))
		require.NoError(t, err)
		require.Equal(t, []love.Progress{{Code: 301, Name: "CMD_INPROGRESS", Timeout: 30}}, reported)
	})
}

func TestAllInstancesShareOneRemote(t *testing.T) {
	withLamp(t, accept, func(t *testing.T, l lamp) {
		var running sync.WaitGroup
		reached := make(chan int, 2)
		for _, index := range []int{1, 2} {
			c, err := l.domain.Controller(t.Context(), "Hexapod", index)
			require.NoError(t, err)
			require.NoError(t, c.Handle("move", func(context.Context, *sal.Sample) error { reached <- index; return nil }))
			running.Go(func() { _ = c.Run(context.Background()) })
		}
		for _, index := range []int{2, 1} {
			ack, err := l.execute(t, call("Hexapod", index, "cmd_move", `{"salIndex":7}`))
			require.NoError(t, err)
			require.Equal(t, done, ack)
			require.Equal(t, index, <-reached)
		}
		require.NoError(t, l.domain.Close())
		running.Wait()
	})
}

func TestAClosedDomainIsNotARefusal(t *testing.T) {
	withLamp(t, accept, func(t *testing.T, l lamp) {
		require.NoError(t, l.domain.Close())
		_, err := l.execute(t, call("Lamp", 0, "cmd_switchOff", `{}`))
		require.ErrorIs(t, err, sal.ErrClosed)
		require.Equal(t, commander.NotSent, commander.ErrorOf(err, "").Kind)
	})
}

func TestTheHeartbeatIsTheTimeOfTheDomainsClock(t *testing.T) {
	at := time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)
	c := salcommander.New(sal.NewDomain(sim.NewBus(), definitions(t), sal.WithClock(lovetest.NewClock(at))))
	beat, err := c.Heartbeat(t.Context())
	require.NoError(t, err)
	require.Equal(t, at, beat)
}

func TestConformance(t *testing.T) {
	lovetest.RunCommander(t, func(t *testing.T) lovetest.CommanderSetup {
		bus := &slowBus{Bus: lovetest.NewBus()}
		l, stop := newLampOn(t, bus, func(ctx context.Context, c *sal.Controller, s *sal.Sample) error {
			if s.Topic().Name == "switchOff" {
				return fmt.Errorf("too dark")
			}
			return c.Progress(ctx, s, time.Second)
		})
		t.Cleanup(stop)
		on := call("Lamp", 0, "cmd_switchOn", `{}`)
		return lovetest.CommanderSetup{
			Commander: l.Commander,
			Succeeds:  on, Progress: on,
			Fails:   call("Lamp", 0, "cmd_switchOff", `{}`),
			Refused: call("Lamp", 0, "cmd_explode", `{}`),
			Hangs:   call("Hexapod", 1, "cmd_move", `{}`), // nobody answers
			Block: func() (release func()) {
				bus.stuck, bus.back = "publishing", make(chan struct{})
				return func() { close(bus.back) }
			},
			Executed: func() int { return len(l.got) },
		}
	})
}
