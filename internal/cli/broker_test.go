package cli

import (
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// testRedis returns the address of a Redis, and a prefix of the test's own.
func testRedis(t *testing.T) (address, prefix string) {
	a := os.Getenv("LOVE_TEST_REDIS")
	if a == "" {
		t.Skip("LOVE_TEST_REDIS is not set: give the address of a Redis 7, such as redis://127.0.0.1:6379")
	}
	return a, "cli-" + strconv.FormatInt(time.Now().UnixNano(), 36)
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
