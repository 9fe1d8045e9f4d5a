package sal_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

func flux(t *testing.T, c *sal.Controller, values ...float64) {
	for _, v := range values {
		write(t, c, "tel_light", sal.Values{"flux": v})
	}
	synctest.Wait()
}

func TestQueueKeepsTheNewestSamplesUntilTheyAreTaken(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c, r := writeOnly(t, d, "Lamp", 0), remote(t, d, "Lamp", 0)
		q, err := r.Queue("tel_light", 3)
		require.NoError(t, err)
		none, err := q.Oldest()
		require.NoError(t, err)
		require.Nil(t, none)
		flux(t, c, 1, 2, 3, 4, 5)
		require.Equal(t, 3, q.Len())
		require.EqualValues(t, 2, q.Lost())
		s, err := q.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, 3.0, s.Float("flux"))
		require.NoError(t, q.Flush())
		require.Zero(t, q.Len())
		s, err = q.Await(t.Context())
		require.NoError(t, err)
		require.Equal(t, 5.0, s.Float("flux"), "what the remote knows")
		q.Close()
		q.Close()
		_, err = q.Next(t.Context())
		require.ErrorIs(t, err, sal.ErrClosed)
		require.ErrorIs(t, q.Call(nil), sal.ErrClosed)
	})
}

func TestCallbackOfAQueueTakesAllAndCanBeTakenAway(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c, r := writeOnly(t, d, "Lamp", 0), remote(t, d, "Lamp", 0)
		q, err := r.Queue("tel_light", 0)
		require.NoError(t, err)
		waits := make(chan error, 1)
		go func() { _, err := q.Next(t.Context()); waits <- err }()
		synctest.Wait()
		var got []float64
		require.NoError(t, q.Call(func(s *sal.Sample) { got = append(got, s.Float("flux")) }))
		require.ErrorIs(t, <-waits, sal.ErrCallback)
		flux(t, c, 1, 2)
		require.Equal(t, []float64{1, 2}, got)
		_, err = q.Oldest()
		require.ErrorIs(t, err, sal.ErrCallback)
		require.NoError(t, q.Call(nil))
		flux(t, c, 3)
		require.Equal(t, []float64{1, 2}, got)
		require.Equal(t, 1, q.Len())
	})
}

func TestQueueRefusesWhatItCannotCollect(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		r := remote(t, d, "Lamp", 0)
		_, err := r.Queue("tel_lihgt", 0)
		require.ErrorContains(t, err, "did you mean tel_light?")
		_, err = r.Queue("tel_light", -1)
		require.ErrorContains(t, err, "0 for 100")
		q, err := r.Queue("tel_light", 0)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = q.Next(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, r.Close())
		_, err = q.Next(t.Context())
		require.ErrorIs(t, err, sal.ErrClosed)
		_, err = r.Queue("tel_light", 0)
		require.ErrorIs(t, err, sal.ErrClosed)
	})
}

func TestSamplesBeginWithTheNewestAndMissNone(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		write(t, c, "evt_burning", sal.Values{"power": 1})
		write(t, c, "evt_burning", sal.Values{"power": 2})
		r := remote(t, d, "Lamp", 0)
		var got []float64
		for s, err := range r.Samples(t.Context(), "evt_burning", 0) {
			require.NoError(t, err)
			got = append(got, s.Float("power"))
			if len(got) == 4 {
				break
			}
			write(t, c, "evt_burning", sal.Values{"power": 2 + len(got)})
		}
		require.Equal(t, []float64{2, 3, 4, 5}, got)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var last error
		for _, err := range r.Samples(ctx, "tel_light", 0) {
			last = err
		}
		require.ErrorIs(t, last, context.Canceled)
		for _, err := range r.Samples(ctx, "tel_nothing", 0) {
			last = err
		}
		require.ErrorContains(t, last, `Lamp has no topic "tel_nothing"`)
	})
}

func TestArrayOfAnotherLengthIsSentWithAWarning(t *testing.T) {
	var log logBuffer
	synctest.Test(t, func(t *testing.T) {
		d := log.domain(t)
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

func TestCommandCanReturnWithTheFirstAcknowledgement(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		var c *sal.Controller
		c = lamp(t, d, func(ctx context.Context, _ *sal.Controller, command *sal.Sample) error {
			require.NoError(t, c.Progress(ctx, command, time.Minute))
			time.Sleep(time.Minute)
			return nil
		})
		began := time.Now()
		a, err := remote(t, d, "Lamp", 0).Command(t.Context(), "switchOn", nil, sal.UntilSeen())
		require.NoError(t, err)
		require.Equal(t, sal.InProgress, a.Code)
		require.Zero(t, time.Since(began))
	})
}
