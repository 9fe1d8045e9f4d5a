package redis_test

import (
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/hub/redis"
)

// rueidis leaves a goroutine that sleeps: for up to a second of a client whose server refused
// it, for five to close the connection to a server that has left the cluster.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*call).DelayDo.func1"),
		goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*clusterClient)._refresh.func2"))
}

// options are for tests that share a Redis.
func options(t testing.TB) redis.Options {
	return redis.Options{Prefix: "test-" + strconv.FormatInt(time.Now().UnixNano(), 36), Beat: 250 * time.Millisecond, DeadAfter: 30 * time.Second, Timeout: 10 * time.Second}
}

func connect(t testing.TB, address string, o redis.Options) *redis.Broker {
	b, err := redis.New(address, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	return b
}

// server is a redis-server of a test's own, which it may stop and disturb.
type server struct {
	t    *testing.T
	port string
	args []string
	cmd  *exec.Cmd
}

func startServer(t *testing.T, args ...string) *server {
	port := freePort(t)
	return launch(t, port, append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir(), "--appendonly", "no"}, args...)...)
}

// launch starts a redis-server whose arguments are all given.
func launch(t *testing.T, port string, args ...string) *server {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed")
	}
	s := &server{t: t, port: port, args: append([]string{path}, args...)}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func freePort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return port
}

func (s *server) start() {
	s.cmd = exec.Command(s.args[0], s.args[1:]...)
	require.NoError(s.t, s.cmd.Start())
	require.Eventually(s.t, func() bool {
		conn, err := net.Dial("tcp", s.host())
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 30*time.Second, 10*time.Millisecond)
}

// stop kills the server.
func (s *server) stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

func (s *server) host() string    { return "127.0.0.1:" + s.port }
func (s *server) address() string { return "redis://" + s.host() }

// client returns a client to look at what is in Redis.
func client(t testing.TB, address string) rueidis.Client {
	o, err := rueidis.ParseURL(address)
	require.NoError(t, err)
	o.DisableCache, o.ForceSingleClient = true, true
	c, err := rueidis.NewClient(o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

var (
	_ hub.InterestBroker = (*redis.Broker)(nil)
	_ hub.FlushBroker    = (*redis.Broker)(nil)
)
