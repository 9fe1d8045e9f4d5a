package bench_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
	"github.com/rubin-love/love-go/love"
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

func TestHistogramsTakeEveryDuration(t *testing.T) {
	var h bench.Histogram
	require.Zero(t, h.Quantile(.99), "of nothing")
	h.Record(-time.Second)
	require.Zero(t, h.Quantile(1))
	h.Record(1<<63 - 1)
	require.Equal(t, time.Duration(1<<63-1), h.Quantile(1))
	require.EqualValues(t, 2, h.Count())
}

func TestMergedHistogramsCountTogether(t *testing.T) {
	var a, b bench.Histogram
	a.Record(time.Millisecond)
	b.Record(time.Second)
	a.Merge(&b)
	require.EqualValues(t, 2, a.Count())
	require.Equal(t, time.Second, a.Max())
	require.InEpsilon(t, time.Millisecond, a.Quantile(.5), 1./64)
}

func TestLossIsFoundBySequenceNumber(t *testing.T) {
	for name, c := range map[string]struct {
		sent            uint64
		seqs            []uint64
		lost, reordered uint64
	}{
		"nothing sent":      {0, nil, 0, 0},
		"nothing arrived":   {3, nil, 3, 0},
		"all arrived":       {3, []uint64{0, 1, 2}, 0, 0},
		"first is missing":  {3, []uint64{1, 2}, 1, 0},
		"middle is missing": {4, []uint64{0, 3}, 2, 0},
		"end is missing":    {4, []uint64{0, 1}, 2, 0},
		"twice":             {2, []uint64{0, 0, 1}, 0, 1},
		"newest only":       {9, []uint64{8}, 8, 0},
	} {
		t.Run(name, func(t *testing.T) {
			lost, reordered := bench.Tally(c.sent, c.seqs...)
			require.Equal(t, c.lost, lost)
			require.Equal(t, c.reordered, reordered)
		})
	}
}

func TestMessagesAreOfTheProtocolAndCarryStamps(t *testing.T) {
	for _, category := range []string{"telemetry", "event"} {
		text := bench.MessageText(category, 7, 3, 300, 1234567890, 59*time.Minute)
		m, err := love.ParseMessage(text)
		require.NoError(t, err)
		require.Equal(t, love.Category(category), m.Category)
		require.Len(t, m.Data, 1)
		require.Len(t, m.Data[0].Streams, 3)
		for i, s := range m.Data[0].Streams {
			publisher, stream, seq, due, ok := bench.FirstStamp(s.Value)
			require.True(t, ok)
			require.Equal(t, []any{7, i, uint64(1234567890), 59 * time.Minute}, []any{publisher, stream, seq, due})
			require.InDelta(t, 300, len(s.Value), 8, "the size asked for")
		}
	}
	var request map[string]any
	require.NoError(t, json.Unmarshal([]byte(bench.Request("event", 7, 2)), &request))
	require.Equal(t, "stream2", request["stream"])
}

func TestTextsWithoutAStampHaveNone(t *testing.T) {
	for _, text := range []string{"", "~", "no mark", "~0000000000000000000000000000x"} {
		_, _, _, _, ok := bench.FirstStamp([]byte(text))
		require.False(t, ok, text)
	}
}

func TestUseOfAProcessIsReadFromProc(t *testing.T) {
	const stat = `4711 (a (strange) name) S 1 2 3 4 5 6 7 8 9 10 150 25 0 0 20 0 9`
	cpu, rss, err := bench.ParseUsage(stat, "Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t5\n")
	require.NoError(t, err)
	require.Equal(t, 1750*time.Millisecond, cpu)
	require.EqualValues(t, 2<<20, rss)

	for name, stat := range map[string]string{"short": "1 (x) S 1", "no number": `1 (x) S 1 2 3 4 5 6 7 8 9 10 a b 0`} {
		_, _, err := bench.ParseUsage(stat, "")
		require.Error(t, err, name)
	}
}

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
