package kafka_test

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/rubin-love/love-go/love/sal/kafka"
)

func TestChecksPassOnAWorkingBus(t *testing.T) {
	k := newFakeKafka(t)
	newLamp(t, k.domain(t, interfaces(t)))
	found, err := kafka.CheckBrokers(withTimeout(t), k.config())
	require.NoError(t, err)
	require.Contains(t, found, "1 brokers")
	_, err = kafka.CheckRegistry(withTimeout(t), k.config())
	require.NoError(t, err)
	_, err = kafka.CheckRoundTrip(withTimeout(t), k.config())
	require.NoError(t, err)
}

func TestFailedChecksExplainWhatIsWrong(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	unused := closed.Addr().String()
	require.NoError(t, closed.Close())
	k := newFakeKafka(t)
	secured := newFakeKafka(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "love", "right"))

	config := k.config()
	_, err = kafka.CheckBrokers(withTimeout(t), config)
	require.ErrorContains(t, err, "no topic lsst.test.")

	config.Brokers, config.Registry = []string{unused}, "http://"+unused
	_, err = kafka.CheckBrokers(withTimeout(t), config)
	require.ErrorContains(t, err, "LSST_KAFKA_BROKER_ADDR")
	_, err = kafka.CheckRegistry(withTimeout(t), config)
	require.ErrorContains(t, err, "LSST_SCHEMA_REGISTRY_URL")

	config = secured.config()
	_, err = kafka.CheckRoundTrip(withTimeout(t), config)
	require.ErrorContains(t, err, "LSST_KAFKA_SECURITY_USERNAME")

	config = k.config()
	config.Replication = 3
	_, err = kafka.CheckRoundTrip(withTimeout(t), config)
	require.ErrorContains(t, err, "LSST_KAFKA_REPLICATION_FACTOR")
}
