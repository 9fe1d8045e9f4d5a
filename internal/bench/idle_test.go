package bench_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/bench"
	"github.com/rubin-love/love-go/love/hub"
)

func TestIdleClientsAnswerPings(t *testing.T) {
	url := start(t, hub.WithPing(50*time.Millisecond))
	r, err := bench.Idle{
		URL: url, PID: os.Getpid(), Clients: 20, Groups: 2, Duration: 300 * time.Millisecond,
	}.Run(t.Context())
	require.NoError(t, err, "a client that does not answer is closed")
	require.Contains(t, r.String(), "20 idle clients")

	_, err = bench.Idle{URL: url, Clients: 20}.Run(t.Context())
	require.ErrorContains(t, err, "PID")
}
