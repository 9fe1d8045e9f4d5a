package bench_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
)

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
			lost, reordered := bench.CountLosses(c.sent, c.seqs...)
			require.Equal(t, c.lost, lost)
			require.Equal(t, c.reordered, reordered)
		})
	}
}
