package historyhttp_test

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/apitest"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/history"
	"github.com/rubin-love/love-go/love/history/archive"
	"github.com/rubin-love/love-go/love/history/historyhttp"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	night    = time.Date(2026, 3, 14, 3, 0, 0, 0, time.UTC)
	position = love.StreamGroup(love.CategoryTelemetry, "ATDome", 0, "position")
	state    = love.StreamGroup(love.CategoryEvent, "ATDome", 0, "summaryState")
	logs     = love.StreamGroup(love.CategoryEvent, "MTMount", 1, "logMessage")
)

// record returns a record of a stream, n seconds after the night's beginning.
func record(g love.Group, n int, fields string) history.Record {
	return history.Record{Time: night.Add(time.Duration(n) * time.Second), Group: g, Fields: love.RawValue(fields)}
}

var document = sync.OnceValues(func() (*apitest.Document, error) { return apitest.ParseFile("../../manager/openapi.yaml") })

// harness is a manager with sources of the past, of which "memory" is the default.
type harness struct {
	t       *testing.T
	manager *lovetest.Manager
	token   string
}

func newHarness(t *testing.T, sources map[string]history.Source, limits historyhttp.Limits, opts ...lovetest.ManagerOption) *harness {
	t.Helper()
	opts = append(opts, lovetest.WithConfig(func(c *server.Config) { c.History, c.HistoryLimits = sources, limits }))
	h := &harness{t: t, manager: lovetest.NewManager(t, opts...)}
	h.token = h.logIn("user")
	return h
}

func (h *harness) logIn(user string) (token string) {
	h.t.Helper()
	login, err := client.Login(h.t.Context(), h.manager.URL, user, user, client.WithHTTPClient(h.manager.HTTP))
	require.NoError(h.t, err)
	return login.Token
}

func (h *harness) request(ctx context.Context, method, path, token string) *http.Request {
	h.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, h.manager.URL+"/manager/api/history/"+path, nil)
	require.NoError(h.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Token "+token)
	}
	return req
}

type answer struct {
	*http.Response
	body string
}

// get asks as the user, and compares the answer with the OpenAPI document.
func (h *harness) get(path string, query ...string) answer {
	h.t.Helper()
	return h.ask("GET", path, h.token, query...)
}

func (h *harness) ask(method, path, token string, query ...string) answer {
	h.t.Helper()
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Add(query[i], query[i+1])
	}
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	req := h.request(h.t.Context(), method, path, token)
	resp, err := h.manager.HTTP.Do(req)
	require.NoError(h.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(h.t, err)
	doc, err := document()
	require.NoError(h.t, err)
	doc.Require(h.t, req, "", resp, string(body))
	return answer{resp, string(body)}
}

// mustGet asks, and requires that it succeeds with that body.
func (h *harness) mustGet(body, path string, query ...string) {
	h.t.Helper()
	got := h.get(path, query...)
	require.Equal(h.t, 200, got.StatusCode, got.body)
	require.Equal(h.t, "application/json", got.Header.Get("Content-Type"))
	require.JSONEq(h.t, body, got.body)
}

// memory is a source with records.
func memory(records ...history.Record) *history.Memory {
	var m history.Memory
	m.Add(records...)
	return &m
}

// recorded yields records as a hub delivers them, and ends.
type recorded []history.Record

func (r recorded) SubscribeWith(context.Context, love.SubscribeOptions, ...love.Group) iter.Seq2[love.Delivery, error] {
	return func(yield func(love.Delivery, error) bool) {
		for _, one := range r {
			text := fmt.Sprintf(`{"category":%q,"data":[{"csc":%q,"salindex":%s,"data":{%q:%s}}],"subscription":"x"}`,
				one.Group.Category, one.Group.CSC, one.Group.SalIndex, one.Group.Stream, one.Fields)
			if !yield(love.Delivery{Raw: love.RawValue(text), Group: string(one.Group.Category) + "-*-*-*", Received: one.Time}, nil) {
				return
			}
		}
	}
}

// newArchive returns an archive with records.
func newArchive(t *testing.T, records ...history.Record) *archive.Archive {
	t.Helper()
	a, err := archive.Open(archive.Config{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	require.ErrorIs(t, a.Record(t.Context(), recorded(records))(), os.ErrClosed)
	require.NoError(t, a.Flush(t.Context()))
	return a
}
