package redis_test

import (
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/redistest"
	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love/hub/redis"
)

func TestProbeWarnsOfARedisThatRemovesValues(t *testing.T) {
	s := startServer(t, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	found, err := redis.Probe(t.Context(), s.address(), options(t))
	require.ErrorIs(t, err, redis.ErrEvicts)
	require.Contains(t, found, ", a single server, 0 managers, a message takes ")

	c := client(t, s.address())
	for _, harmless := range [][]string{{"maxmemory-policy", "noeviction"}, {"maxmemory", "0", "maxmemory-policy", "allkeys-lru"}} {
		require.NoError(t, c.Do(t.Context(), c.B().Arbitrary("CONFIG", "SET").Args(harmless...).Build()).Error())
		_, err = redis.Probe(t.Context(), s.address(), options(t))
		require.NoError(t, err, "%v", harmless)
	}
}

// silentServer returns the address of a server that accepts connections, and answers nothing.
func silentServer(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	t.Cleanup(func() { require.NoError(t, l.Close()); <-ended })
	return l.Addr().String()
}

func TestARedisThatHangsHasAReasonThatSaysWhatToDo(t *testing.T) {
	silent := silentServer(t)
	for _, scheme := range []string{"redis://", "rediss://"} {
		o := options(t)
		o.Timeout = 100 * time.Millisecond
		_, err := redis.Probe(t.Context(), scheme+silent, o)
		require.ErrorContains(t, err, "no answer in time: see whether Redis hangs, and whether the address must begin with rediss:// (TLS) or redis://", scheme)
	}
}

func TestAnAddressMustSayWhereRedisIs(t *testing.T) {
	for _, address := range []string{"redis:127.0.0.1", "redis:127.0.0.1:6379", "redis:///1", "rediss:", "unix:", "127.0.0.1:6379"} {
		require.ErrorContains(t, redis.CheckAddress(address, redis.Options{}), "must be like redis://host:6379", address)
	}
	for _, address := range []string{"redis://h", "rediss://h:6380/1", "unix:///run/redis", "unix:/run/redis"} {
		require.NoError(t, redis.CheckAddress(address, redis.Options{}), address)
	}
}

func TestTwoManagersOfOneNameAreAWarning(t *testing.T) {
	a, o := redistest.Address(t), options(t)
	var log testlog.Buffer
	o.Name, o.Logger = "first", slog.New(slog.NewTextHandler(&log, nil))
	connect(t, a, o)
	other := o
	other.Name, other.Logger = "second", nil
	connect(t, a, other)
	third := o
	third.Logger = nil
	first := connect(t, a, third)
	eventually(t, func() bool { return len(first.Peers()) == 2 }, "the managers know each other")
	eventually(t, func() bool { return strings.Contains(log.String(), "level=WARN") }, "a warning")
	require.Equal(t, 1, strings.Count(log.String(), "level=WARN"), "of the one that has the same: %s", log.String())
	require.Contains(t, log.String(), `give each a name of its own (--name, LOVED_NAME)" name=first`)
}
