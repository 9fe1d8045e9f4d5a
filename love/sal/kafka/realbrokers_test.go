package kafka_test

import (
	"crypto/rand"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

// realBrokers returns a configuration for the brokers that LOVE_TEST_KAFKA names
// (HOST:PORT, …), with topics of its own; the registry is a fake one.
func realBrokers(t testing.TB) kafka.Config {
	brokers := os.Getenv("LOVE_TEST_KAFKA")
	if brokers == "" {
		t.Skip("LOVE_TEST_KAFKA is not set: give it HOST:PORT,… of real brokers; the same suite runs on a fake one without")
	}
	registry := srfake.New()
	t.Cleanup(registry.Close)
	return kafka.Config{SubName: "t" + rand.Text(), Brokers: strings.Split(brokers, ","), Registry: registry.URL()}
}

func TestDomainOverRealBrokers(t *testing.T) {
	lovetest.RunDomain(t, lovetest.DomainFeatures{}, func(t *testing.T, defs *sal.Definitions) func() sal.Bus {
		config := realBrokers(t)
		return func() sal.Bus {
			bus := newBus(t, config, defs)
			return bus
		}
	})
}

func TestChecksPassOnRealBrokers(t *testing.T) {
	config := realBrokers(t)
	_, err := kafka.CheckBrokers(withTimeout(t), config)
	require.ErrorContains(t, err, "no topic")
	found, err := kafka.CheckRoundTrip(withTimeout(t), config)
	require.NoError(t, err)
	require.Contains(t, found, "came back")
}

func TestRealBrokers(t *testing.T) {
	tests := map[string]func(*testing.T, *brokers){"a sample that is too large": tooLarge}
	maps.Copy(tests, recreation)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, newBrokers(t, realBrokers(t))) })
	}
}
