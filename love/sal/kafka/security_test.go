package kafka_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/kafka"
)

// certificate returns a certificate for 127.0.0.1, and a pool that has it.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.TLS.Certificates[0], pool
}

func TestLogInAndEncryption(t *testing.T) {
	own, pool := certificate(t)
	server := &tls.Config{Certificates: []tls.Certificate{own}}
	client := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	for name, c := range map[string]struct {
		options  []kfake.Opt
		security kafka.Security
	}{
		"PLAIN":                 {[]kfake.Opt{kfake.EnableSASL(), kfake.Superuser("PLAIN", "love", "pw")}, kafka.Security{User: "love", Password: "pw", Mechanism: kafka.Plain}},
		"SCRAM-SHA-256":         {[]kfake.Opt{kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-256", "love", "pw")}, kafka.Security{User: "love", Password: "pw", Mechanism: kafka.ScramSHA256}},
		"SCRAM-SHA-512":         {[]kfake.Opt{kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "love", "pw")}, kafka.Security{User: "love", Password: "pw"}},
		"TLS":                   {[]kfake.Opt{kfake.TLS(server)}, kafka.Security{TLS: client}},
		"SCRAM-SHA-512 and TLS": {[]kfake.Opt{kfake.TLS(server), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "love", "pw")}, kafka.Security{User: "love", Password: "pw", TLS: client}},
	} {
		t.Run(name, func(t *testing.T) {
			k := newFakeKafka(t, c.options...)
			config := k.config()
			config.Security = c.security
			defs := interfaces(t)
			bus := newBus(t, config, defs)
			d := sal.NewDomain(bus, defs)
			t.Cleanup(func() { require.NoError(t, d.Close()) })
			newLamp(t, d).burn(1)
			r, err := d.Remote(withTimeout(t), "Lamp", 0)
			require.NoError(t, err)
			_, seen := r.Latest("evt_burning")
			require.True(t, seen)
		})
	}
}

func TestWrongPasswordIsRefused(t *testing.T) {
	k := newFakeKafka(t, kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "love", "right"))
	config := k.config()
	config.Security = kafka.Security{User: "love", Password: "wrong"}
	defs := interfaces(t)
	bus := newBus(t, config, defs)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := sal.NewDomain(bus, defs).Remote(ctx, "Lamp", 0)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "wrong")
}
