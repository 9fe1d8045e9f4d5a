package producer_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// countingSender is a Sender that counts messages.
type countingSender struct{ messages, bytes int }

func (n *countingSender) Send(_ context.Context, d producer.Data) error {
	n.messages++
	n.bytes += len(d.JSON)
	return nil
}

// wide returns a telemetry topic of n fields of mixed types.
func wide(name string, n int) *sal.Topic {
	t := &sal.Topic{Kind: sal.Telemetry, Name: name}
	for i := range n {
		f := sal.Field{Name: fmt.Sprint("field", i), Type: sal.Double, Units: "deg"}
		switch i % 8 {
		case 5:
			f.Type = sal.Long
		case 6:
			f.Type = sal.Boolean
		case 7:
			f.Type, f.Count = sal.Float, 4
		}
		t.Fields = append(t.Fields, f)
	}
	return t
}

func wideValues(t *sal.Topic, seed float64) sal.Values {
	v := sal.Values{}
	for i, f := range t.Fields {
		x := seed + 1.2345678901*float64(i)
		switch {
		case f.Count > 1:
			v[f.Name] = []float64{x, x + 1, x + 2, x + 3}
		case f.Type == sal.Boolean:
			v[f.Name] = i%2 == 0
		case f.Type == sal.Long:
			v[f.Name] = int(x)
		default:
			v[f.Name] = x
		}
	}
	return v
}

// oneTopic is a remote whose newest sample is always the same.
type oneTopic struct {
	component *sal.Component
	sample    *sal.Sample
	deliver   chan func(*sal.Sample)
}

func (r *oneTopic) Component() *sal.Component         { return r.component }
func (r *oneTopic) Index() int                        { return 1 }
func (r *oneTopic) Latest(string) (*sal.Sample, bool) { return r.sample, true }
func (r *oneTopic) Subscribe(_ string, f func(*sal.Sample)) (func(), error) {
	r.deliver <- f
	return func() {}, nil
}

// BenchmarkSampleToMessage measures the path of a sample of 40 fields through the
// producer of its component, from the callback of the bus to the message.
func BenchmarkSampleToMessage(b *testing.B) {
	topic := wide("position", 40)
	defs, err := sal.Define(&sal.Component{Name: "Mount", Indexed: true, Topics: []*sal.Topic{topic}})
	require.NoError(b, err)
	c, err := defs.Component("Mount")
	require.NoError(b, err)
	full, _ := c.Topic("tel_position")
	sample, err := sal.NewSample(full, wideValues(topic, 1))
	require.NoError(b, err)
	remote := &oneTopic{component: c, sample: sample, deliver: make(chan func(*sal.Sample), 1)}
	p := producer.NewCSC(remote, producer.WithTelemetryPush(0), producer.WithClock(love.SystemClock{}))
	ctx, cancel := context.WithCancel(context.Background())
	out := &countingSender{}
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, out) }()
	deliver := <-remote.deliver
	b.ReportAllocs()
	for b.Loop() {
		deliver(sample)
	}
	cancel()
	require.NoError(b, <-ended)
	b.ReportMetric(float64(out.bytes)/float64(out.messages), "B/message")
}

const (
	observatoryComponents = 63
	observatoryTopics     = 3348
	observatoryCSC        = "Component"
)

// observatory returns definitions of as many components and topics as a real one
// has; half of the topics are telemetry.
func observatory(b *testing.B) *sal.Definitions {
	var all []*sal.Component
	left := observatoryTopics
	for i := range observatoryComponents {
		c := &sal.Component{Name: observatoryCSC + strconv.Itoa(i)}
		n := left / (observatoryComponents - i)
		left -= n
		for k := range n - 1 {
			t := wide("t"+strconv.Itoa(k), 12)
			if k%2 == 1 {
				t.Kind = sal.Event
			}
			c.Topics = append(c.Topics, t)
		}
		c.Topics = append(c.Topics, &sal.Topic{Kind: sal.Event, Name: "heartbeat", Fields: []sal.Field{{Name: "heartbeat", Type: sal.Boolean}}})
		all = append(all, c)
	}
	defs, err := sal.Define(all...)
	require.NoError(b, err)
	return defs
}

// BenchmarkObservatory runs a whole observatory for the time that
// LOVE_OBSERVATORY gives ("30s"): producers of 63 components with 3348 topics;
// heartbeats and all telemetry at 1 Hz, that of three components at 20 Hz; all
// events once. It reports how much of one core the process took, simulated
// components included, and its memory.
func BenchmarkObservatory(b *testing.B) {
	length, err := time.ParseDuration(os.Getenv("LOVE_OBSERVATORY"))
	if err != nil {
		b.Skip("LOVE_OBSERVATORY is not set: give it how long to measure, such as 30s")
	}
	defs := observatory(b)
	domain := sal.NewDomain(sim.NewBus(sim.WithHistory(10)), defs)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	counter := &countingSender{}
	out := &sharedSender{to: counter}
	f := producer.NewFactory(domain)
	for i, name := range defs.Names() {
		p, err := f.FromName(ctx, name)
		require.NoError(b, err)
		running.Go(func() { _ = p.Run(ctx, out) })
		period := time.Second
		if i < 3 {
			period = time.Second / 20
		}
		if os.Getenv("LOVE_OBSERVATORY_SILENT") == "" {
			running.Go(func() { simulate(ctx, b, domain, name, period) })
		}
	}
	time.Sleep(3 * time.Second) // until all events are written
	before, messages := cpuTime(), out.count()
	time.Sleep(length)
	used, sent := cpuTime()-before, out.count()-messages
	b.ReportMetric(100*used.Seconds()/length.Seconds(), "%core")
	b.ReportMetric(float64(sent)/length.Seconds(), "messages/s")
	b.ReportMetric(memory(b), "MB-RSS")
	b.ReportMetric(0, "ns/op")
	cancel()
	running.Wait()
	require.NoError(b, domain.Close())
}

// sharedSender lets many producers use one Sender.
type sharedSender struct {
	mu sync.Mutex
	to *countingSender
}

func (s *sharedSender) Send(ctx context.Context, d producer.Data) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to.Send(ctx, d)
}

func (s *sharedSender) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to.messages
}

// simulate runs a simulated component.
func simulate(ctx context.Context, b *testing.B, domain *sal.Domain, name string, period time.Duration) {
	c, err := domain.Controller(ctx, name, 0, sal.WriteOnly())
	if err != nil {
		b.Error(err)
		return
	}
	var telemetry []*sal.Topic
	for _, t := range c.Component().Topics {
		switch {
		case t.Kind == sal.Telemetry:
			telemetry = append(telemetry, t)
		case t.Kind == sal.Event && t.Name != "heartbeat":
			_, _ = c.Write(ctx, t.Attr(), ownValues(t, 1))
		}
	}
	values := []sal.Values{ownValues(telemetry[0], 1), ownValues(telemetry[0], 2)}
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for n := 0; ; n++ {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if n%int(time.Second/period) == 0 {
			_, _ = c.Write(ctx, "evt_heartbeat", nil, sal.Force())
		}
		for _, t := range telemetry {
			_, _ = c.Write(ctx, t.Attr(), values[n%2])
		}
	}
}

func ownValues(t *sal.Topic, seed float64) sal.Values {
	return wideValues(&sal.Topic{Fields: t.Own()}, seed)
}

// memory returns the resident memory of this process in MB.
func memory(b *testing.B) float64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("memory and CPU time are read from /proc, which this system does not have")
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	require.NoError(b, err)
	return kb / 1024
}

// A struct of a producer's own, published as telemetry.
func BenchmarkTelemetryOfAStruct(b *testing.B) {
	p := producer.NewInstance("Rack", 1)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, discard{}) }()
	power := struct {
		Volts   []float64 `love:"volts,V"`
		Watts   float64   `love:"watts,W"`
		Closed  bool      `love:"closed"`
		Faults  int       `love:"faults"`
		Message string    `love:"message"`
	}{[]float64{12.1, 4.9, 3.3}, 41.5, true, 3, "all is well"}
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Telemetry(ctx, "power", &power); err != nil {
			b.Fatal(err)
		}
	}
	cancel()
	<-ended
}

// discard is a Sender that drops what it is given.
type discard struct{}

func (discard) Send(context.Context, producer.Data) error { return nil }
