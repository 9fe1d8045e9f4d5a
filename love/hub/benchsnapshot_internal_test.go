package hub

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/rubin-love/love-go/love"
)

// newSnapshotBench returns a hub that knows 20 000 streams of 100 components, and a session.
func newSnapshotBench(b *testing.B) (*Hub, *session) {
	h, sessions := newBench(b, 1)
	for csc := range 100 {
		m := love.Message{Category: love.CategoryTelemetry, Data: []love.Item{{CSC: fmt.Sprint("C", csc)}}}
		for i := range 200 {
			m.Data[0].Streams = append(m.Data[0].Streams, love.Stream{Name: fmt.Sprint("stream", i), Value: love.RawValue(`{"azimuth":{"value":182.31450001,"dataType":"Float","units":"deg"}}`)})
		}
		if err := h.Publish(b.Context(), m); err != nil {
			b.Fatal(err)
		}
	}
	return h, sessions[0]
}

// BenchmarkSnapshot is a snapshot of all streams, and one that finds none of them.
func BenchmarkSnapshot(b *testing.B) {
	for name, c := range map[string]struct {
		group love.Group
		size  uint64
	}{
		"all":  {love.CategoryGroup(love.CategoryTelemetry), 20_000},
		"none": {love.Group{Category: love.CategoryTelemetry, CSC: wildcard, SalIndex: "0", Stream: "none"}, 0},
		"one":  {love.StreamGroup(love.CategoryTelemetry, "C1", 0, "stream1"), 1},
	} {
		b.Run(name, func(b *testing.B) {
			h, s := newSnapshotBench(b)
			b.ReportAllocs()
			for b.Loop() {
				var wakes wakeList
				until := h.counters.offered.Load() + c.size
				s.join(c.group, SubscribeOptions{Snapshot: true}, nil, &wakes)
				wakes.wakeAll()
				for h.counters.offered.Load() < until {
					runtime.Gosched()
				}
				s.leave(c.group, nil, &wakes)
			}
		})
	}
}
