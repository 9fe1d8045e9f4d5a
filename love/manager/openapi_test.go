package manager_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/apitest"
	"github.com/rubin-love/love-go/love/manager"
)

// document is the OpenAPI document. It also describes the paths of other packages, which
// have tags of their own.
var document = sync.OnceValues(func() (*apitest.Document, error) { return apitest.ParseFile("openapi.yaml") })

// ownTags are those of the paths that the manager serves itself, but for the sign-in, which
// needs an identity provider: package oidc tests it.
var ownTags = []string{"session", "observatory", "administration"}

// operations returns the documented operations that the manager serves itself.
func operations(t *testing.T) []apitest.Operation {
	t.Helper()
	doc, err := document()
	require.NoError(t, err)
	return doc.Operations(ownTags...)
}

// requireDocumented compares an answer with the document.
func (h *harness) requireDocumented(req *http.Request, body string, got response) {
	h.t.Helper()
	doc, err := document()
	require.NoError(h.t, err)
	doc.Require(h.t, req, body, got.Response, got.body)
}

func TestOpenAPI_IsServedAndDescribesEveryRoute(t *testing.T) {
	h := newHarness(t)
	got := h.call("GET", "/openapi.yaml", "")
	require.Equal(t, 200, got.StatusCode)
	require.Equal(t, "application/yaml", got.Header.Get("Content-Type"))
	doc, err := apitest.Parse([]byte(got.body))
	require.NoError(t, err)

	m, err := manager.New(manager.Config{Hub: h.hub, Authenticator: h.users, Tokens: h.tokens})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	documented, served := doc.Routes(append(slices.Clone(ownTags), "sign-in")...), m.Routes()
	for path, methods := range served {
		require.ElementsMatch(t, methods, documented[path], "%s is not documented as it is served", path)
	}
	for path := range documented {
		require.Contains(t, served, path, "it is documented, but does not exist")
	}
}
