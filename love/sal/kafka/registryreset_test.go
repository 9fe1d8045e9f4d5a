package kafka_test

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

// schemaOf returns the id in a message.
func schemaOf(value []byte) int { return int(binary.BigEndian.Uint32(value[1:5])) }

func TestSchemasAreRegisteredAgainWhenTheRegistryWasEmptied(t *testing.T) {
	for attr, w := range written {
		t.Run(attr, func(t *testing.T) {
			k := newFakeKafka(t)
			defs := interfaces(t)
			log, text := logged()
			bus := k.bus(t, defs, kafka.WithLogger(log))
			arrived := floats(t, k.bus(t, defs), topic(t, defs, "Lamp", attr), w.field)
			write := func(n int) {
				require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, attr, sal.Values{w.field: n})))
			}
			write(1)
			require.Equal(t, []float64{1}, nextFloats(t, arrived, 1))

			k.registry.Reset()
			k.registry.SeedSchema("other", 1, 1, sr.Schema{Schema: `{"type": "record", "name": "other", "fields": [{"name": "a", "type": "string"}]}`})
			k.registry.SeedSchema("another", 1, 2, sr.Schema{Schema: `{"type": "record", "name": "another", "fields": [{"name": "b", "type": "string"}]}`})
			require.Eventually(t, func() bool {
				write(2)
				return k.registry.SubjectExists(w.name + "-value")
			}, timeout, tick)
			write(3)
			for nextFloats(t, arrived, 1)[0] != 3 {
			}
			value := lastValue(t, k, w.name)
			registered, ok := k.registry.GetSchema(w.name+"-value", 1)
			require.True(t, ok)
			require.Equal(t, registered.ID, schemaOf(value))
			require.Contains(t, text(), "registry was emptied")
		})
	}
}

func TestIDWithAnotherMeaningIsAskedForAgain(t *testing.T) {
	k := newFakeKafka(t)
	k.refresh = 0 // the default: not before this test has ended
	older, newer := interfaces(t), laterVersion(t)
	require.NoError(t, k.bus(t, newer).Publish(withTimeout(t), sample(t, newer, "evt_burning", nil)))
	reader := k.bus(t, newer)
	arrived := floats(t, reader, topic(t, newer, "Lamp", "evt_burning"), "power")

	// In an emptied registry the id is that of the older interface.
	own := schemaOf(lastValue(t, k, burning))
	k.registry.Reset()
	k.registry.SeedSchema(burning+"-value", 1, own, sr.Schema{Schema: topic(t, older, "Lamp", "evt_burning").Schema()})
	require.NoError(t, k.bus(t, older).Publish(withTimeout(t), sample(t, older, "evt_burning", sal.Values{"power": 5})))
	require.Equal(t, []float64{5}, nextFloats(t, arrived, 1))
	require.Zero(t, reader.Stats().Skipped)
}

func TestUnreadableRecordDoesNotWaitForARegistryThatIsDown(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	bus := k.bus(t, defs)
	arrived := floats(t, bus, topic(t, defs, "Lamp", "evt_burning"), "power")
	require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "evt_burning", sal.Values{"power": 1})))
	require.Equal(t, []float64{1}, nextFloats(t, arrived, 1))
	defer k.failRegistry()()
	value := lastValue(t, k, burning)
	cut := &kgo.Record{Topic: burning, Key: []byte("k"), Value: value[:len(value)-3]}
	require.NoError(t, k.client(t).ProduceSync(withTimeout(t), cut).FirstErr())
	require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "evt_burning", sal.Values{"power": 2})))
	require.Equal(t, []float64{2}, nextFloats(t, arrived, 1))
	require.EqualValues(t, 1, bus.Stats().Skipped)
}
