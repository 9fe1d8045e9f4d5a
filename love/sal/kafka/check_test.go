package kafka_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/rubin-love/love-go/love/sal/kafka"
)

func TestChecksPassOnAWorkingBus(t *testing.T) {
	w := newWorld(t)
	newLamp(t, w.domain(t, interfaces(t)))
	found, err := kafka.CheckBrokers(soon(t), w.config())
	require.NoError(t, err)
	require.Contains(t, found, "1 brokers")
	_, err = kafka.CheckRegistry(soon(t), w.config())
	require.NoError(t, err)
	_, err = kafka.CheckRoundTrip(soon(t), w.config())
	require.NoError(t, err)
}

func TestFailedChecksExplainWhatIsWrong(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := closed.Addr().String()
	require.NoError(t, closed.Close())
	w := newWorld(t)
	guarded := newWorld(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "love", "right"))

	config := w.config()
	_, err = kafka.CheckBrokers(soon(t), config)
	require.ErrorContains(t, err, "no topic lsst.test.")

	config.Brokers, config.Registry = []string{nobody}, "http://"+nobody
	_, err = kafka.CheckBrokers(soon(t), config)
	require.ErrorContains(t, err, "LSST_KAFKA_BROKER_ADDR")
	_, err = kafka.CheckRegistry(soon(t), config)
	require.ErrorContains(t, err, "LSST_SCHEMA_REGISTRY_URL")

	config = guarded.config()
	_, err = kafka.CheckRoundTrip(soon(t), config)
	require.ErrorContains(t, err, "LSST_KAFKA_SECURITY_USERNAME")

	config = w.config()
	config.Replication = 3
	_, err = kafka.CheckRoundTrip(soon(t), config)
	require.ErrorContains(t, err, "LSST_KAFKA_REPLICATION_FACTOR")
}
