package manager_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/manager"
)

// document is the OpenAPI document as a router.
var document = sync.OnceValues(func() (routers.Router, error) {
	text, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	for _, lines := range []string{commanderhttp.ProgressType, "text/csv"} {
		openapi3filter.RegisterBodyDecoder(lines, openapi3filter.RegisteredBodyDecoder("text/plain"))
	}
	return legacy.NewRouter(doc)
})

// requireDocumented checks an answer against the document, and the request as well
// if it succeeded: a request that is not documented must be refused.
func (h *harness) requireDocumented(req *http.Request, body string, got response) {
	h.t.Helper()
	router, err := document()
	require.NoError(h.t, err)
	at := req.Clone(req.Context())
	at.URL = &url.URL{Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery}
	if at.Method == http.MethodHead || at.Header.Get("Upgrade") != "" {
		return // no body to check, or the hub's
	}
	route, params, err := router.FindRoute(at)
	if err != nil {
		return
	}
	at.Body = io.NopCloser(strings.NewReader(body))
	input := &openapi3filter.RequestValidationInput{
		Request: at, Route: route, PathParams: params,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	}
	if got.StatusCode < 300 {
		require.NoError(h.t, openapi3filter.ValidateRequest(req.Context(), input), "%s %s succeeded, but is not documented", req.Method, req.URL)
	}
	err = openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: got.StatusCode, Header: got.Header,
		Body: io.NopCloser(bytes.NewReader([]byte(got.body))), Options: &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true},
	})
	require.NoError(h.t, err, "%s %s: %d %s", req.Method, req.URL, got.StatusCode, got.body)
}

func TestOpenAPI_IsServedAndDescribesEveryRoute(t *testing.T) {
	h := newHarness(t)
	got := h.call("GET", "/openapi.yaml", "")
	require.Equal(t, 200, got.StatusCode)
	require.Equal(t, "application/yaml", got.Header.Get("Content-Type"))
	doc, err := openapi3.NewLoader().LoadFromData([]byte(got.body))
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))

	m, err := manager.New(manager.Config{Hub: h.hub, Authenticator: h.users, Tokens: h.tokens})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	param := regexp.MustCompile(`:(\w+)`)
	routes := m.Routes()
	for path, methods := range routes {
		item := doc.Paths.Value(param.ReplaceAllString(path, "{$1}"))
		require.NotNil(t, item, "%s is not documented", path)
		var documented []string
		for method := range item.Operations() {
			documented = append(documented, method)
		}
		require.ElementsMatch(t, methods, documented, path)
	}
	for path := range doc.Paths.Map() {
		if strings.HasPrefix(path, "/manager/api/") {
			route := regexp.MustCompile(`\{(\w+)\}`).ReplaceAllString(path, ":$1")
			require.Contains(t, routes, route, "it is documented, but does not exist")
		}
	}
}
