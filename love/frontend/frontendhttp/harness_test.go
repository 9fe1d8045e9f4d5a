package frontendhttp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/apitest"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// document is the OpenAPI document.
var document = sync.OnceValues(func() (*apitest.Document, error) { return apitest.ParseFile("../../manager/openapi.yaml") })

var start = time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)

const views, summaries, getToken = "/manager/ui_framework/views/", "/manager/ui_framework/views/summary/", "/manager/api/get-token/"

// harness is a whole manager whose data of the frontend are in memory.
type harness struct {
	*lovetest.Manager
	t     *testing.T
	store *countingStore
	clock *lovetest.Clock
	log   *bytes.Buffer
	doc   *apitest.Document
	token map[string]string // by user
}

// storage is a Storage with a store of its own for the frontend.
type storage struct {
	server.Storage
	store frontend.Store
}

func (s storage) Frontend() frontend.Store { return s.store }

// newHarness starts one; each change is applied to the configuration first. Every call
// advances the clock.
func newHarness(t *testing.T, change ...func(*server.Config)) *harness {
	t.Helper()
	h := &harness{t: t, clock: lovetest.NewClock(start), log: &bytes.Buffer{}, token: map[string]string{}}
	h.store = &countingStore{Store: frontend.NewMemory(h.clock)}
	h.Manager = lovetest.NewManager(t, lovetest.WithConfig(func(c *server.Config) {
		c.Storage, c.Clock = storage{server.NewMemory(h.clock), h.store}, h.clock
		c.Logger = slog.New(slog.NewTextHandler(h.log, nil))
		for _, f := range change {
			f(c)
		}
	}))
	var err error
	h.doc, err = document()
	require.NoError(t, err)
	return h
}

// caller is a user who has logged in, or nobody.
type caller struct {
	*harness
	token string
}

// as returns the user of that name; an empty name is nobody.
func (h *harness) as(name string) caller {
	h.t.Helper()
	if name != "" && h.token[name] == "" {
		got := caller{h, ""}.call("POST", getToken, `{"username": "`+name+`", "password": "`+name+`"}`)
		require.Equal(h.t, 200, got.StatusCode, got.body)
		h.token[name] = got.object()["token"].(string)
	}
	return caller{h, h.token[name]}
}

type response struct {
	*http.Response
	t    *testing.T
	body string
}

// call makes one request, without following redirects, and compares the answer with the
// document. Headers are name and value in turn.
func (c caller) call(method, path, body string, header ...string) response {
	c.t.Helper()
	c.clock.Advance(time.Second)
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.URL+path, strings.NewReader(body))
	require.NoError(c.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Token "+c.token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.HTTP.Transport.RoundTrip(req)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	if c.doc != nil {
		c.doc.Require(c.t, req, body, resp, string(raw))
	}
	return response{resp, c.t, string(raw)}
}

// must is call for a request that has to succeed with a status.
func (c caller) must(status int, method, path, body string) response {
	c.t.Helper()
	got := c.call(method, path, body)
	require.Equal(c.t, status, got.StatusCode, "%s %s: %.300s", method, path, got.body)
	return got
}

func (r response) object() (o map[string]any) {
	r.t.Helper()
	require.NoError(r.t, json.Unmarshal([]byte(r.body), &o), r.body)
	return o
}

func (r response) list() (l []map[string]any) {
	r.t.Helper()
	require.NoError(r.t, json.Unmarshal([]byte(r.body), &l), r.body)
	return l
}

// requireJSON checks the status and the JSON body of an answer.
func (r response) requireJSON(status int, body string) {
	r.t.Helper()
	require.Equal(r.t, status, r.StatusCode, r.body)
	require.Equal(r.t, "application/json", r.Header.Get("Content-Type"))
	require.JSONEq(r.t, body, r.body)
}

// column returns a field of each object.
func column(list []map[string]any, name string) (values []any) {
	for _, o := range list {
		values = append(values, o[name])
	}
	return values
}

// countingStore counts what is asked of the tables, and can fail.
type countingStore struct {
	frontend.Store
	asked atomic.Int64
	err   atomic.Pointer[error]
}

func (s *countingStore) ask() error {
	s.asked.Add(1)
	if err := s.err.Load(); err != nil {
		return *err
	}
	return nil
}

func (s *countingStore) ControlLocations() frontend.Table[frontend.ControlLocation] {
	return countingTable[frontend.ControlLocation]{s.Store.ControlLocations(), s}
}

func (s *countingStore) ConfigFiles() frontend.Table[frontend.ConfigFile] {
	return countingTable[frontend.ConfigFile]{s.Store.ConfigFiles(), s}
}

func (s *countingStore) Views() frontend.Views {
	return countingViews{s.Store.Views(), countingTable[frontend.View]{s.Store.Views(), s}}
}

type countingTable[T any] struct {
	frontend.Table[T]
	store *countingStore
}

func (t countingTable[T]) List(ctx context.Context) ([]T, error) {
	if err := t.store.ask(); err != nil {
		return nil, err
	}
	return t.Table.List(ctx)
}

func (t countingTable[T]) Get(ctx context.Context, id int64) (o T, err error) {
	if err := t.store.ask(); err != nil {
		return o, err
	}
	return t.Table.Get(ctx, id)
}

type countingViews struct {
	frontend.Views
	counting countingTable[frontend.View]
}

func (v countingViews) List(ctx context.Context) ([]frontend.View, error) {
	return v.counting.List(ctx)
}

func (v countingViews) Get(ctx context.Context, id int64) (frontend.View, error) {
	return v.counting.Get(ctx, id)
}

func (v countingViews) Summaries(ctx context.Context) ([]frontend.View, error) {
	if err := v.counting.store.ask(); err != nil {
		return nil, err
	}
	return v.Views.Summaries(ctx)
}
