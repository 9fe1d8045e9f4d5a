package kafka_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

// The topics of the lamp at the fake brokers.
const (
	switchOn = "lsst.test.Lamp.command_switchOn"
	burning  = "lsst.test.Lamp.logevent_burning"
	light    = "lsst.test.Lamp.light"
)

// written are the topics of the lamp, by attribute, with a field each.
var written = map[string]struct{ name, field string }{
	"cmd_switchOn": {switchOn, "power"}, "evt_burning": {burning, "power"}, "tel_light": {light, "flux"},
}

// kafkas are the versions of Kafka that differ in how topics are identified: by name
// alone; by id when they are read; by id always.
var kafkas = map[string]*kversion.Versions{"2.7": kversion.V2_7_0(), "3.9": kversion.V3_9_0(), "4.1": kversion.V4_1_0()}

// onKafkas runs a test with each of them.
func onKafkas(t *testing.T, test func(t *testing.T, k *brokers)) {
	for name, versions := range kafkas {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := newFakeKafka(t, kfake.MaxVersions(versions))
			k := newBrokers(t, fake.config())
			if name == "2.7" {
				k.withoutIDs = fake
			}
			test(t, k)
		})
	}
}

// sample returns a sample of a topic of the lamp.
func sample(t testing.TB, defs *sal.Definitions, attr string, values sal.Values) *sal.Sample {
	s, err := sal.NewSample(topic(t, defs, "Lamp", attr), values)
	require.NoError(t, err)
	return s
}

// floats reads a topic and passes on a field of what arrives.
func floats(t testing.TB, bus sal.Bus, top *sal.Topic, field string) chan float64 {
	sub, err := bus.Subscribe(withTimeout(t), []sal.TopicRequest{{Topic: top}})
	require.NoError(t, err)
	arrived := make(chan float64, 10_000)
	var reading sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	reading.Go(func() {
		for {
			deliveries, err := sub.Receive(ctx)
			if err != nil {
				return
			}
			for _, d := range deliveries {
				arrived <- d.Sample.Float(field)
			}
		}
	})
	t.Cleanup(func() { cancel(); reading.Wait(); require.NoError(t, sub.Close()) })
	return arrived
}

// nextFloats waits for n values.
func nextFloats(t testing.TB, arrived chan float64, n int) (got []float64) {
	for range n {
		select {
		case v := <-arrived:
			got = append(got, v)
		case <-withTimeout(t).Done():
			require.FailNow(t, "a sample did not arrive", "had %v", got)
		}
	}
	return got
}

// brokers are fake or real ones, as somebody with another client uses them.
type brokers struct {
	config     kafka.Config
	withoutIDs *fakeKafka // set if topics are known by name alone
	admin      *kadm.Client
}

// newBrokers returns the brokers of a configuration. Buses do not look for changes by
// themselves while a test runs.
func newBrokers(t testing.TB, config kafka.Config) *brokers {
	config.RefreshInterval = time.Minute
	k := &brokers{config: config}
	k.admin = kadm.NewClient(k.client(t))
	return k
}

// client returns a client besides the bus.
func (k *brokers) client(t testing.TB, opts ...kgo.Opt) *kgo.Client {
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(k.config.Brokers...), kgo.ProducerLinger(0), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MetadataMinAge(10 * time.Millisecond),
	}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

func (k *brokers) bus(t testing.TB, defs *sal.Definitions, opts ...kafka.Option) *kafka.Bus {
	return newBus(t, k.config, defs, opts...)
}

func (k *brokers) domain(t testing.TB, defs *sal.Definitions) *sal.Domain {
	d := sal.NewDomain(k.bus(t, defs), defs, sal.WithOrigin(int(origins.Add(1))))
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d
}

// name returns the name of a topic of the lamp.
func (k *brokers) name(attr string) string {
	return strings.Replace(written[attr].name, ".test.", "."+k.config.SubName+".", 1)
}

// ends returns the number of records that each partition of a topic has had.
func (k *brokers) ends(t testing.TB, attr string) (ends []int64) {
	found, err := k.admin.ListEndOffsets(withTimeout(t), k.name(attr))
	require.NoError(t, err)
	found.Each(func(o kadm.ListedOffset) {
		require.NoError(t, o.Err)
		ends = append(ends, o.Offset)
	})
	return ends
}

// end is ends for a topic with one partition.
func (k *brokers) end(t testing.TB, attr string) int64 {
	ends := k.ends(t, attr)
	require.Len(t, ends, 1)
	return ends[0]
}

func (k *brokers) exists(t testing.TB, attr string) bool {
	found, err := k.admin.ListTopics(withTimeout(t), k.name(attr))
	require.NoError(t, err)
	return found.Has(k.name(attr))
}

// create creates a topic, and returns when the brokers have it in place of a former one:
// real ones write to that for a moment.
func (k *brokers) create(t testing.TB, attr string, partitions int32, configs map[string]*string) {
	var created kadm.CreateTopicResponse
	require.Eventually(t, func() bool {
		var err error
		created, err = k.admin.CreateTopic(withTimeout(t), partitions, 1, configs, k.name(attr))
		return err == nil
	}, timeout, tick)
	require.Eventually(t, func() bool {
		found, err := k.admin.ListTopics(withTimeout(t), k.name(attr))
		require.NoError(t, err)
		return found.Has(k.name(attr)) && found[k.name(attr)].ID == created.ID
	}, timeout, tick)
}

// delete deletes a topic, and returns when the brokers do not have it any more: real ones
// take records for a moment.
func (k *brokers) delete(t testing.TB, attr string) {
	before, err := k.admin.ListTopics(withTimeout(t), k.name(attr))
	require.NoError(t, err)
	_, err = k.admin.DeleteTopic(withTimeout(t), k.name(attr))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		now, err := k.admin.ListTopics(withTimeout(t), k.name(attr))
		require.NoError(t, err)
		return !now.Has(k.name(attr)) || now[k.name(attr)].ID != before[k.name(attr)].ID // or a bus has created it again
	}, timeout, tick)
}

// recreate deletes a topic that is being read and creates it again, without ids when the
// reader has looked for it in between: it has no other way to notice.
func (k *brokers) recreate(t *testing.T, attr string, partitions int32) {
	k.delete(t, attr)
	if fake := k.withoutIDs; fake != nil {
		looked := make(chan struct{})
		fake.ControlKey(int16(kmsg.Metadata), func(r kmsg.Request) (kmsg.Response, error, bool) {
			asked := func(t kmsg.MetadataRequestTopic) bool { return t.Topic != nil && *t.Topic == k.name(attr) }
			fake.KeepControl()
			if slices.ContainsFunc(r.(*kmsg.MetadataRequest).Topics, asked) {
				fake.DropControl()
				close(looked)
			}
			return nil, nil, false
		})
		<-looked
	}
	k.create(t, attr, partitions, nil)
}

// lastValue returns the value of the last record that a poll of a topic returns.
func (k *brokers) lastValue(t testing.TB, attr string) []byte {
	records := k.client(t, kgo.ConsumeTopics(k.name(attr))).PollFetches(withTimeout(t)).Records()
	return records[len(records)-1].Value
}
