package browsertest_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander/lovecsc"
	"github.com/rubin-love/love-go/love/commander/salcommander"
	"github.com/rubin-love/love-go/love/dashboard"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
	"github.com/rubin-love/love-go/love/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(suite{m}) }

// suite ends the browser behind the last test, before goroutines are counted.
type suite struct{ *testing.M }

func (s suite) Run() int {
	code := s.M.Run()
	if shared.end != nil {
		shared.end()
	}
	return code
}

// observatory is a simulated observatory with its producers, its commander, the LOVE CSC and a
// manager with an archive. The users are those of [lovetest.Manager].
type observatory struct {
	*lovetest.Manager
	sim *sim.Observatory
	own *sal.Domain // of the simulated components
	all *sal.Domain // of what LOVE runs
	// StopProducers ends the producers, as when their process dies.
	StopProducers context.CancelFunc
}

// newObservatory starts an observatory that ends with the test.
func newObservatory(t testing.TB, change ...func(*server.Config)) *observatory {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	bus := sim.NewBus()
	own := sal.NewDomain(bus, sim.Definitions(), sal.WithLogger(log), sal.WithIdentity("sim"))
	domain := sal.NewDomain(bus, sim.Definitions(), sal.WithLogger(log))
	o := &observatory{sim: sim.NewObservatory(own), own: own, all: domain}
	t.Cleanup(func() {
		require.NoError(t, domain.Close())
		require.NoError(t, own.Close())
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	running.Go(func() { _ = o.sim.Run(ctx) }) // ends with ctx
	csc, err := lovecsc.New(ctx, domain, lovecsc.WithLogger(log))
	require.NoError(t, err)
	running.Go(func() { _ = csc.Run(ctx) }) // ends with ctx

	dir := filepath.Join(t.TempDir(), "archive")
	o.Manager = lovetest.NewManager(t, lovetest.WithConfig(func(c *server.Config) {
		c.Commander, c.Logbook = salcommander.New(domain), csc
		c.Archive = archive.Config{Dir: dir}
		c.Page = dashboard.New(dashboard.Info{
			Version: "v0.1.0", Started: time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC), Runs: []string{"a simulated observatory", "a manager"},
		})
		for _, f := range change {
			f(c)
		}
	}))
	<-o.sim.Ready()
	factory := producer.NewFactory(domain, producer.WithLogger(log), producer.WithPeriod(time.Second))
	producers := producer.NewClient(o.Client(client.WithProcessPassword(o.Password), client.WithLogger(log)))
	for _, name := range append(o.sim.Components(), lovecsc.Component) {
		p, err := factory.FromName(ctx, name)
		require.NoError(t, err)
		producers.Add(p)
	}
	producing, stop := context.WithCancel(ctx)
	o.StopProducers = stop
	running.Go(func() { _ = producers.Run(producing) }) // ends with producing
	return o
}

// chromium returns the program, or skips the test.
func chromium(t testing.TB) string {
	t.Helper()
	program := os.Getenv("LOVE_TEST_CHROMIUM")
	if program == "" {
		t.Skip("Chromium is needed: name the program in LOVE_TEST_CHROMIUM")
	}
	return program
}
