package kafka_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

func TestOutageOfTheBrokersIsLoggedWithItsEnd(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	log, text := logged()
	bus := k.bus(t, defs, kafka.WithLogger(log))
	arrived := floats(t, bus, topic(t, defs, "Lamp", "evt_burning"), "power")
	restore := k.stopBrokers()
	require.Eventually(t, func() bool { return strings.Contains(text(), "a Kafka broker does not answer") }, timeout, tick)
	for range 5 {
		require.Error(t, bus.Publish(within(t, 150*time.Millisecond), sample(t, defs, "cmd_switchOn", nil)))
	}
	restore()
	require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "evt_burning", sal.Values{"power": 1})))
	nextFloats(t, arrived, 1)
	require.Eventually(t, func() bool { return strings.Contains(text(), "a Kafka broker answers again") }, timeout, tick)
	require.LessOrEqual(t, strings.Count(text(), "\n"), 10, text())
}

func TestOutageOfTheRegistryIsLoggedWithItsEnd(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	log, text := logged()
	bus := k.bus(t, defs, kafka.WithLogger(log))
	restore := k.failRegistry()
	for range 5 {
		require.Error(t, bus.Publish(within(t, 150*time.Millisecond), sample(t, defs, "cmd_switchOn", nil)))
	}
	restore()
	require.NoError(t, bus.Publish(withTimeout(t), sample(t, defs, "cmd_switchOn", nil)))
	require.Equal(t, 1, strings.Count(text(), "the schema registry does not answer"), text())
	require.Equal(t, 1, strings.Count(text(), "the schema registry answers again"), text())
	require.Equal(t, 2, strings.Count(text(), "\n"), text())
}

func TestManyUnreadableRecordsAreOneLine(t *testing.T) {
	k := newFakeKafka(t)
	defs := interfaces(t)
	log, text := logged()
	bus := k.bus(t, defs, kafka.WithLogger(log))
	_, err := bus.Subscribe(withTimeout(t), []sal.TopicRequest{{Topic: topic(t, defs, "Lamp", "evt_burning")}})
	require.NoError(t, err)
	c := k.client(t)
	for range 500 {
		c.Produce(withTimeout(t), &kgo.Record{Topic: burning, Key: []byte("k"), Value: []byte("unreadable")}, nil)
	}
	require.Eventually(t, func() bool { return bus.Stats().Skipped == 500 }, timeout, tick)
	require.Equal(t, 1, strings.Count(text(), "\n"), text())
}

// logged returns a logger and what it has written.
func logged() (*slog.Logger, func() string) {
	var mu sync.Mutex
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(lockedWriter{&mu, &out}, nil))
	return log, func() string {
		mu.Lock()
		defer mu.Unlock()
		return out.String()
	}
}

type lockedWriter struct {
	mu  *sync.Mutex
	out *bytes.Buffer
}

// Write implements io.Writer.
func (w lockedWriter) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(b)
}
