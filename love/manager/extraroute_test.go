package manager_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/manager"
)

// echo answers who asked, for what, and with which body.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	_, _ = fmt.Fprintf(w, "%s %s %q %s", r.Method, manager.Param(r, "id"), body, manager.Caller(r.Context()).Name())
})

func withRoute(c *manager.Config) {
	c.Routes = []manager.Route{
		{Path: "/manager/api/telescope/:id/", Methods: map[string]manager.Method{
			"GET":  {Handler: echo},
			"POST": {Needs: auth.ManageUsers, Handler: echo},
		}},
		{Path: "/manager/media/:id", Public: true, Methods: map[string]manager.Method{"GET": {Handler: echo}}},
		{Path: "/manager/api/image", MaxBody: 3 << 20, Methods: map[string]manager.Method{"PUT": {Handler: echo}}},
	}
}

func TestRoutes_HaveTheChecksOfTheManager(t *testing.T) {
	h := newHarness(t, withRoute)
	user, admin := as(h.token("user")), as(h.token("admin"))
	const path = "/manager/api/telescope/simonyi%20survey/"
	for _, c := range []struct {
		method, path, body string
		as                 option
		status             int
		answer             string
	}{
		{"GET", path, "", header("X", ""), 401, "not provided"},
		{"GET", path, "", user, 200, `GET simonyi survey "" user`},
		{"HEAD", path, "", user, 200, ""},
		{"POST", path, "{}", user, 403, "permission"},
		{"POST", path, "{}", admin, 200, `POST simonyi survey "{}" admin`},
		{"DELETE", path, "", user, 405, "not allowed"},
		{"OPTIONS", path, "", user, 200, ""},
		{"GET", strings.TrimSuffix(path, "/"), "", user, 301, ""},
		{"GET", "/manager/media/1", "", header("X", ""), 200, `GET 1 "" `},
		{"GET", "/manager/media/1", "", as("unknown"), 200, `GET 1 "" `},
		{"POST", "/manager/media/1", "", header("X", ""), 405, "not allowed"},
		{"POST", path, strings.Repeat(" ", 1<<20+1), admin, 413, "1048576 bytes"},
		{"PUT", "/manager/api/image", strings.Repeat(" ", 3<<20), user, 200, "PUT"},
		{"PUT", "/manager/api/image", strings.Repeat(" ", 3<<20+1), user, 413, "3145728 bytes"},
	} {
		got := h.call(c.method, c.path, c.body, c.as)
		require.Equal(t, c.status, got.StatusCode, "%s %s: %s", c.method, c.path, got.body)
		require.Contains(t, got.body, c.answer)
		if c.status == 405 && c.path == path {
			require.Equal(t, "GET, POST, HEAD, OPTIONS", got.Header.Get("Allow"))
		}
	}
}

func TestRoutes_ThatCannotBeServedAreAnError(t *testing.T) {
	get := map[string]manager.Method{"GET": {Handler: echo}}
	for path, c := range map[string]struct {
		methods map[string]manager.Method
		text    string
	}{
		"/manager/api/public": {map[string]manager.Method{"GET": {Handler: echo, Needs: auth.ManageUsers}}, "GET /manager/api/public is Public"},
		"/api/x":              {get, "must begin with /manager/"},
		"/manager/api/cmd/":   {get, "/manager/api/cmd/"},
		"/manager/api/x":      {nil, "Methods"},
		"/manager/api/y":      {map[string]manager.Method{"get": {Handler: echo}}, "Methods"},
		"/manager/api/z":      {map[string]manager.Method{"GET": {}}, "GET /manager/api/z has no Handler"},
		"/manager/api/:":      {get, "wildcard"},
		"/manager/api/admin/": {map[string]manager.Method{"HEAD": {Handler: echo}}, "Methods"},
	} {
		h := &fakeHub{}
		_, err := manager.New(manager.Config{
			Hub: h, Authenticator: &auth.Users{}, Tokens: newHarness(t).tokens,
			Routes: []manager.Route{{Path: path, Methods: c.methods, Public: strings.HasSuffix(path, "public")}},
		})
		require.ErrorContains(t, err, "making a manager: Config.Routes: ", path)
		require.ErrorContains(t, err, c.text)
	}
}
