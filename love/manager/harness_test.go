package manager_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/manager"
)

var start = time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)

// harness is a manager behind a real server, with a fake hub and a fake commander.
type harness struct {
	t         *testing.T
	url       string
	users     *auth.Users
	tokens    *jwt.Tokens
	hub       *fakeHub
	commander *fakeCommander
	clock     *lovetest.Clock
	log       *testlog.Buffer
	audit     *audit.MemoryLog
	secrets   []string // tokens and passwords that were used
}

// newHarness starts one; each change is applied to the configuration first.
func newHarness(t *testing.T, change ...func(*manager.Config)) *harness {
	t.Helper()
	h, m := newUnservedHarness(t, change...)
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	h.url = srv.URL
	return h
}

// newUnservedHarness returns one without a server, and its manager.
func newUnservedHarness(t *testing.T, change ...func(*manager.Config)) (*harness, *manager.Manager) {
	t.Helper()
	h := &harness{t: t, hub: &fakeHub{}, commander: &fakeCommander{ack: love.Ack{Text: love.Done}},
		clock: lovetest.NewClock(start), log: &testlog.Buffer{}, audit: &audit.MemoryLog{}}
	h.users = auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	for _, u := range auth.DefaultUsers() {
		require.NoError(t, h.users.Add(t.Context(), u, "secret of "+u.Username))
	}
	h.tokens = jwt.New(nil, h.users, jwt.WithClock(h.clock))
	config := manager.Config{
		Hub: h.hub, Authenticator: h.users, Users: h.users, Tokens: h.tokens, AuditLog: h.audit,
		Commander: h.commander, Informer: h.commander, Logbook: h.commander,
		ServerURL: "summit.example", Clock: h.clock,
		Logger: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&config)
	}
	t.Cleanup(h.requireNoSecretLogged)
	m, err := manager.New(config)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	return h, m
}

// token returns a new token of a default user.
func (h *harness) token(user string) string {
	h.t.Helper()
	token, err := h.tokens.Issue(h.t.Context(), auth.User{Username: user})
	require.NoError(h.t, err)
	h.secrets = append(h.secrets, token)
	return token
}

// requireNoSecretLogged searches the log and the audit records for every token and
// password that the test used. It runs after every test with a harness.
func (h *harness) requireNoSecretLogged() {
	records, err := h.audit.Records(context.Background(), 1000)
	require.NoError(h.t, err)
	text := h.log.String() + fmt.Sprintf("%+v", records)
	for _, secret := range append(h.secrets, "secret of") {
		if len(secret) > 3 {
			require.NotContains(h.t, text, secret)
		}
	}
}

var secretField = regexp.MustCompile(`"(?:token|password)": ?"([^"]+)"`)

// noteSecrets keeps the secrets in a body for requireNoSecretLogged.
func (h *harness) noteSecrets(body string) {
	for _, m := range secretField.FindAllStringSubmatch(body, -1) {
		h.secrets = append(h.secrets, m[1])
	}
}

type option func(*http.Request)

func header(key, value string) option {
	return func(r *http.Request) { r.Header.Set(key, value) }
}

func as(token string) option { return header("Authorization", "Token "+token) }

type response struct {
	*http.Response
	body string
}

// call makes one request, without following redirects. A body is sent as JSON
// unless an option says otherwise.
func (h *harness) call(method, path, body string, opts ...option) response {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	require.NoError(h.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, o := range opts {
		o(req)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(h.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	got := response{resp, string(raw)}
	h.noteSecrets(body)
	h.noteSecrets(got.body)
	h.requireDocumented(req, body, got)
	require.Equal(h.t, "nosniff", got.Header.Get("X-Content-Type-Options"), "%s %s", method, path)
	return got
}

// requireJSON checks the status and the JSON body of an answer.
func (h *harness) requireJSON(got response, status int, body string) {
	h.t.Helper()
	require.Equal(h.t, status, got.StatusCode, got.body)
	require.Equal(h.t, "application/json", got.Header.Get("Content-Type"))
	require.JSONEq(h.t, body, got.body)
}

// requireUnauthorized checks that the answer is a 401 of
// docs/protocol/manager.md#http.
func (h *harness) requireUnauthorized(got response, detail string) {
	h.t.Helper()
	text, err := json.Marshal(detail)
	require.NoError(h.t, err)
	h.requireJSON(got, 401, `{"detail": `+string(text)+`}`)
	require.Equal(h.t, "Token", got.Header.Get("WWW-Authenticate"))
}
