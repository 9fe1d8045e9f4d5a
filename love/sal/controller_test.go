package sal_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestEventIsSentOnlyWhenItChangedOrForced(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		for _, w := range []struct {
			values sal.Values
			opts   []sal.WriteOption
			sent   bool
		}{
			{nil, nil, true}, // the first time counts as a change
			{sal.Values{"power": 0, "on": false}, nil, false},
			{sal.Values{"power": 5}, nil, true},
			{sal.Values{"power": 5.0}, nil, false},
			{sal.Values{"on": true}, nil, true},
			{sal.Values{"on": nil}, nil, false},
			{nil, []sal.WriteOption{sal.Force()}, true},
		} {
			sent, err := c.Write(t.Context(), "evt_burning", w.values, w.opts...)
			require.NoError(t, err)
			require.Equal(t, w.sent, sent, "%v", w.values)
		}
		s, _ := remote(t, d, "Lamp", 0).Latest("evt_burning")
		require.Equal(t, 5.0, s.Float("power"), "fields that are not given stay")
		require.True(t, s.Bool("on"))
		require.Equal(t, 4, s.Number())
	})
}

func TestNaNEqualsNaNAndArraysAreComparedByValue(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		same := func() sal.Values {
			return sal.Values{"d": nan(), "floats": []float64{nan(), 1}, "ints": []int{1, 2, 3}, "bools": []bool{true, false}}
		}
		for _, sent := range []bool{true, false} {
			got, err := c.Write(t.Context(), "evt_everything", same())
			require.NoError(t, err)
			require.Equal(t, sent, got)
		}
		got, err := c.Write(t.Context(), "evt_everything", sal.Values{"ints": []int{1, 2}})
		require.NoError(t, err)
		require.True(t, got)
	})
}

func nan() float64 { var zero float64; return zero / zero }

func TestTelemetryIsSentEachTime(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		got := collect(t, remote(t, d, "Lamp", 0), "tel_light", "flux")
		for range 3 {
			write(t, c, "tel_light", sal.Values{"flux": 1})
		}
		synctest.Wait()
		require.Len(t, *got, 3)
	})
}

func TestRefusedWriteChangesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		write(t, c, "evt_burning", nil)
		for want, v := range map[string]sal.Values{
			"has no field colour":                         {"power": 5, "colour": 1},
			"field on: takes true or false":               {"power": 5, "on": "yes"},
			"field private_seqNum: is filled in when the": {"power": 5, "private_seqNum": 1},
		} {
			_, err := c.Write(t.Context(), "evt_burning", v)
			require.ErrorContains(t, err, want)
		}
		sent, err := c.Write(t.Context(), "evt_burning", sal.Values{"power": 0})
		require.NoError(t, err)
		require.False(t, sent)
		_, err = c.Write(t.Context(), "cmd_switchOn", nil)
		require.ErrorContains(t, err, `Lamp has no topic "cmd_switchOn"`)
		require.NoError(t, c.Close())
		_, err = c.Write(t.Context(), "evt_burning", nil)
		require.ErrorIs(t, err, sal.ErrClosed)
	})
}

func TestControllerWritesItsLogLevelWhenItStarts(t *testing.T) {
	d := sal.NewDomain(sim.NewBus(), sim.Definitions())
	defer d.Close()
	writeOnly(t, d, "ATDome", 0)
	s, ok := remote(t, d, "ATDome", 0).Latest("evt_logLevel")
	require.True(t, ok)
	require.EqualValues(t, 20, s.Int("level"))
}

func TestControllerNeedsAHandlerForEachCommand(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c, err := d.Controller(t.Context(), "Lamp", 0)
		require.NoError(t, err)
		require.ErrorContains(t, c.Run(t.Context()), "no handler for cmd_switchOff, cmd_switchOn; set them, or make it with sal.Partial()")
		err = c.Handle("switchon", nil)
		require.EqualError(t, err, `Lamp has no command "switchon"; did you mean cmd_switchOn or cmd_switchOff?`)
		only := writeOnly(t, d, "Lamp", 0)
		require.ErrorContains(t, only.Handle("switchOn", nil), "write-only")
		require.ErrorContains(t, only.Run(t.Context()), "write-only")
	})
}

func TestCommandsSentBeforeRunAreNotLost(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c, err := d.Controller(t.Context(), "Lamp", 0, sal.Partial())
		require.NoError(t, err)
		require.NoError(t, c.Handle("switchOn", func(context.Context, *sal.Sample) error { return nil }))
		r := remote(t, d, "Lamp", 0)
		done := make(chan error)
		go func() {
			_, err := r.Command(t.Context(), "switchOn", nil)
			done <- err
		}()
		synctest.Wait()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- c.Run(ctx) }()
		require.NoError(t, <-done)
		stop()
		require.NoError(t, <-ended)
	})
}

func TestClosingAbortsTheCommandThatIsExecuted(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := lamp(t, d, func(ctx context.Context, _ *sal.Controller, _ *sal.Sample) error {
			<-ctx.Done()
			return ctx.Err()
		})
		r := remote(t, d, "Lamp", 0)
		done := make(chan sal.Ack)
		go func() {
			a, _ := r.Command(t.Context(), "switchOn", nil, sal.WithTimeout(time.Minute))
			done <- a
		}()
		synctest.Wait()
		require.NoError(t, c.Close())
		require.Equal(t, sal.Aborted, (<-done).Code)
	})
}

func TestArrayOfAnotherLengthIsSentWithAWarning(t *testing.T) {
	var log testlog.Buffer
	synctest.Test(t, func(t *testing.T) {
		d := loggedDomain(t, &log)
		defer d.Close()
		c := writeOnly(t, d, "Lamp", 0)
		r := remote(t, d, "Lamp", 0)
		write(t, c, "evt_everything", sal.Values{"ints": []int{1, 2, 3}})
		require.Empty(t, log.String())
		write(t, c, "evt_everything", sal.Values{"ints": []int{1, 2}})
		synctest.Wait()
		s, _ := r.Latest("evt_everything")
		require.Equal(t, []int64{1, 2}, s.Ints("ints"))
		require.Contains(t, log.String(), "field=ints length=2 defined=3")
	})
}
