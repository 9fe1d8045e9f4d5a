package kafka_test

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		serve()
		return
	}
	goleak.VerifyTestMain(m)
}

// fakeKafka is a fake broker with a fake registry.
type fakeKafka struct {
	*kfake.Cluster
	registry *srfake.Registry
	refresh  time.Duration
	gate     *gate
}

func newFakeKafka(t testing.TB, opts ...kfake.Opt) *fakeKafka {
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	registry := srfake.New()
	t.Cleanup(registry.Close)
	return &fakeKafka{Cluster: cluster, registry: registry, refresh: 50 * time.Millisecond}
}

func (k *fakeKafka) config() kafka.Config {
	return kafka.Config{SubName: "test", Brokers: k.ListenAddrs(), Registry: k.registry.URL(), RefreshInterval: k.refresh}
}

func (k *fakeKafka) bus(t testing.TB, defs *sal.Definitions, opts ...kafka.Option) *kafka.Bus {
	return newBus(t, k.config(), defs, opts...)
}

func newBus(t testing.TB, config kafka.Config, defs *sal.Definitions, opts ...kafka.Option) *kafka.Bus {
	bus, err := kafka.NewBus(config, defs, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bus.Close()) })
	return bus
}

// domain returns a domain with an origin of its own, so that several in this process
// act as several programs do.
func (k *fakeKafka) domain(t testing.TB, defs *sal.Definitions) *sal.Domain {
	d := sal.NewDomain(k.bus(t, defs), defs, sal.WithOrigin(int(origins.Add(1))))
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

var origins atomic.Int64

// reader returns a client that reads a topic from its beginning.
func reader(t testing.TB, brokers []string, name string) *kgo.Client {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(name))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// client returns a client of the broker besides the bus.
func (k *fakeKafka) client(t testing.TB, opts ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(k.ListenAddrs()...), kgo.ProducerLinger(0), kgo.RecordPartitioner(kgo.ManualPartitioner()),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// How long a test waits for other goroutines, and how often it looks.
const (
	timeout = 20 * time.Second
	tick    = time.Millisecond
)

// withTimeout returns a context that limits how long a test waits.
func withTimeout(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	t.Cleanup(cancel)
	return ctx
}

// interfaces returns the components of these tests: Lamp, and Hexapod, which is
// indexed.
func interfaces(t testing.TB) *sal.Definitions {
	defs, err := sal.Define(
		&sal.Component{Name: "Lamp", Topics: []*sal.Topic{
			{Kind: sal.Command, Name: "switchOn", Fields: []sal.Field{{Name: "power", Type: sal.Float, Units: "W"}}},
			{Kind: sal.Event, Name: "burning", Description: "Whether it burns.", Fields: []sal.Field{{Name: "on", Type: sal.Boolean}, {Name: "power", Type: sal.Float}}},
			{Kind: sal.Telemetry, Name: "light", Fields: []sal.Field{{Name: "flux", Type: sal.Double, Units: "lm"}}},
		}},
		&sal.Component{Name: "Hexapod", Indexed: true, Topics: []*sal.Topic{
			{Kind: sal.Command, Name: "move", Fields: []sal.Field{{Name: "x", Type: sal.Double}}},
			{Kind: sal.Event, Name: "inPosition", Fields: []sal.Field{{Name: "value", Type: sal.Int}}},
		}},
	)
	require.NoError(t, err)
	return defs
}

// topic returns a topic that a test needs.
func topic(t testing.TB, defs *sal.Definitions, component, attr string) *sal.Topic {
	c, err := defs.Component(component)
	require.NoError(t, err)
	found, ok := c.Topic(attr)
	require.True(t, ok, attr)
	return found
}
