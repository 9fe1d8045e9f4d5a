package archive_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
)

// steady yields messages of 500 bytes, and flushes now and then so that none is dropped.
type steady struct {
	a     *archive.Archive
	n     int
	every time.Duration // by their times of reception
}

func (s steady) SubscribeWith(ctx context.Context, _ love.SubscribeOptions, _ ...love.Group) iter.Seq2[love.Delivery, error] {
	return func(yield func(love.Delivery, error) bool) {
		for n := range s.n {
			v := fmt.Sprintf(`{"n":%d,"x":%d,"text":"%s"}`, n, n*n*7919, strings.Repeat("x", 350))
			if !yield(delivery(night.Add(time.Duration(n)*s.every), love.StreamGroup("telemetry", "A", n%500, "position"), v), nil) {
				return
			}
			if n%2000 == 0 {
				_ = s.a.Flush(ctx)
			}
		}
	}
}

// TestMemoryIsBounded records up to 150 MB, and asks while that goes on.
func TestMemoryIsBounded(t *testing.T) {
	t.Run("20 000 messages per second", func(t *testing.T) { memoryIsBounded(t, 300_000, 50*time.Microsecond) })
	t.Run("100 messages per second, compressed better", func(t *testing.T) { memoryIsBounded(t, 100_000, 10*time.Millisecond) })
}

func memoryIsBounded(t *testing.T, messages int, every time.Duration) {
	if testing.Short() || raced {
		t.Skip("takes some seconds, and the race detector more memory")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(30)) // little of what is measured is garbage, on a busy machine, too
	runtime.GC()
	used := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	before, most := used(), uint64(0)
	a := open(t, archive.Config{FileBytes: 4 << 20})
	done := make(chan error, 1)
	go func() { done <- a.Record(t.Context(), steady{a, messages, every})() }()
	q := history.SeriesQuery{Stream: love.StreamGroup("telemetry", "A", 7, "position"), Fields: []string{"x"}, Span: history.Span{From: night, To: night.Add(time.Hour)}, Points: 100}
	for recording := true; recording; {
		select {
		case <-done:
			recording = false
		default:
			_, _ = a.Series(t.Context(), q)
			n := 0
			for range a.Messages(t.Context(), history.Span{From: night, To: night.Add(time.Hour)}) {
				if n++; n > 1000 {
					break
				}
			}
		}
		most = max(most, used()-before)
	}
	t.Logf("%d MB at most", most>>20)
	require.NoError(t, a.Flush(t.Context()))
	require.EqualValues(t, messages, a.Stats().Recorded)
	require.Less(t, most, uint64(64<<20))
}
