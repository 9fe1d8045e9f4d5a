package cli

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/redistest"
)

// testRedis returns the address of a Redis, and a prefix of the test's own.
func testRedis(t *testing.T) (address, prefix string) {
	return redistest.Address(t), "cli-" + strconv.FormatInt(time.Now().UnixNano(), 36)
}

func TestAPrefixThatCannotBeIsOneErrorAndNamesItsFlag(t *testing.T) {
	u := newUser(t)
	u.useDatabase()
	got := u.run("check", "--insecure-dev", "--broker", "redis://127.0.0.1:1", "--broker-prefix", "a{b")
	require.Equal(t, 1, strings.Count(got.out, "FAILED"), got.out)
	require.Contains(t, got.out, `FAILED   settings: --broker-prefix is "a{b": it may not have braces`+"\n")
	require.Contains(t, got.errors, "1 of ")
}

func TestCheckWarnsOfARedisThatRemovesValues(t *testing.T) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed")
	}
	u := newUser(t)
	socket := filepath.Join(u.env["HOME"], "s")
	server := exec.Command(path, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", u.env["HOME"], "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		require.NoError(t, server.Process.Kill())
		_ = server.Wait()
	})
	require.Eventually(t, func() bool { _, err := os.Stat(socket); return err == nil }, testTimeout, 20*time.Millisecond)
	got := u.run("check", "--insecure-dev", "--broker", "unix:"+socket)
	require.Regexp(t, `warning  Redis: Redis \d.*; last values are removed when the memory of Redis is full \(maxmemory-policy\): set maxmemory-policy noeviction`, got.out)
}

func TestCheckTestsRedis(t *testing.T) {
	a, prefix := testRedis(t)
	u := newUser(t)
	got := u.run("check", "--insecure-dev", "--broker", a, "--broker-prefix", prefix)
	require.Regexp(t, `ok       Redis: Redis \d.*, a single server, 0 managers, a message takes `, got.out)

	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	host, port, err := net.SplitHostPort(closed.Addr().String())
	require.NoError(t, err)
	u.env["REDIS_HOST"], u.env["REDIS_PORT"] = host, port
	got = u.run("check", "--insecure-dev")
	require.Regexp(t, `FAILED   Redis: the Redis at redis://`+host+`:\d+ cannot be used: .*refused`, got.out)
}
