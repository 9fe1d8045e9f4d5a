//go:build unix

package archive_test

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

// telemetryOf returns a message of about so many bytes, with fields that drift.
func telemetryOf(stream, n, size int) love.Message {
	value := []byte("{")
	for f := 0; len(value) < size; f++ {
		if f > 0 {
			value = append(value, ',')
		}
		x := 100 + 10*math.Sin(float64(n)/1000+float64(f)) + rand.Float64()/1000
		value = fmt.Appendf(value, `"field%d":{"value":%.6f,"dataType":"Float","units":"deg"}`, f, x)
	}
	return love.Message{Category: love.CategoryTelemetry, ProducerSnd: float64(n), Data: []love.Item{{
		CSC: "CSC" + strconv.Itoa(stream/20), SalIndex: love.Index(0), Streams: []love.Stream{{Name: "topic" + strconv.Itoa(stream), Value: append(value, '}')}},
	}}}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRecord publishes 20 000 messages of 500 bytes per second to a hub, with and
// without an archive, alternately, and reports what of a core the archive costs.
func BenchmarkRecord(b *testing.B) {
	const rate, size, streams = 20_000, 500, 400
	messages := make([]love.Message, 4*streams)
	for i := range messages {
		messages[i] = telemetryOf(i%streams, i, size-80)
	}
	run := func(record bool) time.Duration {
		h := hub.New()
		defer func() { _ = h.Shutdown(context.Background()) }()
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		var a *archive.Archive
		if record {
			var err error
			a, err = archive.Open(archive.Config{Dir: b.TempDir()})
			require.NoError(b, err)
			run := a.Record(ctx, h)
			go func() { done <- run() }()
		} else {
			done <- nil
		}
		local := h.Local(auth.Principal{Process: true})
		defer func() { _ = local.Close() }()
		var text []byte
		begin, from := time.Now(), cpuTime()
		for n := 0; n < 4*rate; n++ {
			if n%100 == 0 {
				time.Sleep(time.Until(begin.Add(time.Duration(n) * time.Second / rate)))
			}
			text = messages[n%len(messages)].AppendJSON(text[:0])
			require.NoError(b, local.Send(ctx, text))
		}
		if record {
			require.NoError(b, a.Flush(ctx))
		}
		used := cpuTime() - from
		took := time.Since(begin)
		cancel()
		<-done
		if record {
			s := a.Stats()
			require.Zero(b, s.DroppedTelemetry)
			require.InDelta(b, 4*rate, s.Recorded, 200)
			require.NoError(b, a.Close())
		}
		return used * time.Second / took
	}
	for b.Loop() {
		without, with := run(false), run(true)
		b.ReportMetric(float64(without)/1e7, "%core-without")
		b.ReportMetric(float64(with-without)/1e7, "%core-archive")
	}
}

// nightFeed yields the messages of a night: a second of all streams after the other.
type nightFeed struct{ streams, seconds, size int }

func (f nightFeed) SubscribeWith(context.Context, love.SubscribeOptions, ...love.Group) iter.Seq2[love.Delivery, error] {
	return func(yield func(love.Delivery, error) bool) {
		pool := make([][]byte, 64*f.streams)
		for i := range pool {
			m := telemetryOf(i%f.streams, i, f.size)
			m.Subscription = "telemetry-*-*-*"
			pool[i] = m.AppendJSON(nil)
		}
		for s := range f.seconds {
			for n := range f.streams {
				at := night.Add(time.Duration(s)*time.Second + time.Duration(n)*time.Microsecond)
				if !yield(love.Delivery{Raw: pool[(s%64)*f.streams+n], Group: "telemetry-*-*-*", Received: at}, nil) {
					return
				}
			}
		}
	}
}

// BenchmarkNight asks for a field over ten hours of a night of 30 million messages, and
// over its last hour. LOVE_ARCHIVE_NIGHT names the folder of the night, which is made if
// it is empty; that takes some minutes and 2 GB.
func BenchmarkNight(b *testing.B) {
	dir := os.Getenv("LOVE_ARCHIVE_NIGHT")
	if dir == "" {
		b.Skip("LOVE_ARCHIVE_NIGHT names no folder")
	}
	const streams, seconds = 834, 36_000
	entries, _ := os.ReadDir(dir)
	a, err := archive.Open(archive.Config{Dir: dir, Clock: lovetest.NewClock(night)})
	require.NoError(b, err)
	defer func() { _ = a.Close() }()
	if len(entries) == 0 {
		begin := time.Now()
		feed := nightFeed{streams: streams, seconds: 100, size: 250}
		for s := 0; s < seconds; s += feed.seconds {
			// In steps, so that the queue is never full.
			require.ErrorIs(b, a.Record(b.Context(), shifted{feed, time.Duration(s) * time.Second, a})(), os.ErrClosed)
		}
		require.NoError(b, a.Flush(b.Context()))
		b.Logf("made in %s: %+v", time.Since(begin), a.Stats())
	}
	last := night.Add(seconds * time.Second)
	for name, span := range map[string]history.Span{"ten-hours": {From: night, To: last}, "last-hour": {From: last.Add(-time.Hour), To: last}} {
		b.Run(name, func(b *testing.B) {
			for _, cold := range []bool{true, false} {
				b.Run(map[bool]string{true: "cold", false: "warm"}[cold], func(b *testing.B) {
					runtime.GC()
					for n := 0; b.Loop(); n++ {
						b.StopTimer()
						if cold {
							_ = os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0)
							a.ForgetIndexes()
						}
						b.StartTimer()
						stream := 7 + n%streams
						all, err := a.Series(b.Context(), history.SeriesQuery{
							Stream: love.StreamGroup(love.CategoryTelemetry, "CSC"+strconv.Itoa(stream/20), 0, "topic"+strconv.Itoa(stream)),
							Fields: []string{"field1"}, Span: span, Points: 1000,
						})
						require.NoError(b, err)
						require.GreaterOrEqual(b, len(all[0].Bins), 999)
					}
				})
			}
		})
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.Logf("heap %d MB, from the system %d MB", m.HeapAlloc>>20, m.Sys>>20)
}

// shifted is a feed at a later time, which waits for the archive.
type shifted struct {
	nightFeed
	by time.Duration
	a  *archive.Archive
}

func (s shifted) SubscribeWith(ctx context.Context, o love.SubscribeOptions, _ ...love.Group) iter.Seq2[love.Delivery, error] {
	return func(yield func(love.Delivery, error) bool) {
		n := 0
		for d, err := range s.nightFeed.SubscribeWith(ctx, o) {
			d.Received = d.Received.Add(s.by)
			if !yield(d, err) {
				return
			}
			if n++; n%10_000 == 0 {
				_ = s.a.Flush(ctx)
			}
		}
	}
}

// BenchmarkLatency publishes 20 000 messages of 500 bytes per second to a hub and
// measures the time until a subscriber has each, in runs of two seconds in turn: alone,
// beside another subscriber that does nothing with what it gets, and beside an archive;
// -benchtime 12x for twelve of each. It reports the medians of the runs' p99 and the
// probability that those of the last two come from the same thing (Mann and Whitney,
// normal approximation).
func BenchmarkLatency(b *testing.B) {
	const rate, streams = 20_000, 400
	messages := make([][]byte, 4*streams)
	for i := range messages {
		messages[i] = telemetryOf(i%streams, i, 420).AppendJSON(nil)
	}
	run := func(beside func(context.Context, *hub.Hub) (end func())) float64 {
		h := hub.New()
		defer func() { _ = h.Shutdown(context.Background()) }()
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		end := beside(ctx, h)
		defer func() { cancel(); end() }()
		sent := make([]atomic.Int64, 2*rate)
		var latencies []float64
		subscription := h.Subscribe(ctx, love.CategoryGroup(love.CategoryTelemetry))
		received := make(chan struct{})
		go func() {
			defer close(received)
			n := 0
			for range subscription {
				latencies = append(latencies, float64(time.Now().UnixNano()-sent[n].Load())/1e6)
				if n++; n == len(sent) {
					return
				}
			}
		}()
		local := h.Local(auth.Principal{Process: true})
		defer func() { _ = local.Close() }()
		begin := time.Now()
		for n := range sent {
			if n%20 == 0 {
				time.Sleep(time.Until(begin.Add(time.Duration(n) * time.Second / rate)))
			}
			sent[n].Store(time.Now().UnixNano())
			require.NoError(b, local.Send(ctx, messages[n%len(messages)]))
		}
		<-received
		slices.Sort(latencies)
		return latencies[len(latencies)*99/100]
	}
	nothing := func(context.Context, *hub.Hub) (end func()) { return func() {} }
	another := func(ctx context.Context, h *hub.Hub) (end func()) {
		done := make(chan struct{})
		subscription := h.SubscribeWith(ctx, love.SubscribeOptions{Seq: true}, archive.DefaultGroups()...)
		go func() {
			defer close(done)
			for range subscription {
			}
		}()
		return func() { <-done }
	}
	recording := func(ctx context.Context, h *hub.Hub) (end func()) {
		a, err := archive.Open(archive.Config{Dir: b.TempDir()})
		require.NoError(b, err)
		done := make(chan error, 1)
		run := a.Record(ctx, h)
		go func() { done <- run() }()
		return func() { <-done; require.NoError(b, a.Close()) }
	}
	var alone, besideAnother, besideArchive []float64
	for b.Loop() {
		alone = append(alone, run(nothing))
		besideAnother = append(besideAnother, run(another))
		besideArchive = append(besideArchive, run(recording))
	}
	b.ReportMetric(median(alone), "ms-p99-alone")
	b.ReportMetric(median(besideAnother), "ms-p99-beside-another")
	b.ReportMetric(median(besideArchive), "ms-p99-beside-archive")
	b.ReportMetric(sameProbability(besideAnother, besideArchive), "p")
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// sameProbability returns the two-sided p of the test of Mann and Whitney.
func sameProbability(a, b []float64) float64 {
	u := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x < y:
				u++
			case x == y:
				u += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}
