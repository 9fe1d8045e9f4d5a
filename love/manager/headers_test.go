package manager_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/manager"
)

// lines sets a header that occurs in several lines.
func lines(key string, values ...string) option {
	return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(key)] = values }
}

func TestAListInSeveralLinesIsOneList(t *testing.T) {
	const socket = "/manager/ws/subscription?token=x"
	h := newHarness(t)
	for _, upgrade := range [][]string{{"websocket", "h2c"}, {"h2c", "websocket"}, {"h2c, WebSocket"}} {
		got := h.call("GET", socket, "", lines("Upgrade", upgrade...), header("Connection", "Upgrade"))
		require.Equal(t, http.StatusTeapot, got.StatusCode, "%q reaches the hub", upgrade)
	}
	h.commander.info = json.RawMessage(`{"ATDome": {}}`)
	topics := "/manager/api/salinfo/topic-names"
	user := as(h.token("user"))
	tag := h.call("GET", topics, "", user).Header.Get("Etag")
	require.Equal(t, 304, h.call("GET", topics, "", user, lines("If-None-Match", `"another"`, tag)).StatusCode)
}

func TestAHeaderThatMayOccurOnceIsRefusedTwice(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) {
		c.Origins = func(origin string) bool { return origin == "" || origin == "http://good.example" }
	})
	token := h.token("user")
	h.requireUnauthorized(h.call("GET", validateToken, "", lines("Authorization", "Token "+token, "Token another")),
		"Invalid token header. Token string should not contain spaces.")
	two := lines("Origin", "http://good.example", "http://evil.example")
	require.Empty(t, h.call("GET", validateToken, "", as(token), two).Header.Get("Access-Control-Allow-Origin"))
	h = newHarness(t) // without restriction
	require.Empty(t, h.call("GET", validateToken, "", as(h.token("user")), two).Header.Get("Access-Control-Allow-Origin"))
}

func TestTheHopsOfSeveralLinesAreOneList(t *testing.T) {
	proxies, err := auth.ParseNetworks("127.0.0.0/8 10.0.0.9")
	require.NoError(t, err)
	r, err := http.NewRequest("GET", "http://manager/", nil)
	require.NoError(t, err)
	r.RemoteAddr = "127.0.0.1:99"
	for _, c := range []struct {
		forwarded []string
		want      string
	}{
		{[]string{"6.6.6.6", "192.0.2.1"}, "192.0.2.1"},
		{[]string{"6.6.6.6, 192.0.2.1", "10.0.0.9"}, "192.0.2.1"},
		{[]string{"6.6.6.6", "192.0.2.1, 10.0.0.9"}, "192.0.2.1"},
	} {
		r.Header["X-Forwarded-For"] = c.forwarded
		require.Equal(t, c.want, proxies.ClientAddress(r), "%q", c.forwarded)
	}
}

func TestTheRefusalOfAPlainRequestSaysWhichUpgradeIsRequired(t *testing.T) {
	got := newHarness(t).call("GET", "/manager/ws/subscription", "")
	require.Equal(t, 426, got.StatusCode)
	require.Equal(t, "websocket", got.Header.Get("Upgrade"))
	require.Equal(t, "13", got.Header.Get("Sec-WebSocket-Version"))
}
