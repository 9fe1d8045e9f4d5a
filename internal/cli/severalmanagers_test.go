package cli

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/pgtest"
	"github.com/rubin-love/love-go/love/client"
)

// startManagers starts managers that act as one, and returns their URLs.
func (u *user) startManagers(names ...string) (urls []string) {
	address, prefix := testRedis(u.t)
	maps.Copy(u.env, environment{
		"PROCESS_CONNECTION_PASS": "a good long one", "ADMIN_USER_PASS": "admin's", "USER_USER_PASS": "user's",
		"LOVED_DATABASE": pgtest.Schema(u.t), "LOVED_BROKER": address, "LOVED_BROKER_PREFIX": prefix,
	})
	for _, name := range names {
		_, at := u.restartManager("--name", name)
		urls = append(urls, at)
	}
	return urls
}

func TestManagersThatShareRedisActAsOne(t *testing.T) {
	u := newUser(t)
	urls := u.startManagers("first", "second")
	s := u.subscribe("--manager="+urls[0], "event-ATDome-0-summaryState")
	u.mustRun("", "pub", "--manager", urls[1], "event", "ATDome", "summaryState", `[{"summaryState":{"value":2}}]`)
	s.waitFor(`"summaryState":\{"value":2\}`)

	require.Eventually(t, func() bool { // that its sender has gone arrives a little later
		return strings.Contains(u.mustRun("", "sub", "--manager", urls[0], "--snapshot", "--count", "1", "event-ATDome-0-summaryState"), `"stale":true`)
	}, 30*time.Second, 50*time.Millisecond)

	beat := u.subscribe("--manager="+urls[0], "heartbeat-manager-0-stream")
	beat.waitFor(`"csc":"Manager",.*"csc":"Manager:second"`)
	require.Equal(t, "ready\ndatabase: ok\nbroker: ok\n", request(t, "GET", urls[0]+"/readyz", "", ""))
	figures := request(t, "GET", urls[0]+"/metrics", "", "")
	require.Contains(t, figures, "\nlove_broker_peers 1\n")
	require.Regexp(t, `\nlove_broker_received_total [1-9]`, figures)
}

// A user's websockets close at all managers, wherever it was that the token was deleted or
// the user disabled.
func TestARevocationClosesWebsocketsAtAllManagers(t *testing.T) {
	u := newUser(t)
	urls := u.startManagers("first", "second")
	open := func(token string) (wait func()) {
		var closed []func()
		for _, at := range urls {
			conn, _, _, err := ws.Dial(t.Context(), "ws"+strings.TrimPrefix(at, "http")+"/manager/ws/subscription?token="+token)
			require.NoError(t, err)
			t.Cleanup(func() { _ = conn.Close() })
			closed = append(closed, func() {
				for {
					_, _, err := wsutil.ReadServerData(conn)
					if closed, ok := err.(wsutil.ClosedError); ok {
						require.Equal(t, ws.StatusNormalClosure, closed.Code)
						return
					}
					require.NoError(t, err)
				}
			})
		}
		return func() {
			for _, wait := range closed {
				wait()
			}
		}
	}
	login := func() (*client.Client, string) {
		l, err := client.Login(t.Context(), urls[0], "user", "user's")
		require.NoError(t, err)
		c, err := client.New(urls[0], client.WithToken(l.Token))
		require.NoError(t, err)
		return c, l.Token
	}
	c, token := login()
	wait := open(token)
	require.NoError(t, c.Logout(t.Context()))
	wait()

	_, token = login()
	wait = open(token)
	u.mustRun("", "user", "disable", "user")
	wait()
}
