package cli

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/redistest"
)

// testRedis returns the address of a Redis, and a prefix of the test's own.
func testRedis(t *testing.T) (address, prefix string) {
	return redistest.Address(t), "cli-" + strconv.FormatInt(time.Now().UnixNano(), 36)
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
