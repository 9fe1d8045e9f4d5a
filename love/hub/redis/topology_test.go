package redis_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/hub/redis"
	"github.com/rubin-love/love-go/love/lovetest"
)

// certificate writes a certificate for 127.0.0.1 and its key, and returns who trusts it.
func certificate(t *testing.T, certFile, keyFile string) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{RootCAs: roots}
}

func TestRedisBrokerWithTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	trusts := certificate(t, cert, key)
	port := freePort(t)
	s := launch(t, port, "--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no")
	address := "rediss://" + s.host()
	o := faultOptions()
	distrusts := newManager(t, address, o)
	require.ErrorContains(t, distrusts.check(), "certificate")
	o.TLS = trusts
	here, there := newManager(t, address, o), newManager(t, address, o)
	require.NoError(t, here.check())
	remote := there.session().subscribe("", "event-A-0-s")
	here.session().publish("event", "s", 1)
	require.Equal(t, value{"s", 1, false, false}, remote.value())
	require.ErrorContains(t, newManager(t, s.address(), o).check(), "other managers get nothing", "without TLS")
	said, err := redis.Probe(t.Context(), address, o)
	require.NoError(t, err)
	require.Contains(t, said, "a single server")
}

// startSentinel starts a sentinel that watches a master by the name love.
func startSentinel(t *testing.T, master *server) *server {
	config, port := filepath.Join(t.TempDir(), "sentinel.conf"), freePort(t)
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil,
		"port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor love 127.0.0.1 %s 1\nsentinel down-after-milliseconds love 300\nsentinel failover-timeout love 3000\nsentinel auth-pass love secret\n",
		port, filepath.Dir(config), master.port), 0o600))
	return launch(t, port, config, "--sentinel")
}

func TestFault_AMasterThatDiesIsReplacedBySentinels(t *testing.T) {
	master := startServer(t, "--requirepass", "secret", "--masterauth", "secret")
	replica := startServer(t, "--requirepass", "secret", "--masterauth", "secret", "--replicaof", "127.0.0.1 "+master.port)
	sentinel := startSentinel(t, master) // without a password of its own, as is usual
	of, watching := client(t, "redis://:secret@"+replica.host()), client(t, sentinel.address())
	eventually(t, func() bool {
		replicas, err := watching.Do(t.Context(), watching.B().Arbitrary("SENTINEL", "REPLICAS", "love").Build()).ToArray()
		return err == nil && len(replicas) == 1 && strings.Contains(infoOf(t, of), "master_link_status:up")
	}, "the sentinel knows the replica")
	o := faultOptions()
	o.Password = "secret"
	address := sentinel.address() + "?master_set=love"
	here, there := newManager(t, address, o), newManager(t, address, o)
	require.NoError(t, here.check())
	failsOver(t, here, there, func() { master.stop() })
	require.Contains(t, infoOf(t, of), "role:master")
	eventually(t, func() bool {
		v := newManager(t, replica.address(), o).session().subscribe(`,"snapshot":true`, "event-A-0-s").value()
		return v.Snapshot && !v.Stale
	}, "the new master has the last values")
}

func infoOf(t *testing.T, c rueidis.Client) string {
	info, err := c.Do(t.Context(), c.B().Info().Build()).ToString()
	require.NoError(t, err)
	return info
}

// failsOver publishes while a master is replaced: nothing comes twice or late, and what
// was published while there was none comes in the end.
func failsOver(t *testing.T, here, there *manager, fail func()) {
	t.Helper()
	producer, local, remote := here.session(), here.session().subscribe("", "event-A-0-s"), there.session().subscribe("", "event-A-0-s")
	n := 0
	publish := func() {
		n++
		producer.publish("event", "s", n)
		require.Equal(t, n, local.value().N)
	}
	for range 20 {
		publish()
	}
	require.Equal(t, count(1, 20), remote.numbers(20))
	fail()
	begun := time.Now()
	for _, m := range []*manager{here, there} {
		eventually(t, func() bool {
			publish()
			return m.broker.Stats().Reconnects > 0 && m.check() == nil
		}, "it is connected to another")
	}
	t.Logf("agreed with the new master after %v, %d messages", time.Since(begun).Round(time.Millisecond), n)
	publish()
	got := remote.numbers(n)
	require.True(t, rising(got), got)
	publish()
	require.Equal(t, n, remote.value().N)
}

// cluster is one of several servers.
type cluster struct {
	t       *testing.T
	servers []*server // the first three are masters
	bus     string    // the port at which the first talks to the others
}

// startThree starts a cluster of three masters, and as many replicas of the one that has the
// slot of the channels.
func startThree(t *testing.T, prefix string, replicas int) *cluster {
	c := &cluster{t: t}
	for i := range 3 + replicas {
		bus := freePort(t)
		if i == 0 {
			c.bus = bus
		}
		c.servers = append(c.servers, startServer(t, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "500", "--cluster-require-full-coverage", "no"))
	}
	for i, s := range c.servers {
		a := client(t, s.address())
		if i < 3 {
			from, to := int64(i)*5461, int64(i+1)*5461-1
			if i == 2 {
				to = 16383
			}
			require.NoError(t, a.Do(t.Context(), a.B().ClusterAddslotsrange().StartSlotEndSlot().StartSlotEndSlot(from, to).Build()).Error())
			require.NoError(t, a.Do(t.Context(), a.B().Arbitrary("CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1)).Build()).Error())
		}
		require.NoError(t, a.Do(t.Context(), a.B().Arbitrary("CLUSTER", "MEET", "127.0.0.1", c.servers[0].port, c.bus).Build()).Error())
	}
	for _, s := range c.servers {
		eventually(t, func() bool {
			info := c.info(s)
			return strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprint("cluster_known_nodes:", len(c.servers))) &&
				strings.Contains(info, "cluster_size:3")
		}, "the cluster is ready")
	}
	owner := client(t, c.owner(prefix).address())
	id, err := owner.Do(t.Context(), owner.B().ClusterMyid().Build()).ToString()
	require.NoError(t, err)
	for _, s := range c.servers[3:] {
		a := client(t, s.address())
		eventually(t, func() bool {
			return a.Do(t.Context(), a.B().ClusterReplicate().NodeId(id).Build()).Error() == nil
		}, "it knows the master")
		eventually(t, func() bool { return strings.Contains(infoOf(t, a), "master_link_status:up") }, "it is a replica")
	}
	return c
}

func (c *cluster) info(s *server) string {
	a := client(c.t, s.address())
	text, err := a.Do(c.t.Context(), a.B().ClusterInfo().Build()).ToString()
	require.NoError(c.t, err)
	return text
}

// owner returns the master that has the slot of the channels.
func (c *cluster) owner(prefix string) *server {
	a := client(c.t, c.servers[0].address())
	slot, err := a.Do(c.t.Context(), a.B().ClusterKeyslot().Key(prefix).Build()).AsInt64()
	require.NoError(c.t, err)
	return c.servers[min(slot/5461, 2)]
}

// other returns a master that has not.
func (c *cluster) other(prefix string) *server {
	i := slices.Index(c.servers, c.owner(prefix))
	return c.servers[(i+1)%3]
}

func TestRedisBrokerOnAClusterOfThreeMasters(t *testing.T) {
	c := startThree(t, "love", 0)
	lovetest.RunBroker(t, lovetest.BrokerFeatures{LastValues: true, Peers: true}, func(t *testing.T) func() hub.Broker {
		o := options(t)
		return func() hub.Broker { return connect(t, c.other(o.Prefix).address(), o) }
	})
}

func TestFault_AMasterOfAClusterIsReplacedByItsReplica(t *testing.T) {
	for name, replace := range map[string]func(owner, replica *server){
		"when it dies": func(owner, _ *server) { owner.stop() },
		"when it is told to": func(_, replica *server) {
			a := client(t, replica.address())
			require.NoError(t, a.Do(t.Context(), a.B().ClusterFailover().Build()).Error())
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := startThree(t, "love", 1)
			owner, replica := c.owner("love"), c.servers[3]
			address := c.other("love").address() + "?addr=" + owner.host()
			here, there := newManager(t, address, faultOptions()), newManager(t, address, faultOptions())
			require.NoError(t, here.check())
			failsOver(t, here, there, func() { replace(owner, replica) })
		})
	}
}
