package kafka_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

// recreation are tests with topics that are deleted while they are used; with real brokers
// they are in TestRealBrokers.
var recreation = map[string]func(*testing.T, *brokers){
	"writer and reader follow":                    writerAndReaderFollow,
	"the writer creates what nobody else does":    writerCreates,
	"the reader creates what nobody else does":    readerCreates,
	"a subscription creates what was deleted":     subscriptionCreates,
	"there may be fewer or more partitions":       otherPartitions,
	"a remote starts beside one that had read":    remoteStarts,
	"a longer topic is read from its beginning":   longerTopic,
	"commands given at the same time are written": manyCommands,
}

func TestTopicThatWasDeletedIsUsedAgain(t *testing.T) {
	for name, test := range recreation {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onKafkas(t, test)
		})
	}
}

func TestTopicThatIsDeletedDuringASubscriptionIsAnnouncedAgain(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	k.ControlKey(int16(kmsg.ListOffsets), func(kmsg.Request) (kmsg.Response, error, bool) {
		k.DropControl()
		k.SleepControl(func() { _ = k.DeleteTopic(burning) })
		return nil, nil, false
	})
	arrived := floats(t, k.bus(t, defs), topic(t, defs, "Lamp", "evt_burning"), "power")
	require.NoError(t, k.bus(t, defs).Publish(withTimeout(t), sample(t, defs, "evt_burning", sal.Values{"power": 7})))
	require.Equal(t, []float64{7}, nextFloats(t, arrived, 1))
}

func writerAndReaderFollow(t *testing.T, k *brokers) {
	for attr, w := range written {
		t.Run(attr, func(t *testing.T) {
			defs := interfaces(t)
			log, text := logged()
			bus := k.bus(t, defs)
			arrived := floats(t, k.bus(t, defs, kafka.WithLogger(log)), topic(t, defs, "Lamp", attr), w.field)
			write := func(n int) {
				require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, attr, sal.Values{w.field: n})))
			}
			for n := range 3 {
				write(n)
			}
			require.Equal(t, []float64{0, 1, 2}, nextFloats(t, arrived, 3))
			for round := 1; round <= 3; round++ {
				k.recreate(t, attr, 1)
				for n := range 5 {
					write(10*round + n)
				}
				require.Equal(t, []float64{0, 1, 2, 3, 4}, minus(nextFloats(t, arrived, 5), 10*round))
			}
			require.Contains(t, text(), "deleted and created again")
			require.Empty(t, arrived)
			require.EqualValues(t, 5, k.end(t, attr), "no sample was written twice")
		})
	}
}

func minus(values []float64, n int) []float64 {
	for i := range values {
		values[i] -= float64(n)
	}
	return values
}

func writerCreates(t *testing.T, k *brokers) {
	for attr := range written {
		t.Run(attr, func(t *testing.T) {
			t.Parallel()
			defs := interfaces(t)
			bus := k.bus(t, defs)
			require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, attr, nil)))
			k.delete(t, attr)
			require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, attr, nil)))
			require.EqualValues(t, 1, k.end(t, attr))
			require.EqualValues(t, 2, bus.Stats().Published)
		})
	}
}

func readerCreates(t *testing.T, k *brokers) {
	k.config.RefreshInterval = 50 * time.Millisecond
	defs := interfaces(t)
	arrived := floats(t, k.bus(t, defs), topic(t, defs, "Lamp", "evt_burning"), "power")
	k.delete(t, "evt_burning")
	require.Eventually(t, func() bool { return k.exists(t, "evt_burning") }, timeout, tick)
	require.NoError(t, k.bus(t, defs).Publish(withTimeout(t), sample(t, defs, "evt_burning", sal.Values{"power": 7})))
	require.Equal(t, []float64{7}, nextFloats(t, arrived, 1))
}

func subscriptionCreates(t *testing.T, k *brokers) {
	defs := interfaces(t)
	bus := k.bus(t, defs)
	require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "evt_burning", nil)))
	k.delete(t, "evt_burning")
	arrived := floats(t, bus, topic(t, defs, "Lamp", "evt_burning"), "power")
	require.NoError(t, k.bus(t, defs).Publish(withTimeout(t), sample(t, defs, "evt_burning", sal.Values{"power": 7})))
	require.Equal(t, []float64{7}, nextFloats(t, arrived, 1))
}

func otherPartitions(t *testing.T, k *brokers) {
	defs := interfaces(t)
	k.create(t, "tel_light", 4, nil)
	bus := k.bus(t, defs)
	arrived := floats(t, k.bus(t, defs), topic(t, defs, "Lamp", "tel_light"), "flux")
	write := func(from int) {
		for n := range 20 {
			require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "tel_light", sal.Values{"flux": from + n})))
		}
	}
	for round, partitions := range []int32{4, 1, 3} {
		if round > 0 {
			k.recreate(t, "tel_light", partitions)
		}
		write(100 * round)
		got := map[float64]int{}
		for _, v := range nextFloats(t, arrived, 20) {
			got[v]++
		}
		for n := range 20 {
			require.Equal(t, 1, got[float64(100*round+n)])
		}
		require.Len(t, k.ends(t, "tel_light"), int(partitions))
	}
}

func remoteStarts(t *testing.T, k *brokers) {
	defs := interfaces(t)
	l := newLamp(t, k.domain(t, defs))
	d := k.domain(t, defs)
	first, err := d.Remote(withTimeout(t), "Lamp", 0)
	require.NoError(t, err)
	got := powers(t, first)
	for n := range 30 {
		l.burn(n)
	}
	got(30)
	k.recreate(t, "evt_burning", 1)
	l.burn(100)
	second, err := d.Remote(withTimeout(t), "Lamp", 0) // which shares the consumer
	require.NoError(t, err)
	require.Equal(t, []int{100}, got(1))
	s, seen := second.Latest("evt_burning")
	require.True(t, seen)
	require.EqualValues(t, 100, s.Float("power"))
	l.burn(101)
	require.Equal(t, []int{101}, got(1))
}

func longerTopic(t *testing.T, k *brokers) {
	defs := interfaces(t)
	bus := k.bus(t, defs)
	arrived := floats(t, bus, topic(t, defs, "Lamp", "cmd_switchOn"), "power")
	require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", sal.Values{"power": 1})))
	require.Equal(t, []float64{1}, nextFloats(t, arrived, 1))
	value := k.lastValue(t, "cmd_switchOn")
	k.recreate(t, "cmd_switchOn", 1)
	other := k.client(t)
	for range 5 {
		require.NoError(t, other.ProduceSync(withTimeout(t), &kgo.Record{Topic: k.name("cmd_switchOn"), Key: []byte("k"), Value: value}).FirstErr())
	}
	require.Equal(t, []float64{1, 1, 1, 1, 1}, nextFloats(t, arrived, 5))
	require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", sal.Values{"power": 2})))
	require.Equal(t, []float64{2}, nextFloats(t, arrived, 1))
}

func manyCommands(t *testing.T, k *brokers) {
	defs := interfaces(t)
	bus := k.bus(t, defs)
	write := func(n int) error {
		return bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", sal.Values{"power": n}))
	}
	require.NoError(t, write(0))
	k.delete(t, "cmd_switchOn")
	k.create(t, "cmd_switchOn", 1, nil)
	var given sync.WaitGroup
	for n := range 50 {
		given.Go(func() { assert.NoError(t, write(n)) })
	}
	given.Wait()
	require.EqualValues(t, 50, k.end(t, "cmd_switchOn"))
}
