package dashboard_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/dashboard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// get makes a GET with headers "Name: value".
func get(h http.Handler, url string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", url, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func unpacked(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	z, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
	require.NoError(t, err)
	text, err := io.ReadAll(z)
	require.NoError(t, err)
	return string(text)
}

func TestThePageTellsWhatRuns(t *testing.T) {
	w := get(dashboard.New(dashboard.Info{
		Version:   "v0.1.0",
		Started:   time.Date(2026, 3, 14, 1, 59, 26, 0, time.FixedZone("CLT", -3*3600)),
		Runs:      []string{"a simulated observatory", "the producers of ATDome & <MTMount>"},
		URLPrefix: "/love",
		Program:   "go run ./cmd/loved",
		Examples:  []string{"sub event-ATDome-0-summaryState"},
	}), "/page/info.json")
	require.Equal(t, 200, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.JSONEq(t, `{"version": "v0.1.0", "started": "2026-03-14T04:59:26Z", "program": "go run ./cmd/loved", "monitored": false,
		"runs": ["a simulated observatory", "the producers of ATDome & <MTMount>"], "examples": ["sub event-ATDome-0-summaryState"]}`, w.Body.String())
}

func TestThePageOfABareManagerHasDefaults(t *testing.T) {
	w := get(dashboard.New(dashboard.Info{}), "/page/info.json")
	var info map[string]any
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &info))
	require.Equal(t, []any{"the manager: websocket hub, log-in and commands"}, info["runs"])
	require.Equal(t, "loved", info["program"])
	require.Contains(t, info["examples"], "cmd ATDome moveAzimuth azimuth=90")
	require.Nil(t, info["started"])
	require.Empty(t, info["version"])
}

var linked = regexp.MustCompile(`(?:href|src)="(page/[^"]+)"`)

// links returns what the page links, each once.
func links(t *testing.T, h http.Handler) (all []string) {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range linked.FindAllStringSubmatch(get(h, "/").Body.String(), -1) {
		if !seen[m[1]] {
			all = append(all, m[1])
		}
		seen[m[1]] = true
	}
	require.NotEmpty(t, all)
	return all
}

func TestFilesAreFoundFromThePageBelowAnyPrefix(t *testing.T) {
	h := dashboard.New(dashboard.Info{URLPrefix: "/love"})
	for _, link := range links(t, h) {
		for _, prefix := range []string{"/", "/love/", "/a/page/b/"} {
			w := get(h, prefix+link)
			require.Equal(t, 200, w.Code, link)
			require.Equal(t, "public, max-age=31536000, immutable", w.Header().Get("Cache-Control"))
		}
	}
	require.Contains(t, get(h, "/love/").Body.String(), `<div id="app">`)
	inner := get(h, "/love/page/").Body.String()
	require.Contains(t, inner, `<div id="app">`)
	require.Equal(t, strings.ReplaceAll(get(h, "/love/").Body.String(), `"page/`, `"`), inner, "below /page/ the same files are a step nearer")
}

func TestEveryFileHasItsTypeAndThePolicy(t *testing.T) {
	h := dashboard.New(dashboard.Info{})
	for url, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/page/style.css": "text/css; charset=utf-8", "/page/app.js": "text/javascript; charset=utf-8",
		"/page/vendor/LICENSES.txt": "text/plain; charset=utf-8", "/page/nothing.js": "text/plain; charset=utf-8",
	} {
		w := get(h, url)
		require.Equal(t, kind, w.Header().Get("Content-Type"), url)
		policy := w.Header().Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'; script-src 'self'; style-src 'self';")
		require.NotContains(t, policy, "unsafe")
		require.NotContains(t, policy, "*")
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", w.Header().Get("Referrer-Policy"))
	}
}

func TestTheNameOfAFileWithoutTheHashIsForOthersToImport(t *testing.T) {
	h := dashboard.New(dashboard.Info{})
	w := get(h, "/page/love-client.js")
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), "export class LoveClient")
	require.Equal(t, "no-cache", w.Header().Get("Cache-Control"))
	require.Equal(t, 304, get(h, "/page/love-client.js", "If-None-Match: "+w.Header().Get("Etag")).Code)
}

func TestFilesOfAnotherVersionAreNotFoundAndNotKept(t *testing.T) {
	h := dashboard.New(dashboard.Info{})
	for _, url := range []string{"/page/0123456789ab/app.js", "/page/nothing.js", "/page/index.html", "/page/../dashboard.go", "/page/vendor"} {
		w := get(h, url)
		require.Equal(t, 404, w.Code, url)
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	}
}

func TestFilesAreCompressedForWhoAcceptsIt(t *testing.T) {
	h := dashboard.New(dashboard.Info{})
	for _, url := range []string{"/", "/page/app.js", "/page/info.json"} {
		plain, packed := get(h, url), get(h, url, "Accept-Encoding: deflate, gzip;q=0.8", "Range: bytes=0-3")
		require.Equal(t, 200, packed.Code)
		require.Equal(t, plain.Body.String(), unpacked(t, packed))
		require.NotEqual(t, plain.Header().Get("Etag"), packed.Header().Get("Etag"))
		require.Equal(t, "Accept-Encoding", packed.Header().Get("Vary"))
		require.Equal(t, 304, get(h, url, "Accept-Encoding: gzip", "If-None-Match: "+packed.Header().Get("Etag")).Code)
		require.Empty(t, get(h, url, "Accept-Encoding: gzip;q=0").Header().Get("Content-Encoding"))
	}
}

var imported = regexp.MustCompile(`(?m)(?:^|[;}])(?:import|export)\s*(?:[\w$*{][^'"();]*from\s*)?["']([^'"]+)["']`)

// TestTheFirstViewIsSmall is about everything that a browser loads before it shows the
// log-in, and about every module of the page being one of those or loaded by name later.
func TestTheFirstViewIsSmall(t *testing.T) {
	h := dashboard.New(dashboard.Info{})
	sum := get(h, "/", "Accept-Encoding: gzip").Body.Len()
	linked := map[string]bool{}
	for _, link := range links(t, h) {
		linked[link] = true
		sum += get(h, "/"+link, "Accept-Encoding: gzip").Body.Len()
	}
	for link := range linked {
		if path.Ext(link) != ".js" {
			continue
		}
		for _, m := range imported.FindAllStringSubmatch(get(h, "/"+link).Body.String(), -1) {
			require.Regexp(t, `^\.\.?/`, m[1], "%s imports by name, which browsers do not know", link)
			require.Contains(t, linked, path.Join(path.Dir(link), m[1]), "%s imports what is not loaded with the page", link)
		}
	}
	t.Logf("the first view has %d bytes in %d files", sum, len(linked)+1)
	require.LessOrEqual(t, sum, 120<<10)
}

func TestThePageHasNothingInlineAndLoadsNothingFromElsewhere(t *testing.T) {
	body := get(dashboard.New(dashboard.Info{}), "/").Body.String()
	require.NotRegexp(t, `<style|style="|<script>|\bon\w+="|(?:src|href)="(?:https?:)?//`, body)
}
