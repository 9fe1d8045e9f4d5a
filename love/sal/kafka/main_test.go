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

// world is a fake broker with a fake registry.
type world struct {
	*kfake.Cluster
	registry *srfake.Registry
}

func newWorld(t testing.TB, opts ...kfake.Opt) *world {
	cluster, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	registry := srfake.New()
	t.Cleanup(registry.Close)
	return &world{cluster, registry}
}

func (w *world) config() kafka.Config {
	return kafka.Config{SubName: "test", Brokers: w.ListenAddrs(), Registry: w.registry.URL(), Refresh: 50 * time.Millisecond}
}

func (w *world) bus(t testing.TB, defs *sal.Definitions, opts ...kafka.Option) *kafka.Bus {
	bus, err := kafka.NewBus(w.config(), defs, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bus.Close()) })
	return bus
}

// domain is one with an origin of its own, so that several in this process act
// as several programs do.
func (w *world) domain(t testing.TB, defs *sal.Definitions) *sal.Domain {
	d := sal.NewDomain(w.bus(t, defs), defs, sal.WithOrigin(int(origins.Add(1))))
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

var origins atomic.Int64

// reader is a client that reads a topic from its beginning.
func reader(t testing.TB, brokers []string, name string) *kgo.Client {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics(name))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// client is one that speaks with the broker behind the bus's back.
func (w *world) client(t testing.TB, opts ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(w.ListenAddrs()...), kgo.ProducerLinger(0), kgo.RecordPartitioner(kgo.ManualPartitioner()),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// How long a test waits for what happens in other goroutines, and how often it
// looks.
const (
	patience = 20 * time.Second
	tick     = time.Millisecond
)

// soon limits what a test waits for.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// interfaces are the components of these tests: Lamp without, Hexapod with
// instances.
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

// topic finds a topic that a test needs.
func topic(t testing.TB, defs *sal.Definitions, component, attr string) *sal.Topic {
	c, err := defs.Component(component)
	require.NoError(t, err)
	found, ok := c.Topic(attr)
	require.True(t, ok, attr)
	return found
}
