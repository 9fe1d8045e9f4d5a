package bench_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
)

func TestQuantilesAreAtMostOneSixtyFourthTooHigh(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, scale := range []float64{100, 1e5, 1e9, 1e13} {
		var h bench.Histogram
		var all []time.Duration
		for range 10_000 {
			d := time.Duration(r.ExpFloat64() * scale)
			h.Record(d)
			all = append(all, d)
		}
		slices.Sort(all)
		for _, q := range []float64{0, .5, .9, .99, .999, 1} {
			exact := all[max(0, int(q*10_000)-1)]
			require.GreaterOrEqual(t, h.Quantile(q), exact, "quantile %v", q)
			require.LessOrEqual(t, float64(h.Quantile(q)), float64(exact)*(1+1./64), "quantile %v", q)
		}
		require.Equal(t, all[len(all)-1], h.Max())
	}
}

func TestHistogramsCountEveryDuration(t *testing.T) {
	var h bench.Histogram
	require.Zero(t, h.Quantile(.99), "of nothing")
	h.Record(-time.Second)
	require.Zero(t, h.Quantile(1))
	h.Record(1<<63 - 1)
	require.Equal(t, time.Duration(1<<63-1), h.Quantile(1))
	require.EqualValues(t, 2, h.Count())
}

func TestAMergedHistogramCountsBoth(t *testing.T) {
	var a, b bench.Histogram
	a.Record(time.Millisecond)
	b.Record(time.Second)
	a.Merge(&b)
	require.EqualValues(t, 2, a.Count())
	require.Equal(t, time.Second, a.Max())
	require.InEpsilon(t, time.Millisecond, a.Quantile(.5), 1./64)
}
