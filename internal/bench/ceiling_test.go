package bench_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
)

func TestTheCeilingIsMeasuredPerFrame(t *testing.T) {
	var batches []int
	c := bench.Ceiling{
		Connections: 4, Frame: 500, Rate: 1e4, Duration: 100 * time.Millisecond,
		Write: func(ctx context.Context, w bench.Writer) (bench.Cost, error) {
			cost, err := w.Run(ctx)
			require.GreaterOrEqual(t, cost.Frames, 800)
			batches = append(batches, w.Batch)
			return bench.Cost{Frames: 1000, CPU: time.Millisecond}, err
		},
	}
	r, err := c.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{1, 16}, batches)
	require.Equal(t, bench.CeilingReport{R1: time.Microsecond, R16: time.Microsecond}, r)

	broken := errors.New("broken")
	c.Write = func(context.Context, bench.Writer) (bench.Cost, error) { return bench.Cost{}, broken }
	_, err = c.Run(t.Context())
	require.ErrorIs(t, err, broken)
	c.Rate = 0
	_, err = c.Run(t.Context())
	require.Error(t, err)
}
