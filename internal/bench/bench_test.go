package bench_test

import (
	"context"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/bench"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a hub and returns the URL of its websocket.
func start(t *testing.T, opts ...hub.Option) string {
	h := hub.New(append(opts, hub.WithGate(auth.Gate{ProcessPassword: "secret"}))...)
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, h.Shutdown(ctx))
		server.Close()
	})
	return "ws" + strings.TrimPrefix(server.URL, "http") + "/?password=secret"
}

func small(url string) bench.Load {
	return bench.Load{
		URL: url, PID: os.Getpid(), Publishers: 2, Subscribers: 3, Streams: 4, Rate: 200, Payload: 200,
		Category: "telemetry", Warmup: 50 * time.Millisecond, Duration: 200 * time.Millisecond, Settle: 10 * time.Second,
	}
}
