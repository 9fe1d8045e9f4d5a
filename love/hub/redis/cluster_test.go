package redis_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

// startCluster starts a cluster of one server.
func startCluster(t *testing.T) *server {
	s := startServer(t, "--cluster-enabled", "yes", "--cluster-port", freePort(t))
	admin := client(t, s.address())
	require.NoError(t, admin.Do(t.Context(), admin.B().ClusterAddslotsrange().StartSlotEndSlot().StartSlotEndSlot(0, 16383).Build()).Error())
	eventually(t, func() bool {
		info, err := admin.Do(t.Context(), admin.B().ClusterInfo().Build()).ToString()
		return err == nil && strings.Contains(info, "cluster_state:ok")
	}, "the cluster is ready")
	return s
}

func TestRedisBrokerOnACluster(t *testing.T) {
	s := startCluster(t)
	lovetest.RunBroker(t, lovetest.BrokerFeatures{LastValues: true, Peers: true}, func(t *testing.T) func() hub.Broker {
		o := options(t)
		return func() hub.Broker { return connect(t, s.address(), o) }
	})
}

func TestAClusterGetsShardedChannels(t *testing.T) {
	s := startCluster(t)
	m := newManager(t, s.address(), faultOptions())
	m.session().subscribe("", "event-A-0-s")
	admin := client(t, s.address())
	plain, err := admin.Do(t.Context(), admin.B().PubsubChannels().Build()).AsStrSlice()
	require.NoError(t, err)
	require.Empty(t, plain)
	sharded, err := admin.Do(t.Context(), admin.B().PubsubShardchannels().Build()).AsStrSlice()
	require.NoError(t, err)
	require.Len(t, sharded, 4, "control, markers, the component's bucket, and messages about several")
}
