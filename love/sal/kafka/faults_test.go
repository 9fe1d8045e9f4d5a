package kafka_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

// stopBrokers breaks all connections to the brokers until restore is called.
func (k *fakeKafka) stopBrokers() (restore func()) {
	var down atomic.Bool
	down.Store(true)
	k.ControlKey(-1, func(kmsg.Request) (kmsg.Response, error, bool) {
		if !down.Load() {
			return nil, nil, false
		}
		k.KeepControl()
		return nil, errors.New("down"), true
	})
	return func() { down.Store(false) }
}

// failRegistry makes the registry answer with an internal error until restore is
// called.
func (k *fakeKafka) failRegistry() (restore func()) {
	var down atomic.Bool
	down.Store(true)
	k.registry.Intercept(func(rw http.ResponseWriter, _ *http.Request) bool {
		if down.Load() {
			http.Error(rw, `{"error_code": 50001, "message": "the store is down"}`, http.StatusInternalServerError)
			return true
		}
		return false
	})
	return func() { down.Store(false) }
}

// lamp writes its event burning.
type lamp struct {
	t *testing.T
	*sal.Controller
}

func newLamp(t *testing.T, d *sal.Domain) lamp {
	c, err := d.Controller(withTimeout(t), "Lamp", 0, sal.WriteOnly())
	require.NoError(t, err)
	return lamp{t, c}
}

func (l lamp) burn(power int) {
	_, err := l.Write(withTimeout(l.t), "evt_burning", sal.Values{"power": power}, sal.Force())
	require.NoError(l.t, err)
}

// powers collects the power that the lamp writes.
func powers(t *testing.T, r *sal.Remote) func(n int) []int {
	arrived := make(chan int, 10_000)
	_, err := r.Subscribe("evt_burning", func(s *sal.Sample) { arrived <- int(s.Float("power")) })
	require.NoError(t, err)
	return func(n int) []int { return next(t, arrived, n) }
}

func TestReadingAndWritingResumeAfterAnOutageOfTheBrokers(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	config := k.config()
	config.DeliveryTimeout = time.Second
	bus := newBus(t, config, defs)
	l := newLamp(t, sal.NewDomain(bus, defs))
	r, err := k.domain(t, defs).Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
	got := powers(t, r)
	l.burn(1)
	require.Equal(t, []int{1}, got(1))

	restore := k.stopBrokers()
	_, err = l.Write(withTimeout(t), "evt_burning", sal.Values{"power": 2})
	var undelivered *kafka.DeliveryError
	require.ErrorAs(t, err, &undelivered)
	require.Equal(t, "evt_burning", undelivered.Topic.Attr())
	require.EqualValues(t, 1, bus.Stats().Refused)
	restore()

	require.Eventually(t, func() bool {
		_, err := l.Write(withTimeout(t), "evt_burning", sal.Values{"power": 3})
		return err == nil
	}, timeout, tick)
	require.Equal(t, []int{3}, got(1))
}

func TestRemoteStartWaitsForBrokers(t *testing.T) {
	k := newFakeKafka(t)
	restore := k.stopBrokers()
	d := k.domain(t, interfaces(t))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := d.Remote(ctx, "Lamp", 0)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	time.AfterFunc(100*time.Millisecond, restore)
	_, err = d.Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
}

func TestUndeliverableCommandIsAnErrorForItsSender(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	config := k.config()
	config.DeliveryTimeout = time.Second
	bus := newBus(t, config, defs)
	d := sal.NewDomain(bus, defs)
	r, err := d.Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	defer k.stopBrokers()()
	_, err = r.Command(withTimeout(t), "switchOn", nil)
	var unwritten *sal.NotWrittenError // its first command: there is no connection to write it
	require.ErrorAs(t, err, &unwritten)
}

func TestSamplesKeepTheirOrderWhenLeadersMove(t *testing.T) {
	k := newFakeKafka(t, kfake.NumBrokers(3))
	defs := interfaces(t)
	config := k.config()
	config.Acks = kafka.AcksAll
	bus := newBus(t, config, defs)
	l := newLamp(t, sal.NewDomain(bus, defs))
	r, err := k.domain(t, defs).Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
	got := powers(t, r)
	var want []int
	for n := range 200 {
		if n%50 == 10 {
			k.ShufflePartitionLeaders()
		}
		l.burn(n)
		want = append(want, n)
	}
	require.Equal(t, want, got(len(want)))
}

func TestRemoteStartWaitsForTheRegistry(t *testing.T) {
	k := newFakeKafka(t)
	restore := k.failRegistry()
	d := k.domain(t, interfaces(t))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := d.Remote(ctx, "Lamp", 0)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "the store is down")
	time.AfterFunc(100*time.Millisecond, restore)
	_, err = d.Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
}

func TestRefusedSchemaIsAnError(t *testing.T) {
	k := newFakeKafka(t)
	k.registry.Intercept(func(rw http.ResponseWriter, r *http.Request) bool {
		rw.WriteHeader(http.StatusConflict)
		_, _ = rw.Write([]byte(`{"error_code": 409, "message": "incompatible"}`))
		return true
	})
	_, err := k.domain(t, interfaces(t)).Remote(withTimeout(t), "Lamp", 0)
	var refused *kafka.SchemaError
	require.ErrorAs(t, err, &refused)
	require.True(t, refused.Incompatible)
}

func TestTopicThatMayNotBeCreatedIsAnError(t *testing.T) {
	k := newFakeKafka(t)
	k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Err: kerr.TopicAuthorizationFailed, Count: -1})
	_, err := k.domain(t, interfaces(t)).Remote(withTimeout(t), "Lamp", 0)
	var refused *kafka.TopicError
	require.ErrorAs(t, err, &refused)
	require.ErrorIs(t, err, kerr.TopicAuthorizationFailed)
	require.Contains(t, refused.Name, "lsst.test.Lamp.")
}

// laterVersion returns the lamp's interface in a later version.
func laterVersion(t *testing.T) *sal.Definitions {
	defs, err := sal.Define(&sal.Component{Name: "Lamp", Topics: []*sal.Topic{
		{Kind: sal.Command, Name: "switchOn", Fields: []sal.Field{{Name: "power", Type: sal.Float, Units: "W"}}},
		{Kind: sal.Event, Name: "burning", Description: "Whether and how.", Fields: []sal.Field{{Name: "colour", Type: sal.String}, {Name: "power", Type: sal.Double}}},
		{Kind: sal.Telemetry, Name: "light", Fields: []sal.Field{{Name: "flux", Type: sal.Double, Units: "lm"}}},
	}})
	require.NoError(t, err)
	return defs
}

func TestOtherVersionIsReadWithoutLossWhileTheRegistryIsDown(t *testing.T) {
	k := newFakeKafka(t)
	older, newer := interfaces(t), laterVersion(t)
	l := newLamp(t, k.domain(t, older))
	d := k.domain(t, newer)
	r, err := d.Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
	got := powers(t, r)
	restore := k.failRegistry()
	for n := range 5 {
		l.burn(n)
	}
	_, err = l.Write(withTimeout(t), "tel_light", sal.Values{"flux": 7})
	require.NoError(t, err)
	_, err = r.Await(withTimeout(t), "tel_light") // other topics are still read
	require.NoError(t, err)
	_, seen := r.Latest("evt_burning")
	require.False(t, seen)
	restore()
	require.Equal(t, []int{0, 1, 2, 3, 4}, got(5))
	s, _ := r.Latest("evt_burning")
	require.Empty(t, s.Text("colour"))
	require.Equal(t, "Lamp", s.Identity())
	require.Same(t, topic(t, newer, "Lamp", "evt_burning"), s.Topic())
}

func TestUndecodableMessagesAreSkippedAndCounted(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	l := newLamp(t, k.domain(t, defs))
	bus := k.bus(t, defs)
	d := sal.NewDomain(bus, defs)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	r, err := d.Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
	got := powers(t, r)
	k.registry.SeedSchema("other", 1, 99, sr.Schema{Schema: `{"type": "record", "name": "other", "fields": [{"name": "power", "type": "string"}]}`})
	c := k.client(t)
	for _, value := range [][]byte{
		nil, {}, {0}, {0, 0, 0, 0, 1}, {1, 0, 0, 0, 1, 2, 3}, // not a message
		{0, 0, 0, 0x12, 0x34, 0}, // an unknown schema
		{0, 0, 0, 0, 99, 0},      // the schema of another topic
	} {
		r := &kgo.Record{Topic: "lsst.test.Lamp.logevent_burning", Key: []byte("k"), Value: value}
		require.NoError(t, c.ProduceSync(withTimeout(t), r).FirstErr())
	}
	l.burn(4)
	require.Equal(t, []int{4}, got(1))
	require.EqualValues(t, 7, bus.Stats().Skipped)
}

func TestTruncatedMessagesAreSkipped(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	bus := k.bus(t, defs)
	burning := topic(t, defs, "Lamp", "evt_burning")
	_, err := bus.Subscribe(withTimeout(t), []sal.TopicRequest{{Topic: burning}})
	require.NoError(t, err)
	s, err := sal.NewSample(burning, sal.Values{"private_identity": "Lamp", "power": 3})
	require.NoError(t, err)
	require.NoError(t, bus.Publish(withTimeout(t), s))
	reader := k.client(t, kgo.ConsumeTopics("lsst.test.Lamp.logevent_burning"))
	whole := reader.PollFetches(withTimeout(t)).Records()[0].Value
	c := k.client(t)
	for n := range whole {
		require.NoError(t, c.ProduceSync(withTimeout(t), &kgo.Record{Topic: "lsst.test.Lamp.logevent_burning", Key: []byte("k"), Value: whole[:n]}).FirstErr())
	}
	require.Eventually(t, func() bool { return bus.Stats().Skipped == uint64(len(whole)) }, timeout, tick)
	require.EqualValues(t, 1, bus.Stats().Received)
}

func TestAllPartitionsAreReadIncludingAddedOnes(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	const name = "lsst.test.Lamp.light"
	require.NoError(t, k.CreateTopic(name, 3, nil))
	l := newLamp(t, k.domain(t, defs))
	r, err := k.domain(t, defs).Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
	var mu sync.Mutex
	got := map[float64]bool{}
	_, err = r.Subscribe("tel_light", func(s *sal.Sample) {
		mu.Lock()
		defer mu.Unlock()
		got[s.Float("flux")] = true
	})
	require.NoError(t, err)
	shine := func(from, to int) {
		for n := from; n < to; n++ {
			_, err := l.Write(withTimeout(t), "tel_light", sal.Values{"flux": n})
			require.NoError(t, err)
		}
	}
	shine(0, 60)
	for _, p := range k.PartitionInfos(name) {
		require.Positive(t, p.HighWatermark, "telemetry is spread over the partitions")
	}
	client := k.client(t)
	_, err = kadm.NewClient(client).CreatePartitions(withTimeout(t), 2, name)
	require.NoError(t, err)
	added := &kgo.Record{Topic: name, Partition: 4, Key: []byte{}, Value: lastValue(t, k, name)}
	require.NoError(t, client.ProduceSync(withTimeout(t), added).FirstErr())
	before := func() int { mu.Lock(); defer mu.Unlock(); return len(got) }
	require.Eventually(t, func() bool { return before() > 40 }, timeout, tick)
	require.Eventually(t, func() bool { shine(60, 61); return k.PartitionInfo(name, 4).HighWatermark > 0 }, timeout, tick)
}

// lastValue returns the last value that a poll of a topic returns.
func lastValue(t *testing.T, k *fakeKafka, name string) []byte {
	c := k.client(t, kgo.ConsumeTopics(name))
	records := c.PollFetches(withTimeout(t)).Records()
	return records[len(records)-1].Value
}

func TestLateJoinerReadsAcrossGapsLeftByCompaction(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	small, compact := "1", "compact"
	require.NoError(t, k.CreateTopic("lsst.test.Hexapod.logevent_inPosition", 1, map[string]string{"cleanup.policy": compact, "segment.bytes": small}))
	d := k.domain(t, defs)
	for index := 1; index <= 3; index++ {
		c, err := d.Controller(withTimeout(t), "Hexapod", index, sal.WriteOnly())
		require.NoError(t, err)
		for n := range 20 {
			_, err := c.Write(withTimeout(t), "evt_inPosition", sal.Values{"value": 100*index + n})
			require.NoError(t, err)
		}
	}
	k.Compact()
	r, err := k.domain(t, defs).Remote(withTimeout(t), "Hexapod", 0)
	require.NoError(t, err)
	arrived := make(chan int, 100)
	_, err = r.Subscribe("evt_inPosition", func(s *sal.Sample) { arrived <- int(s.Int("value")) })
	require.NoError(t, err)
	require.Equal(t, []int{119, 219, 319}, next(t, arrived, 3))
	require.Empty(t, arrived)
}

func TestTopicEmptiedByRetentionHasNoHistory(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	l := newLamp(t, k.domain(t, defs))
	l.burn(1)
	require.NoError(t, k.DeleteRecords("lsst.test.Lamp.logevent_burning", 0, -1))
	r, err := k.domain(t, defs).Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
	_, seen := r.Latest("evt_burning")
	require.False(t, seen)
	got := powers(t, r)
	l.burn(2)
	require.Equal(t, []int{2}, got(1))
}

func TestRemoteStartsWhenItsHistoryIsRemovedWhileBeingRead(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	l := newLamp(t, k.domain(t, defs))
	l.burn(1)
	k.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) { // the first one
		k.DropControl()
		k.SleepControl(func() { _ = k.DeleteRecords("lsst.test.Lamp.logevent_burning", 0, -1) })
		return nil, nil, false
	})
	r, err := k.domain(t, defs).Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
	got := powers(t, r)
	l.burn(2)
	require.Equal(t, []int{2}, got(1))
}

func TestRecreatedTopicIsStillRead(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	l := newLamp(t, k.domain(t, defs))
	r, err := k.domain(t, defs).Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
	got := powers(t, r)
	for n := range 5 {
		l.burn(n)
	}
	require.Equal(t, []int{0, 1, 2, 3, 4}, got(5))
	const name = "lsst.test.Lamp.logevent_burning"
	value := lastValue(t, k, name)
	require.NoError(t, k.DeleteTopic(name))
	require.NoError(t, k.CreateTopic(name, 1, nil))
	c := k.client(t)
	require.NoError(t, c.ProduceSync(withTimeout(t), &kgo.Record{Topic: name, Key: []byte("k"), Value: value}).FirstErr())
	require.Equal(t, []int{4}, got(1))
}
