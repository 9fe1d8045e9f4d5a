package hub

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkThrottle is one message of a stream that is published ten times as often as
// the subscription allows, and its part of sending what may be sent.
func BenchmarkThrottle(b *testing.B) {
	for _, streams := range []int{200, 20_000} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			_, sessions := newBench(b, 1)
			m := newMember(sessions[0], SubscribeOptions{MaxRate: 1})
			m.active = true
			t, f := m.throttle, textFrame(append(newBuffer(500), benchMessage(1)...))
			t.schedule = &schedule{wake: make(chan struct{}, 1)}
			now := time.Now()
			step := time.Second / time.Duration(10*streams)
			b.ReportAllocs()
			key := uint64(0)
			var wakes wakeList
			for b.Loop() {
				now = now.Add(step)
				t.schedule.run(now)
				key++
				t.offer(1+key%uint64(streams), f, now, &wakes)
			}
		})
	}
}
