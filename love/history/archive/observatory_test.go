package archive_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// TestTheObservatoryTakesLittleOfADisk records an hour of the telemetry of the whole
// simulated observatory, with its producers and a hub, at the rate of the demo.
func TestTheObservatoryTakesLittleOfADisk(t *testing.T) {
	dir := t.TempDir()
	var s archive.Stats
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		bus := sim.NewBus()
		simulated, own := sal.NewDomain(bus, sim.Definitions()), sal.NewDomain(bus, sim.Definitions())
		observatory := sim.NewObservatory(simulated)
		h := hub.New()
		local := h.Local(auth.Principal{Process: true})
		set, err := producer.NewSet(producer.NewFactory(own, producer.WithPeriod(time.Second)), producer.NewClient(producer.InProcess(local)), observatory.Components())
		require.NoError(t, err)
		a, err := archive.Open(archive.Config{Dir: dir})
		require.NoError(t, err)
		ended := make(chan error, 3)
		go func() { ended <- observatory.Run(ctx) }()
		go func() { ended <- set.Run(ctx) }()
		go func() { ended <- a.Record(ctx, h, love.CategoryGroup(love.CategoryTelemetry))() }()
		if raced {
			time.Sleep(11 * time.Minute)
		} else {
			time.Sleep(time.Hour)
		}
		now := time.Now()
		all, err := a.Series(ctx, history.SeriesQuery{
			Stream: position, Fields: []string{"azimuthPosition"}, Span: history.Span{From: now.Add(-10 * time.Minute), To: now},
		})
		require.NoError(t, err)
		require.Greater(t, len(all[0].Samples), 500, "what the dome did in the last ten minutes")
		cancel()
		for range 3 {
			<-ended
		}
		require.NoError(t, a.Close())
		s = a.Stats()
		require.NoError(t, local.Close())
		require.NoError(t, h.Shutdown(context.Background()))
		require.NoError(t, simulated.Close())
		require.NoError(t, own.Close())
	})
	perMessage := float64(s.Bytes) / float64(s.Recorded)
	t.Logf("%d messages, %.1f bytes each", s.Recorded, perMessage)
	// A third of it are three streams of ATMCS with lists of a hundred numbers, and 16 bytes
	// of each message its message index, which MCAP does not compress.
	require.Less(t, perMessage, 95.0)
}
