package manager_test

import (
	"bytes"
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
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/manager"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)

// rig is a manager behind a real server, with a stand-in for the hub and the
// commander.
type rig struct {
	t         *testing.T
	url       string
	users     *auth.MemoryUsers
	tokens    *auth.JWT
	hub       *hubDouble
	commander *commanderDouble
	clock     *lovetest.Clock
	log       *logBuffer
}

// newRig starts one; change sees the configuration before it is used.
func newRig(t *testing.T, change ...func(*manager.Config)) *rig {
	t.Helper()
	r := &rig{t: t, hub: &hubDouble{}, commander: &commanderDouble{reply: commander.Done()},
		clock: lovetest.NewClock(start), log: &logBuffer{}}
	r.users = auth.NewMemoryUsers(auth.WithPasswords(auth.NewPasswords(auth.WithPasswordCost(8, 1))))
	for _, u := range auth.DefaultUsers() {
		require.NoError(t, r.users.Add(t.Context(), u, "secret of "+u.Username))
	}
	r.tokens = auth.NewJWT(nil, r.users, auth.WithTokenClock(r.clock))
	config := manager.Config{
		Hub: r.hub, Authenticator: r.users, Tokens: r.tokens, Commander: r.commander, Informer: r.commander,
		ServerURL: "summit.example", Clock: r.clock,
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&config)
	}
	m, err := manager.New(config)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	r.url = srv.URL
	return r
}

// token logs a default user in.
func (r *rig) token(user string) string {
	r.t.Helper()
	token, err := r.tokens.Issue(r.t.Context(), auth.User{Username: user})
	require.NoError(r.t, err)
	return token
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
func (r *rig) call(method, path, body string, opts ...option) response {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, o := range opts {
		o(req)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	return response{resp, string(raw)}
}

// is checks status and JSON body.
func (r *rig) is(got response, status int, body string) {
	r.t.Helper()
	require.Equal(r.t, status, got.StatusCode, got.body)
	require.Equal(r.t, "application/json", got.Header.Get("Content-Type"))
	require.JSONEq(r.t, body, got.body)
}

// unauthorized checks a 401 of section 3.
func (r *rig) unauthorized(got response, detail string) {
	r.t.Helper()
	text, err := json.Marshal(detail)
	require.NoError(r.t, err)
	r.is(got, 401, `{"detail": `+string(text)+`}`)
	require.Equal(r.t, "Token", got.Header.Get("WWW-Authenticate"))
}

// hubDouble remembers what it was asked.
type hubDouble struct {
	mu           sync.Mutex
	handshakes   []string
	disconnected []string
}

func (h *hubDouble) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.handshakes = append(h.handshakes, r.URL.RequestURI())
	w.WriteHeader(http.StatusTeapot)
}

func (h *hubDouble) DisconnectToken(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.disconnected = append(h.disconnected, id)
}

func (h *hubDouble) closed() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.disconnected...)
}

// commanderDouble answers with what it was given and remembers what it was
// asked.
type commanderDouble struct {
	reply commander.Reply
	err   error
	hangs bool

	mu         sync.Mutex
	requests   []commander.Request
	categories []string
}

func (c *commanderDouble) answer(ctx context.Context) (commander.Reply, error) {
	if c.hangs {
		<-ctx.Done()
		return commander.Reply{}, ctx.Err()
	}
	return c.reply, c.err
}

func (c *commanderDouble) Execute(ctx context.Context, r commander.Request) (commander.Reply, error) {
	c.mu.Lock()
	c.requests = append(c.requests, r)
	c.mu.Unlock()
	return c.answer(ctx)
}

func (c *commanderDouble) topics(ctx context.Context, which, categories string) (commander.Reply, error) {
	c.mu.Lock()
	c.categories = append(c.categories, which+":"+categories)
	c.mu.Unlock()
	return c.answer(ctx)
}

func (c *commanderDouble) TopicNames(ctx context.Context, categories string) (commander.Reply, error) {
	return c.topics(ctx, "names", categories)
}

func (c *commanderDouble) TopicData(ctx context.Context, categories string) (commander.Reply, error) {
	return c.topics(ctx, "data", categories)
}

func (c *commanderDouble) asked() []commander.Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]commander.Request(nil), c.requests...)
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
