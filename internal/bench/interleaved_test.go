package bench_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
)

func TestOnlyAClearDifferenceIsSignificant(t *testing.T) {
	low := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	shifted := []float64{1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5}
	high := []float64{21, 22, 23, 24, 25, 26, 27, 28, 29, 30}
	require.Greater(t, bench.RankSum(low, low), .9)
	require.Greater(t, bench.RankSum(low, shifted), .3)
	require.Less(t, bench.RankSum(low, high), .001)
	require.Equal(t, bench.RankSum(low, high), bench.RankSum(high, low))
	require.Equal(t, 1., bench.RankSum(nil, low))
}

func TestRunsWithAndWithoutAStoppedReaderAreInterleaved(t *testing.T) {
	s := bench.InterleavedRuns{Load: small(start(t)), Runs: 2, Disturbance: bench.StoppedReader}
	var order []int
	r, err := s.Run(t.Context(), func(r bench.Report, disturbed bool) {
		require.Equal(t, disturbed, r.Load.Stopped == 1)
		order = append(order, r.Load.Stopped)
	})
	require.NoError(t, err)
	require.Equal(t, []int{0, 1, 1, 0}, order)
	require.Len(t, r.With, 2)
	require.Zero(t, r.With[0].Lost, "the others get everything")
	require.Contains(t, r.String(), "with    a stopped reader")
}

func TestInterleavingNoRunsIsAnError(t *testing.T) {
	for _, runs := range []int{0, -1} {
		_, err := bench.InterleavedRuns{Load: small("ws://127.0.0.1:1/"), Runs: runs, Disturbance: bench.StoppedReader}.Run(t.Context(), nil)
		require.ErrorContains(t, err, "runs: ")
	}
}

func TestRunsWithAndWithoutAParameterAreCompared(t *testing.T) {
	s := bench.InterleavedRuns{Load: small(start(t)), Runs: 1, Disturbance: bench.Query("write_interval=0&nan=null")}
	var urls [][]string
	r, err := s.Run(t.Context(), func(r bench.Report, _ bool) { urls = append(urls, r.Load.ReaderURLs) })
	require.NoError(t, err)
	require.Empty(t, urls[0])
	require.Contains(t, urls[1][0], "nan=null&password=secret&write_interval=0")
	require.Contains(t, r.String(), "bytes on the wire; manager median")

	s.Disturbance = bench.Query("a;b")
	_, err = s.Run(t.Context(), nil)
	require.ErrorContains(t, err, "semicolon")
}
