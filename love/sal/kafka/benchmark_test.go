package kafka_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

// oneCore limits a benchmark to one core; the broker's process has the other.
func oneCore(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// benchBus returns a bus on a server, and a domain on it.
func benchBus(tb testing.TB, s *server, defs *sal.Definitions) (*kafka.Bus, *sal.Domain) {
	bus, err := kafka.NewBus(s.config(), defs)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, bus.Close()) })
	d := sal.NewDomain(bus, defs)
	tb.Cleanup(func() { require.NoError(tb, d.Close()) })
	return bus, d
}

// alarms returns definitions with an event and a telemetry topic like the alarms of the
// Watcher.
func alarms(tb testing.TB) *sal.Definitions {
	var fields []sal.Field
	for _, name := range []string{"name", "reason", "mutedBy", "acknowledgedBy"} {
		fields = append(fields, sal.Field{Name: name, Type: sal.String})
	}
	for _, name := range []string{"severity", "maxSeverity", "mutedSeverity"} {
		fields = append(fields, sal.Field{Name: name, Type: sal.Int})
	}
	for _, name := range []string{"acknowledged", "escalated", "muted"} {
		fields = append(fields, sal.Field{Name: name, Type: sal.Boolean})
	}
	for i := range 7 {
		fields = append(fields, sal.Field{Name: fmt.Sprintf("timestamp%d", i), Type: sal.Double, Units: "second"})
	}
	defs, err := sal.Define(&sal.Component{Name: "Watcher", Topics: []*sal.Topic{
		{Kind: sal.Event, Name: "alarm", Fields: fields},
		{Kind: sal.Telemetry, Name: "alarm", Fields: fields},
	}})
	require.NoError(tb, err)
	return defs
}

// alarm writes an alarm and returns the message that is on the bus then, of 204
// bytes.
func alarm(tb testing.TB, bus *kafka.Bus, s *server, t *sal.Topic) []byte {
	sample, err := sal.NewSample(t, sal.Values{
		"private_sndStamp": 1.7e9, "private_efdStamp": 1.7e9, "private_kafkaStamp": 1.7e9, "private_seqNum": 123456,
		"private_revCode": "0123abcd", "private_identity": "Watcher", "private_origin": 1234567,
		"name": "Enabled.ATDome:0", "reason": "FAULT state; " + strings.Repeat("x", 33), "acknowledgedBy": "operator@summit", "timestamp0": 1.7e9,
	})
	require.NoError(tb, err)
	require.NoError(tb, bus.Publish(withTimeout(tb), sample))
	c := reader(tb, s.address.Brokers, kafka.TopicName("bench", t))
	value := c.PollFetches(withTimeout(tb)).Records()[0].Value
	require.Len(tb, value, 204)
	return value
}

// BenchmarkConsume is the way of a record of 204 bytes from the broker to a callback.
func BenchmarkConsume(b *testing.B) {
	oneCore(b)
	s, defs := startServer(b), alarms(b)
	bus, d := benchBus(b, s, defs)
	top := topic(b, defs, "Watcher", "tel_alarm")
	value := alarm(b, bus, s, top)
	r, err := d.Remote(withTimeout(b), "Watcher", 0, sal.ReadOnly(), sal.WithQueue(1<<22))
	require.NoError(b, err)
	var got atomic.Int64
	whole := make(chan struct{}, 1)
	_, err = r.Subscribe("tel_alarm", func(*sal.Sample) {
		if got.Add(1) == int64(b.N) {
			whole <- struct{}{}
		}
	})
	require.NoError(b, err)
	b.ReportAllocs()
	b.ResetTimer()
	s.order(serverOrder{Topics: []string{kafka.TopicName("bench", top)}, Count: b.N, Key: []byte{}, Value: value})
	<-whole
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
	b.StopTimer()
	s.done()
}

// counter counts the messages that a producer sends.
type counter struct {
	want int64
	got  atomic.Int64
	all  chan struct{}
}

// Send implements producer.Sender.
func (c *counter) Send(context.Context, producer.Data) error {
	if c.got.Add(1) == c.want {
		c.all <- struct{}{}
	}
	return nil
}

// BenchmarkProduce is the way of the same record to a message for LOVE's websocket.
func BenchmarkProduce(b *testing.B) {
	oneCore(b)
	s, defs := startServer(b), alarms(b)
	bus, d := benchBus(b, s, defs)
	top := topic(b, defs, "Watcher", "evt_alarm")
	value := alarm(b, bus, s, top)
	r, err := d.Remote(withTimeout(b), "Watcher", 0, sal.ReadOnly(), sal.WithQueue(1<<22))
	require.NoError(b, err)
	c := &counter{want: int64(b.N), all: make(chan struct{}, 2)}
	p := producer.NewCSC(r)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, c) }()
	order := serverOrder{Topics: []string{kafka.TopicName("bench", top)}, Count: b.N, Key: []byte("k"), Value: value}
	require.Eventually(b, func() bool { return c.got.Load() == 1 }, timeout, tick) // the event of alarm: it has subscribed
	c.got.Store(0)
	b.ReportAllocs()
	b.ResetTimer()
	s.order(order)
	<-c.all
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	b.StopTimer()
	s.done()
	cancel()
	<-ended
}

// generated returns components with the number of topics in all, most of them events.
func generated(tb testing.TB, components, topics int) *sal.Definitions {
	var all []*sal.Component
	for c := range components {
		comp := &sal.Component{Name: fmt.Sprintf("Component%d", c), Indexed: c%3 == 0}
		for n := c; n < topics-components; n += components { // each has its ackcmd
			t := &sal.Topic{Kind: sal.Event, Name: fmt.Sprintf("topic%d", n), Description: "One of many."}
			switch n % 10 {
			case 0, 1:
				t.Kind = sal.Telemetry
			case 2, 3:
				t.Kind = sal.Command
			}
			for f := range 4 + n%20 {
				t.Fields = append(t.Fields, sal.Field{Name: fmt.Sprintf("field%d", f), Type: []sal.Type{sal.Double, sal.Int, sal.String, sal.Boolean}[f%4], Units: "m", Description: "A value of some kind."})
			}
			comp.Topics = append(comp.Topics, t)
		}
		all = append(all, comp)
	}
	defs, err := sal.Define(all...)
	require.NoError(tb, err)
	return defs
}

// prepare creates all topics, with the number of samples in each that is an event.
func prepare(tb testing.TB, s *server, defs *sal.Definitions, events int) {
	bus, d := benchBus(tb, s, defs)
	var writing sync.WaitGroup
	for _, name := range defs.Names() {
		c, err := defs.Component(name)
		require.NoError(tb, err)
		require.NoError(tb, bus.Announce(withTimeout(tb), c.Topics))
		index := 0
		if c.Indexed {
			index = 1
		}
		w, err := d.Controller(withTimeout(tb), name, index, sal.WriteOnly())
		require.NoError(tb, err)
		for _, t := range c.Topics {
			if t.Kind == sal.Event {
				writing.Go(func() {
					for n := range events {
						_, err := w.Write(tb.Context(), t.Attr(), sal.Values{"field1": n}, sal.Force())
						require.NoError(tb, err)
					}
				})
			}
		}
	}
	writing.Wait()
}

// BenchmarkLateJoiner is the start of a remote that reads 500 topics, each with
// twenty events.
func BenchmarkLateJoiner(b *testing.B) {
	oneCore(b)
	s := startServer(b)
	defs := generated(b, 1, 837)
	c, err := defs.Component("Component0")
	require.NoError(b, err)
	require.Len(b, c.Names(sal.Event), 500)
	prepare(b, s, defs, 20)
	for b.Loop() {
		bus, err := kafka.NewBus(s.config(), defs)
		require.NoError(b, err)
		d := sal.NewDomain(bus, defs)
		r, err := d.Remote(withTimeout(b), "Component0", 1)
		require.NoError(b, err)
		for _, name := range c.Names(sal.Event) {
			_, seen := r.Latest("evt_" + name)
			require.True(b, seen)
		}
		b.StopTimer()
		require.NoError(b, d.Close())
		require.NoError(b, bus.Close())
		b.StartTimer()
	}
}

// BenchmarkObservatory is the start of remotes of all 63 components, with 3348
// topics.
func BenchmarkObservatory(b *testing.B) {
	oneCore(b)
	s := startServer(b)
	prepare(b, s, generated(b, 63, 3348), 1)
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		runtime.GC()
		debug.FreeOSMemory()
		b.StartTimer()
		defs := generated(b, 63, 3348)
		bus, err := kafka.NewBus(s.config(), defs)
		require.NoError(b, err)
		d := sal.NewDomain(bus, defs)
		var starting sync.WaitGroup
		for _, name := range defs.Names() { // as the producers of a set do
			starting.Go(func() {
				_, err := d.Remote(withTimeout(b), name, 0)
				require.NoError(b, err)
			})
		}
		starting.Wait()
		b.StopTimer()
		b.ReportMetric(resident(b), "MB")
		require.NoError(b, d.Close())
		require.NoError(b, bus.Close())
		b.StartTimer()
	}
}

// resident returns the memory of this process, in megabytes.
func resident(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("memory is read from /proc, which this system does not have")
	}
	var size, pages int
	_, err = fmt.Sscan(string(text), &size, &pages)
	require.NoError(b, err)
	return float64(pages*os.Getpagesize()) / 1e6
}
