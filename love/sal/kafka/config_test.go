package kafka_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal/kafka"
)

// environment returns an environment with the variables.
func environment(variables map[string]string) kafka.Environment {
	return func(name string) (string, bool) {
		v, ok := variables[name]
		return v, ok
	}
}

func file(t testing.TB, name, text string) string {
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestOnlyTheSubNameHasNoDefault(t *testing.T) {
	c, warnings, err := kafka.ConfigFromEnvironment(environment(map[string]string{"LSST_TOPIC_SUBNAME": "sal"}))
	require.NoError(t, err)
	require.Empty(t, warnings)
	require.Equal(t, kafka.Config{
		SubName: "sal", Brokers: []string{"broker:29092"}, Registry: "http://schema-registry:8081",
		Security: kafka.Security{Mechanism: kafka.ScramSHA512}, Replication: 1, Acks: kafka.AcksLeader,
		DeliveryTimeout: 10 * time.Second, History: 500, RefreshInterval: 30 * time.Second,
	}, c)
}

func TestConfigComesFromTheEnvironment(t *testing.T) {
	c, warnings, err := kafka.ConfigFromEnvironment(environment(map[string]string{
		"LSST_TOPIC_SUBNAME":                "night_1",
		"LSST_KAFKA_BROKER_ADDR":            "a:9092, b:9092",
		"LSST_SCHEMA_REGISTRY_URL":          "https://registry:8081",
		"LSST_KAFKA_SECURITY_USERNAME":      "love",
		"LSST_KAFKA_SECURITY_PASSWORD":      "secret",
		"LSST_KAFKA_SECURITY_PROTOCOL":      "SASL_SSL",
		"LSST_KAFKA_SECURITY_MECHANISM":     "SCRAM-SHA-256",
		"LSST_KAFKA_REPLICATION_FACTOR":     "3",
		"LSST_KAFKA_PRODUCER_WAIT_ACKS":     "all",
		"LSST_MAX_HISTORY_READ":             "250",
		"LSST_HISTORY_READ_CONFIG":          file(t, "history.yaml", "Test: 10\nESS: 2000\n"),
		"LSST_KAFKA_CONSUMER_CONFIGURATION": file(t, "consumer.yaml", "fetch.wait.max.ms: 20\ngroup.id: x\nclient.id: reader\n"),
		"LSST_KAFKA_PRODUCER_CONFIGURATION": file(t, "producer.yaml", "compression.type: lz4\nlinger.ms: 5\n"),
		"LSST_KAFKA_BROKER_CLIENT_CONFIGURATION": file(t, "client.yaml",
			"client.id: love\nbootstrap.servers: c:9092\nenable.ssl.certificate.verification: false\n"),
	}))
	require.NoError(t, err)
	require.Equal(t, []string{"property group.id has no effect in this client and is ignored"}, warnings)
	require.True(t, c.Security.TLS.InsecureSkipVerify)
	c.Security.TLS = nil
	require.Equal(t, kafka.Config{
		SubName: "night_1", Brokers: []string{"c:9092"}, Registry: "https://registry:8081",
		Security:    kafka.Security{User: "love", Password: "secret", Mechanism: kafka.ScramSHA256},
		Replication: 3, Acks: kafka.AcksAll, DeliveryTimeout: 10 * time.Second, RefreshInterval: 30 * time.Second,
		History: 250, HistoryOf: map[string]int{"Test": 10, "ESS": 2000},
		Tuning: kafka.Tuning{ClientID: "love", FetchWait: 20 * time.Millisecond, Linger: 5 * time.Millisecond, Compression: "lz4"},
	}, c)
}

func TestProtocolAndMechanismNeedUserAndPassword(t *testing.T) {
	c, _, err := kafka.ConfigFromEnvironment(environment(map[string]string{
		"LSST_TOPIC_SUBNAME": "sal", "LSST_KAFKA_SECURITY_USERNAME": "love",
		"LSST_KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "LSST_KAFKA_SECURITY_MECHANISM": "nonsense",
	}))
	require.NoError(t, err)
	require.Equal(t, kafka.Security{Mechanism: kafka.ScramSHA512}, c.Security)
}

func TestErrorsNameTheSetting(t *testing.T) {
	login := map[string]string{"LSST_TOPIC_SUBNAME": "sal", "LSST_KAFKA_SECURITY_USERNAME": "love", "LSST_KAFKA_SECURITY_PASSWORD": "hidden"}
	with := func(name, value string) map[string]string {
		all := map[string]string{name: value}
		for n, v := range login {
			if n != name {
				all[n] = v
			}
		}
		return all
	}
	for name, c := range map[string]struct {
		variables map[string]string
		want      []string
	}{
		"no sub-name":          {nil, []string{"LSST_TOPIC_SUBNAME", "sal in operation"}},
		"a dot in it":          {with("LSST_TOPIC_SUBNAME", "a.b"), []string{"LSST_TOPIC_SUBNAME", `"a.b"`}},
		"a registry":           {with("LSST_SCHEMA_REGISTRY_URL", "registry:8081"), []string{"LSST_SCHEMA_REGISTRY_URL", "http://"}},
		"a mechanism":          {with("LSST_KAFKA_SECURITY_MECHANISM", "GSSAPI"), []string{"LSST_KAFKA_SECURITY_MECHANISM", "GSSAPI", "SCRAM-SHA-512"}},
		"a protocol":           {with("LSST_KAFKA_SECURITY_PROTOCOL", "TLS"), []string{"LSST_KAFKA_SECURITY_PROTOCOL", "SASL_SSL"}},
		"acks":                 {with("LSST_KAFKA_PRODUCER_WAIT_ACKS", "2"), []string{"LSST_KAFKA_PRODUCER_WAIT_ACKS", `"2"`}},
		"a number":             {with("LSST_KAFKA_REPLICATION_FACTOR", "many"), []string{"LSST_KAFKA_REPLICATION_FACTOR", "many"}},
		"a history":            {with("LSST_HISTORY_READ_CONFIG", file(t, "h.yaml", "Test: lots\n")), []string{"LSST_HISTORY_READ_CONFIG", "h.yaml"}},
		"no file":              {with("LSST_KAFKA_CONSUMER_CONFIGURATION", "/no/such"), []string{"LSST_KAFKA_CONSUMER_CONFIGURATION", "/no/such"}},
		"no list":              {with("LSST_KAFKA_CONSUMER_CONFIGURATION", file(t, "c.yaml", "- a\n")), []string{"c.yaml", "name: value"}},
		"an unknown property":  {with("LSST_KAFKA_PRODUCER_CONFIGURATION", file(t, "p.yaml", "plugin.library.paths: x\n")), []string{"p.yaml", "plugin.library.paths", "not known"}},
		"a value":              {with("LSST_KAFKA_PRODUCER_CONFIGURATION", file(t, "p.yaml", "linger.ms: soon\n")), []string{"linger.ms", `"soon"`}},
		"no certificates":      {with("LSST_KAFKA_BROKER_CLIENT_CONFIGURATION", file(t, "t.yaml", "security.protocol: ssl\nssl.ca.location: /no/such.pem\n")), []string{"/no/such.pem"}},
		"one half of a log-in": {with("LSST_KAFKA_BROKER_CLIENT_CONFIGURATION", file(t, "t.yaml", "sasl.password: \"\"\n")), []string{"both user"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := kafka.ConfigFromEnvironment(environment(c.variables))
			for _, want := range c.want {
				require.ErrorContains(t, err, want)
			}
			require.NotContains(t, err.Error(), "hidden")
		})
	}
}

func FuzzPropertyFile(f *testing.F) {
	for _, seed := range []string{"", "a: b", "linger.ms: 5\nacks: all", "- x", "security.protocol: ssl", "ssl.ca.location: /dev/null", "\x00", "a: &a [*a]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _, _ = kafka.ConfigFromEnvironment(environment(map[string]string{
			"LSST_TOPIC_SUBNAME": "sal", "LSST_KAFKA_BROKER_CLIENT_CONFIGURATION": file(t, "f.yaml", text),
		}))
	})
}
