package manager_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/manager"
)

const notFound = `{"detail": "Not found."}`

func TestChecks_AreLogInThenPermissionThenMethodThenBody(t *testing.T) {
	h := newHarness(t)
	const bad = `{"csc":`
	h.requireUnauthorized(h.call("PUT", cmd, bad), noCredentials)
	h.requireJSON(h.call("PUT", cmd, bad, as(h.token("user"))), 403, forbidden)
	h.requireJSON(h.call("PUT", cmd, bad, as(h.token("cmd_user"))), 405, `{"detail": "Method \"PUT\" not allowed."}`)
	require.Equal(t, 400, h.call("POST", cmd, bad, as(h.token("cmd_user"))).StatusCode)
}

func TestToken_IsNeededEverywhere(t *testing.T) {
	h := newHarness(t)
	for path, method := range map[string]string{
		"validate-token/": "GET", "validate-token/no_config/": "GET", "logout/": "DELETE", "cmd/": "POST",
		"salinfo/topic-names": "GET", "salinfo/topic-data": "GET", "salinfo/metadata": "GET",
	} {
		for _, m := range []string{method, "PATCH", "OPTIONS"} {
			h.requireUnauthorized(h.call(m, "/manager/api/"+path, ""), noCredentials)
			h.requireUnauthorized(h.call(m, "/manager/api/"+path, "", as("unknown")), "Invalid Token")
		}
	}
}

func TestMethod_RefusalNamesTheAllowedOnes(t *testing.T) {
	h := newHarness(t)
	token := as(h.token("cmd_user"))
	for _, c := range []struct{ method, path, allow string }{
		{"GET", getToken, "POST, OPTIONS"},
		{"HEAD", getToken, "POST, OPTIONS"},
		{"BREW", getToken, "POST, OPTIONS"},
		{"POST", validateToken, "GET, HEAD, OPTIONS"},
		{"GET", logout, "DELETE, OPTIONS"},
		{"DELETE", swapUser, "POST, OPTIONS"},
		{"GET", cmd, "POST, OPTIONS"},
		{"POST", "/manager/api/salinfo/topic-names", "GET, HEAD, OPTIONS"},
		{"POST", "/", "GET, HEAD"},
		{"POST", "/healthz", "GET, HEAD"},
		{"POST", "/manager/ws/subscription", "GET"},
	} {
		got := h.call(c.method, c.path, "", token)
		require.Equal(t, 405, got.StatusCode, c)
		require.Equal(t, c.allow, got.Header.Get("Allow"))
		if c.method != "HEAD" {
			h.requireJSON(got, 405, `{"detail": "Method \"`+c.method+`\" not allowed."}`)
		}
	}
}

func TestMethod_HeadAndOptionsAreAllowedWithGet(t *testing.T) {
	h := newHarness(t)
	got := h.call("HEAD", validateToken, "", as(h.token("user")))
	require.Equal(t, 200, got.StatusCode)
	require.Empty(t, got.body)
	got = h.call("OPTIONS", validateToken, "", as(h.token("user")))
	require.Equal(t, 200, got.StatusCode)
	require.Equal(t, "GET, HEAD, OPTIONS", got.Header.Get("Allow"))
}

func TestSlash_AMissingOneIsRedirected(t *testing.T) {
	h := newHarness(t)
	for _, path := range []string{"get-token", "validate-token", "validate-token/no_config", "logout", "swap-user", "swap-user/no_config", "cmd"} {
		got := h.call("GET", "/manager/api/"+path+"?a=b%20c", "")
		require.Equal(t, 301, got.StatusCode, path)
		require.Equal(t, "/manager/api/"+path+"/?a=b%20c", got.Header.Get("Location"))
	}
	got := h.call("POST", "/manager/api/cmd", someCommand)
	require.Equal(t, 301, got.StatusCode, "before any check")
	require.Empty(t, got.Header.Get("WWW-Authenticate"))
}

func TestPath_AnUnknownOneIs404InJSON(t *testing.T) {
	h := newHarness(t)
	for _, path := range []string{
		"/manager", "/manager/", "/manager/api", "/manager/api/", "/manager/api/nothing/", "/manager/api/nothing",
		"/manager/api/salinfo/topic-names/", "/manager/api/get-token//", "//manager/api/get-token/", "/manager/api/../api/get-token/",
		"/manager/api/GET-TOKEN/", "/manager/api/validate-token/a/b/", "/manager/api/validate-token/a%2Fb/", "/nothing", "/love/", "/healthz/",
	} {
		for _, method := range []string{"GET", "POST", "BREW"} {
			h.requireJSON(h.call(method, path, ""), 404, notFound)
		}
	}
}

func TestBody_OfAnotherTypeIs415(t *testing.T) {
	h := newHarness(t)
	for _, kind := range []string{"text/plain", "application/xml", "", "application/jsonx", "; ;"} {
		got := h.call("POST", getToken, credentials("user"), header("Content-Type", kind))
		require.Equal(t, 415, got.StatusCode, kind)
		h.requireJSON(got, 415, `{"detail": "Unsupported media type \"`+kind+`\" in request."}`)
	}
	form := header("Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, 415, h.call("POST", cmd, "csc=ATDome", form, as(h.token("cmd_user"))).StatusCode, "a command's parameters fit no form")
	h.session(h.call("POST", getToken, credentials("user"), header("Content-Type", "Application/JSON; charset=utf-8")))
}

func TestBody_IsLimited(t *testing.T) {
	h := newHarness(t)
	long := strings.Repeat(" ", 1<<20)
	const want = `{"detail": "The body is larger than 65536 bytes."}` // before the log-in
	h.requireJSON(h.call("POST", getToken, long+credentials("user")), 413, want)
	h.requireJSON(h.call("POST", cmd, long+"{}", as(h.token("cmd_user"))), 413, `{"detail": "The body is larger than 1048576 bytes.", "ack": "The body is larger than 1048576 bytes."}`)
	h.requireJSON(h.call("POST", getToken, "username="+long, header("Content-Type", "application/x-www-form-urlencoded")), 413, want)
	h.requireJSON(h.call("POST", getToken, "--x\r\nContent-Disposition: form-data; name=\"username\"\r\n\r\n"+long+"\r\n--x--\r\n",
		header("Content-Type", "multipart/form-data; boundary=x")), 413, want)
}

func TestBody_BrokenFormsAre400(t *testing.T) {
	h := newHarness(t)
	for kind, body := range map[string]string{
		"application/x-www-form-urlencoded": "username=%zz",
		"multipart/form-data":               "--x--",
		"multipart/form-data; boundary=x":   "--x\r\nbroken",
	} {
		got := h.call("POST", getToken, body, header("Content-Type", kind))
		require.Equal(t, 400, got.StatusCode, kind)
		require.Contains(t, got.body, `"detail":"Form parse error - `)
	}
}

func TestCORS_AnyOriginMayCallWithAToken(t *testing.T) {
	h := newHarness(t)
	const origin = "http://elsewhere.example"
	for _, path := range []string{cmd, getToken, "/manager/api/later/"} {
		got := h.call("OPTIONS", path, "", header("Origin", origin), header("Access-Control-Request-Method", "POST"),
			header("Access-Control-Request-Headers", "authorization,content-type"))
		require.Equal(t, 200, got.StatusCode)
		require.Empty(t, got.body)
		require.Equal(t, origin, got.Header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "true", got.Header.Get("Access-Control-Allow-Credentials"))
		require.Equal(t, "DELETE, GET, OPTIONS, PATCH, POST, PUT", got.Header.Get("Access-Control-Allow-Methods"))
		require.Contains(t, got.Header.Get("Access-Control-Allow-Headers"), "authorization")
		require.Contains(t, got.Header.Get("Access-Control-Allow-Headers"), "content-type")
		require.Equal(t, "86400", got.Header.Get("Access-Control-Max-Age"))
	}
	for _, got := range []response{
		h.call("GET", validateToken, "", header("Origin", origin), as(h.token("user"))),
		h.call("GET", validateToken, "", header("Origin", origin)), // a refusal can be read too
		h.call("GET", "/manager/nothing", "", header("Origin", origin)),
	} {
		require.Equal(t, origin, got.Header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "true", got.Header.Get("Access-Control-Allow-Credentials"))
		require.Equal(t, "Origin", got.Header.Get("Vary"))
	}
	require.NotContains(t, h.call("GET", validateToken, "").Header, "Access-Control-Allow-Origin")
}

func TestWebsocket_PathsReachTheHub(t *testing.T) {
	for prefix, base := range map[string]string{"": "", "/love": "/love", "love/": "/love"} {
		h := newHarness(t, func(c *manager.Config) { c.URLPrefix = prefix })
		paths := []string{
			base + "/manager/ws/subscription?token=x", base + "/manager/ws/subscription/",
			base + "/manager/auxtel/ws/subscription", base + "/manager/a/b/ws/subscription/?password=x", base + "/managers/ws/subscription",
		}
		for _, p := range paths {
			require.Equal(t, http.StatusTeapot, h.call("GET", p, "", header("Upgrade", "websocket"), header("Connection", "Upgrade")).StatusCode, p)
			h.requireJSON(h.call("GET", p, ""), 426, `{"detail": "This is a websocket: connect to it with a ws:// or wss:// URL."}`)
		}
		require.Equal(t, paths, h.hub.handshakes)
		for _, p := range []string{"/ws/subscription", base + "/manager/ws/subscription//", base + "/manager/ws/subscriptions", "/x" + base + "/manager/ws/subscription"} {
			h.requireJSON(h.call("GET", p, "", header("Upgrade", "websocket")), 404, notFound)
		}
	}
}

func TestURLPrefix_ComesBeforeTheAPI(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.URLPrefix = "/love/" })
	h.session(h.call("POST", "/love"+getToken, credentials("user")))
	h.requireJSON(h.call("POST", getToken, credentials("user")), 404, notFound)
	require.Equal(t, "/love/manager/api/cmd/", h.call("POST", "/love/manager/api/cmd", "").Header.Get("Location"))
	require.Equal(t, "/love/", h.call("GET", "/love", "").Header.Get("Location"))
	require.Equal(t, "/love/", h.call("GET", "/", "").Header.Get("Location"))
	require.Contains(t, h.call("GET", "/love/", "").body, `href="page/`)
	require.Contains(t, h.call("GET", "/love/page/love-client.js", "").body, "LoveClient")
}

func TestPage_IsTheDashboardByDefault(t *testing.T) {
	require.Contains(t, newHarness(t).call("GET", "/", "").body, `href="page/`)
	require.Contains(t, newHarness(t).call("GET", "/page/info.json", "").body, "2026-03-14T01:59:26Z")
	h := newHarness(t, func(c *manager.Config) {
		c.Page = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	})
	for _, path := range []string{"/", "/page/", "/page/x/y.js"} {
		require.Equal(t, http.StatusTeapot, h.call("GET", path, "").StatusCode)
	}
}

func TestHealth_AliveAndReadyAreDifferent(t *testing.T) {
	var database error
	dependencies := []manager.Dependency{
		{Name: "database", Required: true, Check: func(context.Context) error { return database }},
		{Name: "commander", Check: func(context.Context) error { return errors.New("no heartbeat: connection refused") }},
	}
	h := newHarness(t, func(c *manager.Config) { c.Dependencies = dependencies })
	got := h.call("GET", "/readyz", "")
	require.Equal(t, 200, got.StatusCode)
	require.Equal(t, "ready, degraded\ndatabase: ok\ncommander: no heartbeat: connection refused\n", got.body)

	database = errors.New("no answer from postgres://love:SECRET@db/love")
	require.Contains(t, h.call("GET", "/readyz", "").body, "database: no answer from postgres://…@db/love\n", "it can be read without a log-in")
	database = errors.New("failed to connect:\n\tdb (10.0.0.1:5432): refused\n\tdb (10.0.0.2:5432): refused")
	require.Contains(t, h.call("GET", "/readyz", "").body, "\ndatabase: failed to connect: db (10.0.0.1:5432): refused db (10.0.0.2:5432): refused\n", "a line for each")
	database = errors.New("disk full")
	got = h.call("GET", "/readyz", "")
	require.Equal(t, 503, got.StatusCode)
	require.Equal(t, "not ready\ndatabase: disk full\ncommander: no heartbeat: connection refused\n", got.body)

	got = h.call("GET", "/healthz", "")
	require.Equal(t, 200, got.StatusCode)
	require.Equal(t, "ok\n", got.body)
}

func TestReadiness_ChecksEverythingAtTheSameTime(t *testing.T) {
	both := make(chan struct{}, 2)
	waits := func(ctx context.Context) error {
		both <- struct{}{}
		for len(both) < 2 {
			if ctx.Err() != nil {
				return errors.New("the other one was not called")
			}
			runtime.Gosched()
		}
		return nil
	}
	h := newHarness(t, func(c *manager.Config) {
		c.Dependencies = []manager.Dependency{
			{Name: "a", Check: waits}, {Name: "b", Check: waits}, {Name: "c", Check: func(context.Context) error { panic("a bug") }},
		}
	})
	require.Equal(t, "ready, degraded\na: ok\nb: ok\nc: the check panicked: a bug\n", h.call("GET", "/readyz", "").body)
}

// panicking is a commander with a bug.
type panicking struct{}

func (panicking) Execute(context.Context, commander.Call) (love.Ack, error) {
	panic("a bug")
}

func TestPanic_IsA500InJSON(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.Commander = panicking{} })
	h.requireJSON(h.call("POST", cmd, someCommand, as(h.token("admin"))), 500, `{"detail": "The manager failed on this request. Its log says why."}`)
	require.Contains(t, h.log.String(), "a bug")
}

func TestLog_HasRequestsButNoSecrets(t *testing.T) {
	h := newHarness(t)
	token := h.session(h.call("POST", getToken, credentials("user"))).Token
	h.call("GET", validateToken+"?token="+token, "", as(token))
	h.call("DELETE", logout, "", as(token))
	log := h.log.String()
	require.Contains(t, log, "method=DELETE path=/manager/api/logout/ status=204")
	require.Contains(t, log, "address=127.0.0.1")
	require.NotContains(t, log, token)
	require.NotContains(t, log, "secret of user")
}

func TestNew_ReportsWhatIsMissing(t *testing.T) {
	_, err := manager.New(manager.Config{})
	require.ErrorContains(t, err, "needs Hub, Authenticator and Tokens")
	h := newHarness(t)
	_, err = manager.New(manager.Config{Hub: h.hub, Authenticator: h.users, Tokens: h.tokens, URLPrefix: "/a?b"})
	require.ErrorContains(t, err, `"/a?b"`)
}

func TestClose_EndsTheWatches(t *testing.T) {
	h := newHarness(t)
	m, err := manager.New(manager.Config{Hub: h.hub, Authenticator: h.users, Tokens: h.tokens})
	require.NoError(t, err)
	m.Close()
	require.NoError(t, h.tokens.Revoke(t.Context(), h.token("user")))
	require.Len(t, h.hub.disconnects(), 1, "only the manager that is open disconnects")
}
