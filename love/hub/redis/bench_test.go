package redis_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/redistest"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// cpu returns the CPU time of this process.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAcross publishes at a constant rate at one hub, and receives at the same
// ("here", without Redis and with it), and at another ("there"). It reports the CPU time of the process for each
// message, which includes both managers, and how old messages are when they arrive.
func BenchmarkAcross(b *testing.B) {
	for _, rate := range []int{1000, 20_000} {
		for _, kind := range []string{"alone", "here", "there"} {
			b.Run(fmt.Sprintf("%s/%d", kind, rate), func(b *testing.B) { across(b, kind, rate) })
		}
	}
}

func across(b *testing.B, kind string, rate int) {
	newHub := func(broker hub.Broker) *hub.Hub {
		h := hub.New(hub.WithBroker(broker))
		b.Cleanup(func() { require.NoError(b, h.Shutdown(context.Background())) })
		return h
	}
	var here, there *hub.Hub
	if kind == "alone" {
		here = newHub(hub.NewMemoryBroker())
		there = here
	} else {
		a, o := redistest.Address(b), options(b)
		here = newHub(connect(b, a, o))
		if there = here; kind == "there" {
			there = newHub(connect(b, a, o))
		}
	}
	producer, s := here.Local(auth.Principal{Process: true}), there.Local(auth.Principal{Process: true})
	defer producer.Close()
	defer s.Close()
	require.NoError(b, s.Send(b.Context(), []byte(`{"option":"subscribe","category":"event","csc":"A","salindex":0,"stream":"s"}`)))
	_, err := s.Receive(b.Context())
	require.NoError(b, err)
	sent := make([]time.Time, b.N)
	ages := make([]time.Duration, b.N)
	message := []byte(`{"category":"event","data":[{"csc":"A","salindex":0,"data":{"s":[{"text":{"value":"` + strings.Repeat("x", 440) + `"}}]}}]}`)
	before := cpu(b)
	b.ResetTimer()
	go func() {
		begun := time.Now()
		for i := range b.N {
			if ahead := time.Until(begun.Add(time.Duration(i) * time.Second / time.Duration(rate))); ahead > 0 {
				time.Sleep(ahead)
			}
			sent[i] = time.Now()
			_ = producer.Send(context.Background(), message)
		}
	}()
	for i := range b.N {
		if _, err := s.Receive(b.Context()); err != nil {
			b.Fatal(err)
		}
		ages[i] = time.Since(sent[i])
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
	slices.Sort(ages)
	b.ReportMetric(float64(ages[len(ages)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(ages[len(ages)*99/100].Microseconds()), "p99-µs")
}
