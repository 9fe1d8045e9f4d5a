package bench_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
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

func TestALoadCountsEveryDelivery(t *testing.T) {
	l := small(start(t))
	r, err := l.Run(t.Context())
	require.NoError(t, err)
	require.NoError(t, r.Failure)
	require.EqualValues(t, 40, r.Published, "200 per second in 0.2 s")
	require.EqualValues(t, 40*3*4, r.Delivered)
	require.EqualValues(t, 50*3*4, r.Expected, "with those of the warm-up")
	require.Zero(t, r.Lost)
	require.Zero(t, r.Reordered)
	require.EqualValues(t, r.Delivered, r.Latency.Count())
	require.Positive(t, r.Latency.Quantile(.5))
	require.Positive(t, r.Manager.RSS)
	require.Greater(t, r.Bytes/r.Delivered, uint64(200))
	for _, line := range []string{"published  200 messages/s", "delivered  2400/s", "lost       0 of 600", "latency    p50", "manager    "} {
		require.Contains(t, r.String(), line)
	}
}

func TestALoadTellsWhenTheManagerClosesItsConnections(t *testing.T) {
	l := small(start(t, hub.WithLimits(hub.Limits{ProcessMessage: 100})))
	l.Settle, l.Subscribers = 0, 0 // a subscription is small enough, a message is not
	r, err := l.Run(t.Context())
	if err == nil { // the last message may have been the one that was too big
		err = r.Failure
	}
	require.Error(t, err)
}

func TestALoadEndsWithItsContext(t *testing.T) {
	l := small(start(t))
	l.Duration = time.Hour - time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := l.Run(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestWrongLoadsAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*bench.Load){
		"no publisher":     func(l *bench.Load) { l.Publishers = 0 },
		"no stream":        func(l *bench.Load) { l.Streams = 0 },
		"too many streams": func(l *bench.Load) { l.Streams = 1000 },
		"negative":         func(l *bench.Load) { l.Subscribers = -1 },
		"no rate":          func(l *bench.Load) { l.Rate = 0 },
		"category":         func(l *bench.Load) { l.Category = "command" },
		"no duration":      func(l *bench.Load) { l.Duration = 0 },
		"too long":         func(l *bench.Load) { l.Duration = 2 * time.Hour },
	} {
		t.Run(name, func(t *testing.T) {
			l := small("ws://127.0.0.1:1/")
			spoil(&l)
			require.Error(t, l.Check())
			_, err := l.Run(t.Context())
			require.Equal(t, l.Check(), err)
		})
	}
}

func TestAManagerThatRefusesIsAnError(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := small("ws" + strings.TrimPrefix(server.URL, "http")).Run(t.Context())
	require.ErrorContains(t, err, "connecting to the manager")
}

func TestAReaderThatStopsIsComparedInTurns(t *testing.T) {
	s := bench.Turns{Load: small(start(t)), Runs: 2, Disturbance: bench.StoppedReader}
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

func TestCommandsAreUnderWayWhileALoadRuns(t *testing.T) {
	commander, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var given, ended atomic.Int32
	manager := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Token secret" && r.URL.Path == "/manager/api/cmd/" {
			given.Add(1)
		}
		answer, err := http.Post("http://"+commander.Addr().String()+"/cmd/", "application/json", r.Body)
		if err == nil {
			answer.Body.Close()
			w.WriteHeader(answer.StatusCode)
		}
		ended.Add(1)
	}))
	defer manager.Close()
	defer http.DefaultClient.CloseIdleConnections()
	s := bench.NewSlowCommands(commander, manager.URL+"/manager/api/cmd/", "secret", 3)
	defer s.Close()

	r, err := bench.Turns{Load: small(start(t)), Runs: 1, Disturbance: s.Disturbance()}.Run(t.Context(), func(_ bench.Report, disturbed bool) {
		if disturbed {
			require.EqualValues(t, 3, ended.Load(), "all are answered after the run")
		}
	})
	require.NoError(t, err)
	require.EqualValues(t, 3, given.Load())
	require.Contains(t, r.String(), "with    3 commands under way: p99")

}

func TestCommandsThatAreNotKeptUnderWayAreAnError(t *testing.T) {
	for name, c := range map[string]struct {
		manager http.HandlerFunc
		want    string
	}{
		"a manager that refuses them":           {http.NotFound, "a command was answered with 404"},
		"a manager with a commander of its own": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"ack":"Done"}`)) }, "does the manager use it?"},
	} {
		t.Run(name, func(t *testing.T) {
			manager := httptest.NewServer(c.manager)
			defer manager.Close()
			commander, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			s := bench.NewSlowCommands(commander, manager.URL, "secret", 3)
			defer s.Close()
			_, err = bench.Turns{Load: small(start(t)), Runs: 1, Disturbance: s.Disturbance()}.Run(t.Context(), nil)
			require.ErrorContains(t, err, "3 commands under way: a command was answered ")
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestTurnsWithoutRunsAreRefused(t *testing.T) {
	for _, runs := range []int{0, -1} {
		_, err := bench.Turns{Load: small("ws://127.0.0.1:1/"), Runs: runs, Disturbance: bench.StoppedReader}.Run(t.Context(), nil)
		require.ErrorContains(t, err, "runs: ")
	}
}

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

func TestAStormWaitsForAllSnapshots(t *testing.T) {
	r, err := bench.Storm{URL: start(t), Clients: 10, Groups: 5, Payload: 200, Timeout: 10 * time.Second}.Run(t.Context())
	require.NoError(t, err)
	require.Positive(t, r.Accepted)
	require.GreaterOrEqual(t, r.Complete, r.Connected)
	require.Contains(t, r.String(), "all 50 snapshots after")
}

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
