package oidc_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/apitest"
	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/oidc"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)

// document is the OpenAPI document of the manager.
var document = sync.OnceValues(func() (*apitest.Document, error) { return apitest.ParseFile("../../manager/openapi.yaml") })

// harness is a whole manager with a sign-in at an issuer.
type harness struct {
	t      *testing.T
	clock  *lovetest.Clock
	issuer *issuer
	url    string
	server *server.Server
	signIn *oidc.SignIn
	users  *auth.Users
	store  server.Storage
	log    *testlog.Buffer
}

// setup are the settings that a test can change.
type setup struct {
	config oidc.Config
	server server.Config
}

func newHarness(t *testing.T, change ...func(*setup, *harness)) *harness {
	t.Helper()
	h := &harness{t: t, clock: lovetest.NewClock(start), log: &testlog.Buffer{}}
	h.issuer = newIssuer(t, h.clock)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h.url = "http://" + listener.Addr().String()
	h.store = server.NewMemory(h.clock)
	h.users = auth.NewUsers(h.store.Users(), password.New(password.WithCost(8, 1)))
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := setup{
		config: oidc.Config{
			Issuer: h.issuer.URL, ClientID: "love", ClientSecret: "client secret", PublicURL: h.url, Name: "the site", AllowPlain: true,
			Mapping: oidc.Mapping{Groups: map[string][]string{"operators": {auth.GroupCommand, auth.GroupUIFramework}}},
		},
		server: server.Config{
			Storage: h.store, Users: h.users, Clock: h.clock, Logger: log, ProcessPassword: "a process password of ours",
			Passwords: map[string]string{"admin": "local secret of admin"},
		},
	}
	for _, f := range change {
		f(&s, h)
	}
	auditor := audit.NewAuditor(h.store.AuditLog(), audit.WithClock(h.clock))
	h.signIn, err = oidc.New(s.config, h.users, oidc.WithClock(h.clock), oidc.WithLogger(log), oidc.WithAuditor(auditor))
	require.NoError(t, err)
	t.Cleanup(h.signIn.Close)
	s.server.SignIn = h.signIn
	h.server, err = server.New(t.Context(), s.server)
	require.NoError(t, err)
	web := &httptest.Server{Listener: listener, Config: &http.Server{Handler: h.server}}
	web.Start()
	t.Cleanup(func() {
		web.Close()
		require.NoError(t, h.server.Close(t.Context()))
		require.NotContains(t, h.log.String(), "client secret")
		require.NotContains(t, h.log.String(), "the-access-token")
	})
	return h
}

// browser keeps cookies, and follows no redirects.
type browser struct {
	h   *harness
	jar *cookiejar.Jar
}

func (h *harness) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	return &browser{h, jar}
}

type response struct {
	*http.Response
	body string
}

// call makes a request; header are pairs of name and value.
func (b *browser) call(method, path, body string, header ...string) response {
	b.h.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = b.h.url + path
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, address, strings.NewReader(body))
	require.NoError(b.h.t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	transport := &http.Transport{DisableKeepAlives: true}
	client := http.Client{Jar: b.jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(r)
	require.NoError(b.h.t, err)
	defer got.Body.Close()
	raw, err := io.ReadAll(got.Body)
	require.NoError(b.h.t, err)
	doc, err := document()
	require.NoError(b.h.t, err)
	doc.Require(b.h.t, r, body, got, string(raw))
	return response{got, string(raw)}
}

// begin begins a sign-in, and returns what the browser was sent to the provider with.
func (b *browser) begin(query string) url.Values {
	b.h.t.Helper()
	got := b.call("GET", "/manager/api/oidc/login"+query, "")
	require.Equal(b.h.t, 303, got.StatusCode, got.body)
	at, err := url.Parse(got.Header.Get("Location"))
	require.NoError(b.h.t, err)
	require.Equal(b.h.t, b.h.issuer.URL+"/authorize", at.Scheme+"://"+at.Host+at.Path)
	return at.Query()
}

// agree is the provider's part: it returns the query with which it sends the browser back.
func (b *browser) agree(asked url.Values) url.Values {
	b.h.issuer.set(func() {
		b.h.issuer.codes["code of "+asked.Get("state")] = code{asked.Get("nonce"), asked.Get("code_challenge")}
	})
	return url.Values{"state": {asked.Get("state")}, "code": {"code of " + asked.Get("state")}}
}

func (b *browser) comeBack(answer url.Values) response {
	b.h.t.Helper()
	return b.call("GET", "/manager/api/oidc/callback?"+answer.Encode(), "")
}

// session is the answer to a log-in.
type session struct {
	User struct {
		Username  string
		Email     string
		FirstName string `json:"first_name"`
	}
	Token       string
	Permissions struct {
		Commands bool `json:"execute_commands"`
	}
}

func (b *browser) fetchToken() session {
	b.h.t.Helper()
	got := b.call("POST", "/manager/api/oidc/token/", "{}", "Origin", b.h.url)
	require.Equal(b.h.t, 200, got.StatusCode, got.body)
	var s session
	require.NoError(b.h.t, json.Unmarshal([]byte(got.body), &s))
	return s
}

// signInAs signs in with claims, and returns the session.
func (b *browser) signInAs(claims map[string]any) session {
	b.h.t.Helper()
	b.h.issuer.set(func() { b.h.issuer.claims = claims })
	got := b.comeBack(b.agree(b.begin("")))
	require.Equal(b.h.t, 303, got.StatusCode, got.body)
	return b.fetchToken()
}

// refused requires that a browser is told that nobody was signed in.
func (b *browser) refused(got response, status int, text string) {
	b.h.t.Helper()
	require.Equal(b.h.t, status, got.StatusCode, got.body)
	require.Contains(b.h.t, got.body, text)
	require.Equal(b.h.t, "text/html; charset=utf-8", got.Header.Get("Content-Type"))
	require.Contains(b.h.t, got.Header.Get("Content-Security-Policy"), "default-src 'none'")
	got = b.call("POST", "/manager/api/oidc/token/", "{}", "Origin", b.h.url)
	require.Equal(b.h.t, 403, got.StatusCode, "there is a token all the same")
}

// as returns the header of a token.
func as(token string) []string { return []string{"Authorization", "Token " + token} }

func (h *harness) auditText() string {
	records, err := h.store.AuditLog().Records(h.t.Context(), 100)
	require.NoError(h.t, err)
	var text bytes.Buffer
	for _, r := range records {
		r.Time = time.Time{}
		text.WriteString(strings.Join([]string{r.Actor, r.Action, r.Subject, r.Outcome, r.Detail}, "|") + "\n")
	}
	return text.String()
}
