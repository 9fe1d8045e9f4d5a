package bench_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
)

func TestTheUsageOfAProcessIsReadFromProc(t *testing.T) {
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
