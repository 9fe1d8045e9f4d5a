package sal_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

type handler = func(ctx context.Context, c *sal.Controller, s *sal.Sample) error

func TestOutcomeOfAHandlerBecomesTheAcknowledgement(t *testing.T) {
	own := sal.Ack{Code: sal.Complete, Result: "42"}
	for name, c := range map[string]struct {
		handle handler
		want   sal.Ack
	}{
		"nothing":         {func(context.Context, *sal.Controller, *sal.Sample) error { return nil }, sal.Ack{Code: sal.Complete, Result: "Done"}},
		"an answer":       {func(context.Context, *sal.Controller, *sal.Sample) error { return sal.Answer(own) }, own},
		"cancelled":       {func(context.Context, *sal.Controller, *sal.Sample) error { return context.Canceled }, sal.Ack{Code: sal.Aborted, Error: 1, Result: "Aborted"}},
		"its own timeout": {func(context.Context, *sal.Controller, *sal.Sample) error { return context.DeadlineExceeded }, sal.Ack{Code: sal.TimedOut, Error: 1, Result: "Timeout"}},
		"an error":        {func(context.Context, *sal.Controller, *sal.Sample) error { return errors.New("no") }, sal.Ack{Code: sal.Failed, Error: 1, Result: "Failed: no"}},
		"a panic":         {func(context.Context, *sal.Controller, *sal.Sample) error { panic("oh") }, sal.Ack{Code: sal.Failed, Error: 1, Result: "Failed: oh"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, d *sal.Domain) {
				lamp(t, d, c.handle)
				a, err := remote(t, d, "Lamp", 0).Command(t.Context(), "cmd_switchOn", sal.Values{"power": 5})
				require.Equal(t, c.want, a)
				var failed *sal.AckError
				require.Equal(t, c.want.Code != sal.Complete, errors.As(err, &failed))
			})
		})
	}
}

func TestCommandWithoutHandlerFailsWithAnExplanation(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		lamp(t, d, nil)
		_, err := remote(t, d, "Lamp", 0).Command(t.Context(), "switchOff", nil)
		require.EqualError(t, err, "Lamp cmd_switchOff: CMD_FAILED (-302), error 1: Failed: This command is not supported")
	})
}

// publishAck writes an acknowledgement of a command without a controller.
func publishAck(t *testing.T, bus *sim.Bus, command *sal.Sample, defs *sal.Definitions, with sal.Values) {
	comp, err := defs.Component("Lamp")
	require.NoError(t, err)
	topic, _ := comp.Topic("ack_ackcmd")
	values := sal.Values{"private_seqNum": command.Number(), "identity": command.Identity(), "origin": command.Origin()}
	for k, v := range with {
		values[k] = v
	}
	s, err := sal.NewSample(topic, values)
	require.NoError(t, err)
	require.NoError(t, bus.Publish(t.Context(), s))
}

// These are the cases of the recorded flow "acks".
func TestAcknowledgementsAreMatchedAndTimed(t *testing.T) {
	type ack struct {
		after  time.Duration
		values func(command *sal.Sample) sal.Values
	}
	plain := func(after time.Duration, v sal.Values) ack {
		return ack{after, func(*sal.Sample) sal.Values { return v }}
	}
	const none = "No command acknowledgement seen"
	for name, c := range map[string]struct {
		limit  time.Duration
		acks   []ack
		code   sal.AckCode
		result string
		kind   error // nil for success, ErrTimeout, or any other for a failure
	}{
		"no ack at all":                      {300 * time.Millisecond, nil, sal.NoAck, none, sal.ErrTimeout},
		"complete":                           {time.Second, []ack{plain(0, sal.Values{"ack": 303, "result": "Done"})}, sal.Complete, "Done", nil},
		"ack only, then silence":             {300 * time.Millisecond, []ack{plain(0, sal.Values{"ack": 300})}, sal.Acknowledged, "", sal.ErrTimeout},
		"ack then complete":                  {time.Second, []ack{plain(0, sal.Values{"ack": 300}), plain(100*time.Millisecond, sal.Values{"ack": 303})}, sal.Complete, "", nil},
		"in progress extends the time limit": {300 * time.Millisecond, []ack{plain(0, sal.Values{"ack": 301, "timeout": 0.6}), plain(500*time.Millisecond, sal.Values{"ack": 303})}, sal.Complete, "", nil},
		"in progress, then too late":         {300 * time.Millisecond, []ack{plain(0, sal.Values{"ack": 301, "timeout": 0.1}), plain(800*time.Millisecond, sal.Values{"ack": 303})}, sal.InProgress, "", sal.ErrTimeout},
		"failed":                             {time.Second, []ack{plain(0, sal.Values{"ack": -302, "error": 7, "result": "Failed: no"})}, sal.Failed, "Failed: no", errors.New("failed")},
		"aborted":                            {time.Second, []ack{plain(0, sal.Values{"ack": -303, "result": "Aborted"})}, sal.Aborted, "Aborted", errors.New("failed")},
		"no permission":                      {time.Second, []ack{plain(0, sal.Values{"ack": -300, "result": "not you"})}, sal.NoPermission, "not you", errors.New("failed")},
		"stalled":                            {time.Second, []ack{plain(0, sal.Values{"ack": 302})}, sal.Stalled, "", errors.New("failed")},
		"timeout reported by the component":  {time.Second, []ack{plain(0, sal.Values{"ack": -304, "result": "Timeout"})}, sal.TimedOut, "Timeout", errors.New("failed")},
		"an unknown code is not final":       {time.Second, []ack{plain(0, sal.Values{"ack": 299}), plain(0, sal.Values{"ack": 303})}, sal.Complete, "", nil},
		"much progress loses no final ack":   {time.Second, append(repeated(plain(0, sal.Values{"ack": 301})), plain(0, sal.Values{"ack": 303})), sal.Complete, "", nil},
		"other identity is ignored":          {300 * time.Millisecond, []ack{plain(0, sal.Values{"ack": 303, "identity": "somebody"})}, sal.NoAck, none, sal.ErrTimeout},
		"other origin is ignored":            {300 * time.Millisecond, []ack{{0, func(s *sal.Sample) sal.Values { return sal.Values{"ack": 303, "origin": s.Origin() + 1} }}}, sal.NoAck, none, sal.ErrTimeout},
		"other sequence number is ignored":   {300 * time.Millisecond, []ack{{0, func(s *sal.Sample) sal.Values { return sal.Values{"ack": 303, "private_seqNum": s.Number() + 1} }}}, sal.NoAck, none, sal.ErrTimeout},
		"a negative timeout extends nothing": {300 * time.Millisecond, []ack{plain(0, sal.Values{"ack": 301, "timeout": -5})}, sal.InProgress, "", sal.ErrTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bus, defs := sim.NewBus(), interfaces(t)
				d := sal.NewDomain(bus, defs, sal.WithIdentity("ana@host"))
				r := remote(t, d, "Lamp", 0)
				comp := r.Component()
				topic, _ := comp.Topic("cmd_switchOn")
				sub, err := bus.Subscribe(t.Context(), []sal.TopicRequest{{Topic: topic}})
				require.NoError(t, err)
				var component sync.WaitGroup
				component.Go(func() {
					got, err := sub.Receive(context.Background())
					if err != nil {
						t.Error(err)
						return
					}
					for _, a := range c.acks {
						time.Sleep(a.after)
						publishAck(t, bus, got[0].Sample, defs, a.values(got[0].Sample))
					}
				})
				a, err := r.Command(t.Context(), "switchOn", nil, sal.WithTimeout(c.limit))
				component.Wait()
				require.Equal(t, c.code, a.Code)
				require.Equal(t, c.result, a.Result)
				var failed *sal.AckError
				switch {
				case c.kind == nil:
					require.NoError(t, err)
				case c.kind == sal.ErrTimeout:
					require.ErrorIs(t, err, sal.ErrTimeout)
				default:
					require.ErrorAs(t, err, &failed)
					require.NotErrorIs(t, err, sal.ErrTimeout)
				}
				require.NoError(t, sub.Close())
				require.NoError(t, d.Close())
			})
		})
	}
}

func repeated[T any](one T) []T {
	var many []T
	for range 100 {
		many = append(many, one)
	}
	return many
}

func TestWrongCommandIsNotSent(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		lamp(t, d, func(context.Context, *sal.Controller, *sal.Sample) error { t.Error("sent"); return nil })
		r := remote(t, d, "Lamp", 0)
		for _, c := range []struct {
			command string
			values  sal.Values
			want    string
		}{
			{"switchon", nil, `Lamp has no command "switchon"; did you mean cmd_switchOn or cmd_switchOff?`},
			{"tel_light", nil, `Lamp has no command "tel_light"`},
			{"switchOn", sal.Values{"colour": 1}, "Lamp cmd_switchOn has no field colour; its fields are power"},
			{"switchOff", sal.Values{"colour": 1}, "Lamp cmd_switchOff has no field colour; it has no fields"},
			{"switchOn", sal.Values{"power": "much"}, `Lamp cmd_switchOn, field power: takes a number (float), not "much"`},
			{"switchOn", sal.Values{"private_identity": "you"}, "it cannot be given"},
		} {
			_, err := r.Command(t.Context(), c.command, c.values)
			require.ErrorContains(t, err, c.want)
		}
		_, err := remote(t, d, "Lamp", 0, sal.ReadOnly()).Command(t.Context(), "switchOn", nil)
		require.ErrorContains(t, err, "read-only")
	})
}

func TestCommandEndsWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := remote(t, d, "Lamp", 0).Command(ctx, "switchOn", nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, sal.ErrTimeout)
	})
}

func TestCommandsOfOneNameRunInSequenceOthersConcurrently(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c, err := d.Controller(t.Context(), "Lamp", 0)
		require.NoError(t, err)
		began := time.Now()
		slow := func(ctx context.Context, s *sal.Sample) error { time.Sleep(time.Second); return nil }
		require.NoError(t, c.Handle("cmd_switchOn", slow))
		require.NoError(t, c.Handle("switchOff", slow))
		var all sync.WaitGroup
		all.Go(func() { _ = c.Run(context.Background()) })
		r := remote(t, d, "Lamp", 0)
		var commands sync.WaitGroup
		for _, name := range []string{"switchOn", "switchOn", "switchOff"} {
			commands.Go(func() {
				if _, err := r.Command(t.Context(), name, nil); err != nil {
					t.Error(err)
				}
			})
		}
		commands.Wait()
		require.Equal(t, 2*time.Second, time.Since(began))
		require.NoError(t, c.Close())
		all.Wait()
	})
}

func TestRemoteOfAllInstancesNamesTheOneItCommands(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		var all sync.WaitGroup
		for _, index := range []int{1, 2} {
			c, err := d.Controller(t.Context(), "Hexapod", index)
			require.NoError(t, err)
			require.NoError(t, c.Handle("move", func(context.Context, *sal.Sample) error {
				return sal.Answer(sal.Ack{Code: sal.Complete, Result: c.Component().Instance(index)})
			}))
			all.Go(func() { _ = c.Run(context.Background()) })
		}
		r := remote(t, d, "Hexapod", 0)
		a, err := r.Command(t.Context(), "move", sal.Values{"salIndex": 2})
		require.NoError(t, err)
		require.Equal(t, "Hexapod:2", a.Result)
		_, err = r.Command(t.Context(), "move", nil, sal.WithTimeout(time.Second))
		require.ErrorIs(t, err, sal.ErrTimeout, "0 is not a broadcast")
		require.NoError(t, d.Close())
		all.Wait()
	})
}

func TestCommandCanReturnWithTheFirstAcknowledgement(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		var c *sal.Controller
		c = lamp(t, d, func(ctx context.Context, _ *sal.Controller, command *sal.Sample) error {
			require.NoError(t, c.Progress(ctx, command, time.Minute))
			time.Sleep(time.Minute)
			return nil
		})
		began := time.Now()
		a, err := remote(t, d, "Lamp", 0).Command(t.Context(), "switchOn", nil, sal.UntilAcknowledged())
		require.NoError(t, err)
		require.Equal(t, sal.InProgress, a.Code)
		require.Zero(t, time.Since(began))
	})
}

// A remote of all instances sends each command to one of them.
func TestTheErrorOfACommandNamesTheInstanceThatItWasSentTo(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		r := remote(t, d, "Hexapod", 0)
		_, err := r.Command(t.Context(), "move", sal.Values{"salIndex": 2}, sal.WithTimeout(time.Second))
		require.ErrorContains(t, err, "Hexapod:2 cmd_move: timed out")
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = r.Command(ended, "move", sal.Values{"salIndex": 3})
		require.ErrorContains(t, err, "Hexapod:3 cmd_move: sending: ")
	})
}
