package external_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/apitest"
	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/external"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/manager"
)

// start is in the observing day 20260313: TAI is 37 s ahead, and the day ends at noon.
var start = time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)

// document is the OpenAPI document, which describes the paths of this package.
var document = sync.OnceValues(func() (*apitest.Document, error) { return apitest.ParseFile("../manager/openapi.yaml") })

// harness is a manager with services outside, all of them fakes.
type harness struct {
	t                     *testing.T
	url                   string
	commander, logs, jira *fake
	mailer                *fakeMailer
	clock                 *lovetest.Clock
	log                   *testlog.Buffer
	tokens                map[string]string // by user
	routes                []manager.Route
}

const jiraToken = "amlyYTpzZWNyZXQ="

// newHarness starts one; each change is applied to the configuration first.
func newHarness(t *testing.T, change ...func(*external.Config)) *harness {
	t.Helper()
	h := &harness{
		t: t, commander: newFake(t), logs: newFake(t), jira: newFake(t), mailer: &fakeMailer{},
		clock: lovetest.NewClock(start), log: &testlog.Buffer{}, tokens: map[string]string{},
	}
	c := external.Config{
		Commander: h.commander.URL, Logs: h.logs.URL, Jira: external.Jira{Host: h.jira.URL, Token: jiraToken},
		Mailer: h.mailer, ReportTo: "night@love.example", Host: "summit.example", Clock: h.clock,
		Logger: slog.New(slog.NewTextHandler(h.log, nil)),
	}
	for _, f := range change {
		f(&c)
	}
	services, err := external.New(c)
	require.NoError(t, err)
	t.Cleanup(services.Close)
	h.routes = services.Routes()
	h.serve()
	t.Cleanup(func() { require.NotContains(t, h.log.String(), jiraToken) })
	return h
}

// serve starts the manager.
func (h *harness) serve() {
	users := auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	tokens := jwt.New(nil, users, jwt.WithClock(h.clock))
	for _, u := range auth.DefaultUsers() {
		require.NoError(h.t, users.Add(h.t.Context(), u, "secret of "+u.Username))
		token, err := tokens.Issue(h.t.Context(), u)
		require.NoError(h.t, err)
		h.tokens[u.Username] = token
	}
	live := hub.New()
	m, err := manager.New(manager.Config{Hub: live, Authenticator: users, Users: users, Tokens: tokens, Clock: h.clock, Routes: h.routes})
	require.NoError(h.t, err)
	s := httptest.NewServer(m)
	h.url = s.URL
	h.t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		s.Close()
		m.Close()
		require.NoError(h.t, live.Shutdown(context.Background()))
	})
}

type response struct {
	*http.Response
	body string
}

// call makes a request below /manager/ as a user; empty: without a token. Redirects are
// not followed.
func (h *harness) call(user, method, path, contentType, body string) response {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+"/manager/"+path, strings.NewReader(body))
	require.NoError(h.t, err)
	if body != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if user != "" {
		req.Header.Set("Authorization", "Token "+h.tokens[user])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(h.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	doc, err := document()
	require.NoError(h.t, err)
	doc.Require(h.t, req, body, resp, string(raw))
	return response{resp, string(raw)}
}

// get makes a GET below the API as the user who may only look.
func (h *harness) get(path string) response { return h.call("user", "GET", "api/"+path, "", "") }

// send sends JSON to the API.
func (h *harness) send(method, path, body string) response {
	return h.call("user", method, "api/"+path, "application/json", body)
}

// sendForm sends a form as the LOVE-frontend does.
func (h *harness) sendForm(method, path string, f formData) response {
	contentType, body := f.encode(h.t)
	return h.call("user", method, "api/"+path, contentType, body)
}

// requireJSON checks the status and the JSON body of an answer.
func (h *harness) requireJSON(got response, status int, body string) {
	h.t.Helper()
	require.Equal(h.t, status, got.StatusCode, got.body)
	require.Equal(h.t, "application/json", got.Header.Get("Content-Type"))
	require.JSONEq(h.t, body, got.body)
}

// requireProblem checks that an answer has a text for the operator where the
// LOVE-frontend looks for it.
func (h *harness) requireProblem(got response, status int, text string) {
	h.t.Helper()
	require.Equal(h.t, status, got.StatusCode, got.body)
	var problem struct{ Ack, Error string }
	require.NoError(h.t, json.Unmarshal([]byte(got.body), &problem), got.body)
	require.Contains(h.t, problem.Ack, text)
	if status != 400 { // with 400 the frontend would show it twice
		require.Equal(h.t, problem.Ack, problem.Error)
	} else {
		require.Empty(h.t, problem.Error)
	}
}

// fakeMailer keeps the mails, or fails.
type fakeMailer struct {
	mu    sync.Mutex
	mails []external.Mail
	err   error
}

func (f *fakeMailer) Send(_ context.Context, m external.Mail) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.mails = append(f.mails, m)
	}
	return f.err
}

func (f *fakeMailer) sent() []external.Mail {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]external.Mail(nil), f.mails...)
}
