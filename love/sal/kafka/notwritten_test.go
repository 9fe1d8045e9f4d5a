package kafka_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

// requireNotWritten requires an error that means that nothing was written.
func requireNotWritten(t testing.TB, err error) *sal.NotWrittenError {
	var unwritten *sal.NotWrittenError
	require.ErrorAs(t, err, &unwritten)
	return unwritten
}

// requireUncertain requires that an error leaves open whether a sample was written.
func requireUncertain(t testing.TB, err error) {
	var undelivered *kafka.DeliveryError
	require.ErrorAs(t, err, &undelivered)
	var unwritten *sal.NotWrittenError
	require.NotErrorAs(t, err, &unwritten)
}

// within returns a context that ends soon.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestWhatABrokerRefusesWasNotWritten(t *testing.T) {
	for _, code := range []*kerr.Error{
		kerr.CorruptMessage, kerr.MessageTooLarge, kerr.InvalidTopicException, kerr.RecordListTooLarge, kerr.InvalidRequiredAcks,
		kerr.TopicAuthorizationFailed, kerr.ClusterAuthorizationFailed, kerr.InvalidTimestamp, kerr.InvalidRequest,
		kerr.UnsupportedForMessageFormat, kerr.PolicyViolation, kerr.UnsupportedCompressionType, kerr.InvalidRecord,
	} {
		for attr := range written {
			t.Run(code.Message+"/"+attr, func(t *testing.T) {
				t.Parallel()
				k := newFakeKafka(t)
				defs := interfaces(t)
				bus := k.bus(t, defs)
				refusal := k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: code, Count: -1})
				err := bus.Publish(withTimeout(t), sample(t, defs, attr, nil))
				unwritten := requireNotWritten(t, err)
				require.ErrorIs(t, err, code)
				require.Equal(t, attr, unwritten.Topic.Attr())
				require.Equal(t, code == kerr.MessageTooLarge || code == kerr.RecordListTooLarge, unwritten.TooLarge)
				require.Equal(t, kafka.Stats{Refused: 1}, bus.Stats())
				refusal.Remove()
				require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, attr, nil)))
				require.EqualValues(t, 1, k.PartitionInfo(written[attr].name, 0).HighWatermark)
			})
		}
	}
}

func TestWhatABrokerRefusesForNowWasNotWritten(t *testing.T) {
	for _, code := range []*kerr.Error{
		kerr.LeaderNotAvailable, kerr.NotEnoughReplicas, kerr.UnknownTopicOrPartition, kerr.UnknownTopicID, kerr.ReplicaNotAvailable,
		kerr.FencedLeaderEpoch, kerr.OutOfOrderSequenceNumber, kerr.UnknownProducerID, kerr.InvalidProducerEpoch,
	} {
		t.Run(code.Message, func(t *testing.T) {
			t.Parallel()
			k := newFakeKafka(t)
			defs := interfaces(t)
			bus := k.bus(t, defs)
			require.NoError(t, bus.Announce(withTimeout(t), []*sal.Topic{topic(t, defs, "Lamp", "cmd_switchOn")}))
			refusal := k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: code, Count: -1})
			err := bus.Publish(within(t, 200*time.Millisecond), sample(t, defs, "cmd_switchOn", nil))
			requireNotWritten(t, err)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorIs(t, err, code)
			refusal.Remove()
			k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: code}) // once
			require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil)))
			require.EqualValues(t, 1, k.PartitionInfo(switchOn, 0).HighWatermark)
		})
	}
}

func TestWhatABrokerDoesNotConfirmMayHaveBeenWritten(t *testing.T) {
	for _, code := range []*kerr.Error{kerr.UnknownServerError, kerr.RequestTimedOut, kerr.NotEnoughReplicasAfterAppend, kerr.KafkaStorageError} {
		t.Run(code.Message, func(t *testing.T) {
			t.Parallel()
			k := newFakeKafka(t)
			defs := interfaces(t)
			bus := k.bus(t, defs)
			require.NoError(t, bus.Announce(withTimeout(t), []*sal.Topic{topic(t, defs, "Lamp", "cmd_switchOn")}))
			answer := k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: code, Count: -1})
			requireUncertain(t, bus.Publish(within(t, 300*time.Millisecond), sample(t, defs, "cmd_switchOn", nil)))
			answer.Remove()
			before := k.PartitionInfo(switchOn, 0).HighWatermark
			require.LessOrEqual(t, before, int64(1), "it was not written twice")
			require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil)))
			require.Equal(t, before+1, k.PartitionInfo(switchOn, 0).HighWatermark)
		})
	}
}

func TestCommandThatWasWrittenWithoutConfirmationIsNotWrittenAgain(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	bus := k.bus(t, defs)
	for n := range 3 {
		k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotEnoughReplicasAfterAppend, Count: 2})
		require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil)))
		require.EqualValues(t, n+1, k.PartitionInfo(switchOn, 0).HighWatermark)
	}
}

func TestCommandThatMayBeInADeletedTopicIsNotWrittenToTheNewOne(t *testing.T) {
	for _, version := range []string{"3.9", "4.1"} {
		t.Run(version, func(t *testing.T) {
			k := newFakeKafka(t, kfake.MaxVersions(kafkas[version]))
			defs := interfaces(t)
			bus := k.bus(t, defs)
			require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil)))
			k.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
				k.DropControl()
				k.ControlKey(int16(kmsg.Metadata), func(kmsg.Request) (kmsg.Response, error, bool) {
					k.DropControl()
					k.SleepControl(func() {
						_ = k.DeleteTopic(switchOn)
						_ = k.CreateTopic(switchOn, 1, nil)
					})
					return nil, nil, false
				})
				return nil, nil, false
			})
			k.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotEnoughReplicasAfterAppend})
			requireUncertain(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil)))
			require.Zero(t, k.PartitionInfo(switchOn, 0).HighWatermark)
			require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil)))
			require.EqualValues(t, 1, k.PartitionInfo(switchOn, 0).HighWatermark)
		})
	}
}

// lettering returns a component whose topics have texts.
func lettering(t *testing.T) *sal.Definitions {
	text := []sal.Field{{Name: "text", Type: sal.String}}
	defs, err := sal.Define(&sal.Component{Name: "Lamp", Topics: []*sal.Topic{
		{Kind: sal.Command, Name: "switchOn", Fields: text}, {Kind: sal.Event, Name: "burning", Fields: text}, {Kind: sal.Telemetry, Name: "light", Fields: text},
	}})
	require.NoError(t, err)
	return defs
}

func TestSampleThatIsTooLargeIsRefusedAndOthersAreWritten(t *testing.T) {
	onKafkas(t, tooLarge)
}

func tooLarge(t *testing.T, k *brokers) {
	defs := lettering(t)
	bus := k.bus(t, defs)
	for attr := range written {
		t.Run(attr, func(t *testing.T) {
			limit := "2000" // of the broker
			k.create(t, attr, 1, map[string]*string{"max.message.bytes": &limit})
			for _, text := range []string{strings.Repeat("x", 1_000_000), incompressible(5000)} {
				err := bus.Publish(withTimeout(t), sample(t, defs, attr, sal.Values{"text": text}))
				require.True(t, requireNotWritten(t, err).TooLarge)
			}
			require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, attr, sal.Values{"text": "x"})))
			require.EqualValues(t, 1, k.end(t, attr))
		})
	}
}

// incompressible returns a text of n characters.
func incompressible(n int) string {
	text := make([]byte, n)
	for i, x := 0, uint32(1); i < n; i++ {
		x = x*1664525 + 1013904223
		text[i] = ' ' + byte(x>>24)%90
	}
	return string(text)
}

func TestOnlyTheCommandThatLeftIsUncertainWhenTheBrokersHang(t *testing.T) {
	g := newGate()
	k := newFakeKafka(t, g.listen())
	defs := interfaces(t)
	bus := k.bus(t, defs)
	publish := func(ctx context.Context, n int) error {
		return bus.Publish(ctx, sample(t, defs, "cmd_switchOn", sal.Values{"power": n}))
	}
	require.NoError(t, publish(withTimeout(t), 0))
	g.set(true)
	first := within(t, 300*time.Millisecond)
	var given sync.WaitGroup
	var uncertain, unwritten atomic.Int64
	for n := range 10 {
		given.Go(func() {
			switch err := publish(first, n+1).(type) {
			case *kafka.DeliveryError:
				uncertain.Add(1)
			case *sal.NotWrittenError:
				unwritten.Add(1)
			default:
				t.Errorf("a broker that hangs: %v", err)
			}
		})
	}
	given.Wait()
	require.EqualValues(t, 1, uncertain.Load())
	require.EqualValues(t, 9, unwritten.Load())
	g.set(false)
	require.NoError(t, publish(withTimeout(t), 11))
	require.EqualValues(t, 3, k.PartitionInfo(switchOn, 0).HighWatermark) // with the one that left
}

func TestClosingABusDoesNotWaitForBrokersThatHang(t *testing.T) {
	g := newGate()
	k := newFakeKafka(t, g.listen())
	g.set(true)
	defer g.set(false)
	defs := interfaces(t)
	bus, err := kafka.NewBus(k.config(), defs)
	require.NoError(t, err)
	requireNotWritten(t, bus.Publish(within(t, 100*time.Millisecond), sample(t, defs, "cmd_switchOn", nil)))
	began := time.Now()
	require.NoError(t, bus.Close())
	require.Less(t, time.Since(began), 5*time.Second)
}

func TestNothingIsWrittenWithAWrongPassword(t *testing.T) {
	k := newFakeKafka(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "love", "right"))
	config := k.config()
	config.Security = kafka.Security{User: "love", Password: "wrong"}
	defs := interfaces(t)
	requireNotWritten(t, newBus(t, config, defs).Publish(within(t, time.Second), sample(t, defs, "cmd_switchOn", nil)))
}

func TestWhatAClosedBusRefusesWasNotWritten(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	bus := k.bus(t, defs)
	require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil)))
	require.NoError(t, bus.Close())
	err := bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil))
	requireNotWritten(t, err)
	require.ErrorIs(t, err, kafka.ErrClosed)
}
