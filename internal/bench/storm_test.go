package bench_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
)

func TestAStormWaitsForAllSnapshots(t *testing.T) {
	r, err := bench.Storm{URL: start(t), Clients: 10, Groups: 5, Payload: 200, Timeout: 10 * time.Second}.Run(t.Context())
	require.NoError(t, err)
	require.Positive(t, r.Accepted)
	require.GreaterOrEqual(t, r.Complete, r.Connected)
	require.Contains(t, r.String(), "all 50 snapshots after")
}
