package sal_test

import (
	"context"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

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

func TestSamplesKeepTheNewestForASlowLoop(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c, r := writeOnly(t, d, "Lamp", 0), remote(t, d, "Lamp", 0)
		flux(t, c, 1)
		next, stop := iter.Pull2(r.Samples(t.Context(), "tel_light", 3))
		defer stop()
		take := func() float64 {
			s, err, ok := next()
			require.True(t, ok)
			require.NoError(t, err)
			return s.Float("flux")
		}
		require.Equal(t, 1.0, take(), "known when the loop begins")
		flux(t, c, 2, 3, 4, 5, 6)
		require.Equal(t, []float64{4, 5, 6}, []float64{take(), take(), take()})
	})
}

func TestSamplesEndWithTheError(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		r := remote(t, d, "Lamp", 0)
		last := func(ctx context.Context, attr string, length int) (last error) {
			for s, err := range r.Samples(ctx, attr, length) {
				require.Nil(t, s)
				last = err
			}
			return last
		}
		require.ErrorContains(t, last(t.Context(), "tel_lihgt", 0), "did you mean tel_light?")
		require.ErrorContains(t, last(t.Context(), "tel_light", -1), "0 for 100")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, last(ctx, "tel_light", 0), context.DeadlineExceeded)
		time.AfterFunc(time.Second, func() { _ = r.Close() })
		require.ErrorIs(t, last(t.Context(), "tel_light", 0), sal.ErrClosed)
		require.ErrorIs(t, last(t.Context(), "tel_light", 0), sal.ErrClosed)
	})
}

// flux writes samples of tel_light.
func flux(t *testing.T, c *sal.Controller, values ...float64) {
	for _, v := range values {
		write(t, c, "tel_light", sal.Values{"flux": v})
	}
	synctest.Wait()
}
