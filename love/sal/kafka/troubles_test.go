package kafka_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

// trouble is one that keeps a command from being written.
type trouble struct {
	known bool // whether a command was written before, so that the brokers are asked to write
	start bool // whether it keeps a remote from starting, too
	begin func(t *testing.T, k *fakeKafka) (end func())
}

// hang makes the brokers hang when they get a request.
func hang(key kmsg.Key) func(*testing.T, *fakeKafka) func() {
	return func(t *testing.T, k *fakeKafka) func() {
		release := make(chan struct{})
		var once sync.Once
		end := func() { once.Do(func() { close(release) }) }
		t.Cleanup(end)
		k.ControlKey(int16(key), func(kmsg.Request) (kmsg.Response, error, bool) {
			k.DropControl()
			<-release
			return nil, nil, false
		})
		return end
	}
}

// slowRegistry makes the registry accept requests without answering.
func slowRegistry(t *testing.T, k *fakeKafka) func() {
	var hanging atomic.Bool
	hanging.Store(true)
	release := make(chan struct{})
	k.registry.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if hanging.Load() {
			select {
			case <-release:
			case <-r.Context().Done():
				return true
			}
		}
		return false
	})
	var once sync.Once
	end := func() { once.Do(func() { hanging.Store(false); close(release) }) }
	t.Cleanup(end)
	return end
}

// troubles are those of each step before a command is written.
var troubles = map[string]trouble{
	"registry away":                {false, true, func(_ *testing.T, k *fakeKafka) func() { return k.failRegistry() }},
	"registry slow":                {false, true, slowRegistry},
	"brokers away":                 {false, true, func(_ *testing.T, k *fakeKafka) func() { return k.stopBrokers() }},
	"brokers slow":                 {false, true, shutGate},
	"asking for topics is slow":    {false, true, hang(kmsg.Metadata)},
	"creating topics is slow":      {false, true, hang(kmsg.CreateTopics)},
	"numbering commands is slow":   {false, false, hang(kmsg.InitProducerID)},
	"no leader":                    {true, false, refuse(kmsg.Produce, kerr.LeaderNotAvailable)},
	"no replicas":                  {true, false, refuse(kmsg.Produce, kerr.NotEnoughReplicas)},
	"topic unknown to its leader":  {true, false, refuse(kmsg.Produce, kerr.UnknownTopicOrPartition)},
	"brokers do not create topics": {false, true, refuse(kmsg.CreateTopics, kerr.ThrottlingQuotaExceeded)},
}

func shutGate(t *testing.T, k *fakeKafka) func() {
	k.gate.set(true)
	end := func() { k.gate.set(false) }
	t.Cleanup(end)
	return end
}

// refuse makes the brokers refuse a request.
func refuse(key kmsg.Key, code *kerr.Error) func(*testing.T, *fakeKafka) func() {
	return func(_ *testing.T, k *fakeKafka) func() {
		return k.Fault(kfake.Fault{Keys: []kmsg.Key{key}, Err: code, Count: -1}).Remove
	}
}

func TestNothingLeavesAfterItsTime(t *testing.T) {
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate()
			k := newFakeKafka(t, g.listen())
			k.gate = g
			defs := interfaces(t)
			bus := k.bus(t, defs)
			want := int64(1)
			if trouble.known {
				require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil)))
				want++
			}
			end := trouble.begin(t, k)
			var given sync.WaitGroup
			for n := range 10 {
				given.Go(func() {
					ctx, limit := context.WithTimeout(t.Context(), time.Duration(100+20*n)*time.Millisecond)
					defer limit()
					began := time.Now()
					err := bus.Publish(ctx, sample(t, defs, "cmd_switchOn", nil))
					var unwritten *sal.NotWrittenError
					var undelivered *kafka.DeliveryError
					if !trouble.known || !errors.As(err, &undelivered) { // its time is over before the refusal has come
						assert.ErrorAs(t, err, &unwritten)
					}
					assert.ErrorIs(t, err, context.DeadlineExceeded)
					assert.Less(t, time.Since(began), 5*time.Second)
				})
			}
			given.Wait()
			end()
			require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil)))
			require.Equal(t, want, k.PartitionInfo(switchOn, 0).HighWatermark)
			require.NoError(t, bus.Close())
			require.Equal(t, want, k.PartitionInfo(switchOn, 0).HighWatermark)
		})
	}
}

func TestStartsEndWithTheirContext(t *testing.T) {
	for name, trouble := range troubles {
		if !trouble.start {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGate()
			k := newFakeKafka(t, g.listen())
			k.gate = g
			d := k.domain(t, interfaces(t))
			end := trouble.begin(t, k)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			began := time.Now()
			_, err := d.Remote(ctx, "Lamp", 0)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Less(t, time.Since(began), 5*time.Second)
			end()
			_, err = d.Remote(withTimeout(t), "Lamp", 0)
			require.NoError(t, err)
		})
	}
}
