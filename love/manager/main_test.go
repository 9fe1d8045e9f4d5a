package manager_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/hub"
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
	users     *auth.Users
	tokens    *jwt.Tokens
	hub       *hubDouble
	commander *commanderDouble
	clock     *lovetest.Clock
	log       *logBuffer
	audit     *audit.MemoryLog
	secrets   []string // tokens and passwords that were used
}

// newRig starts one; change sees the configuration before it is used.
func newRig(t *testing.T, change ...func(*manager.Config)) *rig {
	t.Helper()
	r, m := newUnserved(t, change...)
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	r.url = srv.URL
	return r
}

// newUnserved makes one without a server.
func newUnserved(t *testing.T, change ...func(*manager.Config)) (*rig, *manager.Manager) {
	t.Helper()
	r := &rig{t: t, hub: &hubDouble{}, commander: &commanderDouble{ack: love.Ack{Text: love.Done}},
		clock: lovetest.NewClock(start), log: &logBuffer{}, audit: &audit.MemoryLog{}}
	r.users = auth.NewUsers(auth.NewMemoryUserStore(), password.New(password.WithCost(8, 1)))
	for _, u := range auth.DefaultUsers() {
		require.NoError(t, r.users.Add(t.Context(), u, "secret of "+u.Username))
	}
	r.tokens = jwt.New(nil, r.users, jwt.WithClock(r.clock))
	config := manager.Config{
		Hub: r.hub, Authenticator: r.users, Users: r.users, Tokens: r.tokens, AuditLog: r.audit,
		Commander: r.commander, Informer: r.commander, Logbook: r.commander,
		ServerURL: "summit.example", Clock: r.clock,
		Logger: slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&config)
	}
	t.Cleanup(r.noSecretInTheLog)
	m, err := manager.New(config)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	return r, m
}

// token logs a default user in.
func (r *rig) token(user string) string {
	r.t.Helper()
	token, err := r.tokens.Issue(r.t.Context(), auth.User{Username: user})
	require.NoError(r.t, err)
	r.secrets = append(r.secrets, token)
	return token
}

// noSecretInTheLog scans what was logged, by every test that uses a rig, for
// every token and password that it used.
func (r *rig) noSecretInTheLog() {
	records, err := r.audit.Records(context.Background(), 1000)
	require.NoError(r.t, err)
	text := r.log.String() + fmt.Sprintf("%+v", records)
	for _, secret := range append(r.secrets, "secret of") {
		if len(secret) > 3 {
			require.NotContains(r.t, text, secret)
		}
	}
}

var secretField = regexp.MustCompile(`"(?:token|password)": ?"([^"]+)"`)

// used notes the secrets in a body.
func (r *rig) used(body string) {
	for _, m := range secretField.FindAllStringSubmatch(body, -1) {
		r.secrets = append(r.secrets, m[1])
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
	got := response{resp, string(raw)}
	r.used(body)
	r.used(got.body)
	r.documented(req, body, got)
	return got
}

// is checks status and JSON body.
func (r *rig) is(got response, status int, body string) {
	r.t.Helper()
	require.Equal(r.t, status, got.StatusCode, got.body)
	require.Equal(r.t, "application/json", got.Header.Get("Content-Type"))
	require.JSONEq(r.t, body, got.body)
}

// unauthorized checks a 401 of docs/protocol/manager.md#http.
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
	published    []love.Message
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

func (h *hubDouble) Disconnect(match func(auth.Principal) bool, _ hub.CloseReason) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, name := range []string{"admin", "user", "cmd_user", "ada"} {
		if match(auth.Principal{User: auth.User{Username: name}}) {
			h.disconnected = append(h.disconnected, "sockets of "+name)
		}
	}
}

func (h *hubDouble) Publish(_ context.Context, m love.Message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.published = append(h.published, m)
	return nil
}

func (h *hubDouble) events() []love.Message {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.published)
}

func (h *hubDouble) Stats() hub.Stats {
	none := map[string]uint64{}
	return hub.Stats{Sessions: 1, Groups: 1, Dropped: none, Denied: none, Closed: none}
}

func (h *hubDouble) Sessions() []hub.SessionStats {
	return []hub.SessionStats{{ID: "1", Principal: "ada", Address: "10.0.0.1", Since: start}}
}

func (h *hubDouble) Groups() []hub.GroupStats {
	return []hub.GroupStats{{Group: "event-ATDome-0-summaryState", Members: 1}}
}

func (h *hubDouble) closed() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.disconnected...)
}

// commanderDouble answers with what it was given and remembers what it was
// asked.
type commanderDouble struct {
	ack   love.Ack
	info  json.RawMessage // the answer to questions
	err   error
	hangs bool

	mu         sync.Mutex
	requests   []commander.Call
	categories []string
	logs       []string
}

func (c *commanderDouble) answer(ctx context.Context) (love.Ack, error) {
	if c.hangs {
		<-ctx.Done()
		return love.Ack{}, ctx.Err()
	}
	return c.ack, c.err
}

func (c *commanderDouble) Execute(ctx context.Context, call commander.Call) (love.Ack, error) {
	c.mu.Lock()
	c.requests = append(c.requests, call)
	c.mu.Unlock()
	return c.answer(ctx)
}

func (c *commanderDouble) topics(ctx context.Context, which, categories string) (json.RawMessage, error) {
	c.mu.Lock()
	c.categories = append(c.categories, which+":"+categories)
	c.mu.Unlock()
	_, err := c.answer(ctx)
	return c.info, err
}

func (c *commanderDouble) TopicNames(ctx context.Context, categories string) (json.RawMessage, error) {
	return c.topics(ctx, "names", categories)
}

func (c *commanderDouble) TopicData(ctx context.Context, categories string) (json.RawMessage, error) {
	return c.topics(ctx, "data", categories)
}

func (c *commanderDouble) WriteObservingLog(ctx context.Context, l love.ObservingLog) (love.Ack, error) {
	c.mu.Lock()
	c.logs = append(c.logs, string(l.Posted))
	c.mu.Unlock()
	return c.answer(ctx)
}

func (c *commanderDouble) asked() []commander.Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]commander.Call(nil), c.requests...)
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
