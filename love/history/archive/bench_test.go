package archive_test

import (
	"context"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
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
			go func() { done <- a.Record(ctx, h) }()
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
			require.ErrorIs(b, a.Record(b.Context(), shifted{feed, time.Duration(s) * time.Second, a}), os.ErrClosed)
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
