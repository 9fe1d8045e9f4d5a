package manager_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/manager"
)

// pages answers with the path that it got.
var pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "page %s", r.URL.Path) })

func TestFrontend_AnswersAllPathsThatAreNotTheManagers(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.Frontend = pages })
	for _, path := range []string{"/", "/login", "/static/js/main.js", "/uif/view", "/managers/x"} {
		got := h.call("GET", path, "")
		require.Equal(t, 200, got.StatusCode)
		require.Equal(t, "page "+path, got.body)
	}
	require.Contains(t, h.call("GET", "/page/", "").body, "LOVE", "the page of the manager is still there")
	require.Contains(t, h.call("GET", "/page/love-client.js", "").body, "LoveClient")
	require.Equal(t, "/page/", h.call("GET", "/page", "").Header.Get("Location"))
	for _, path := range []string{"/manager", "/manager/", "/manager/api/none/", "/manager/uif/view"} {
		h.requireJSON(h.call("GET", path, ""), 404, notFound)
	}
	require.Equal(t, 405, h.call("POST", "/login", "{}").StatusCode)
	require.Equal(t, 200, h.call("GET", "/healthz", "").StatusCode)
	require.Equal(t, 401, h.call("GET", "/manager/api/validate-token/", "").StatusCode)
	require.Equal(t, 301, h.call("GET", "/manager/api/validate-token", "").StatusCode)
}

func TestFrontend_IsBelowTheURLPrefix(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.Frontend, c.URLPrefix = pages, "/love" })
	for path, want := range map[string]string{"/love/": "page /", "/love/uif/view": "page /uif/view"} {
		require.Equal(t, want, h.call("GET", path, "").body)
	}
	for _, path := range []string{"/", "/love"} {
		got := h.call("GET", path, "")
		require.Equal(t, 302, got.StatusCode)
		require.Equal(t, "/love/", got.Header.Get("Location"))
	}
	for _, path := range []string{"/lovely", "/uif/view", "/love/manager/x"} {
		require.Equal(t, 404, h.call("GET", path, "").StatusCode, path)
	}
	require.Equal(t, 401, h.call("GET", "/love/manager/api/validate-token/", "").StatusCode)
}
