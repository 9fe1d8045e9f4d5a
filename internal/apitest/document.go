// Package apitest compares the answers of HTTP handlers with an OpenAPI document, in
// tests: each package that serves paths of the manager's API checks every answer of its
// tests with [Document.Require], and that it serves just what is documented with
// [Document.Operations].
package apitest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// Document is an OpenAPI document. It is safe for concurrent use.
type Document struct {
	router     routers.Router
	operations []Operation
}

// Operation is a method of a path in a document.
type Operation struct {
	Method, Path string // "GET", "/manager/api/admin/users/{name}/"
	*openapi3.Operation
	Item *openapi3.PathItem
}

// ParseFile reads a document from a file.
func ParseFile(path string) (*Document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(text)
}

// Parse reads a document in YAML or JSON, and checks it.
func Parse(text []byte) (*Document, error) {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	for _, lines := range []string{"application/x-ndjson", "text/csv", "text/html"} {
		openapi3filter.RegisterBodyDecoder(lines, openapi3filter.RegisteredBodyDecoder("text/plain"))
	}
	for _, image := range []string{"image/png", "image/jpeg", "image/gif", "image/webp"} {
		openapi3filter.RegisterBodyDecoder(image, openapi3filter.FileBodyDecoder)
	}
	d := &Document{}
	if d.router, err = legacy.NewRouter(doc); err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		item := doc.Paths.Value(path)
		for _, method := range slices.Sorted(maps.Keys(item.Operations())) {
			d.operations = append(d.operations, Operation{method, path, item.Operations()[method], item})
		}
	}
	return d, nil
}

// Operations returns the operations that have one of the tags, by path and method.
func (d *Document) Operations(tags ...string) (tagged []Operation) {
	for _, o := range d.operations {
		if slices.ContainsFunc(o.Tags, func(t string) bool { return slices.Contains(tags, t) }) {
			tagged = append(tagged, o)
		}
	}
	return tagged
}

// Routes returns the methods of the operations that have one of the tags, by path, with
// parameters as httprouter has them, ":name".
func (d *Document) Routes(tags ...string) map[string][]string {
	routes := map[string][]string{}
	for _, o := range d.Operations(tags...) {
		path := strings.NewReplacer("{", ":", "}", "").Replace(o.Path)
		routes[path] = append(routes[path], o.Method)
	}
	return routes
}

// Require fails the test if an answer is not as documented. A request that succeeded
// must be documented as well: one that is not has to be refused. The bodies are those of
// the request and of the answer. Paths that the document does not have are not checked.
func (d *Document) Require(t testing.TB, req *http.Request, body string, got *http.Response, answer string) {
	t.Helper()
	if err := d.check(req, body, got, answer); err != nil {
		t.Fatalf("%s %s: %d %.1000s\n%v", req.Method, req.URL, got.StatusCode, answer, err)
	}
}

func (d *Document) check(req *http.Request, body string, got *http.Response, answer string) error {
	at := req.Clone(req.Context())
	at.URL = &url.URL{Path: req.URL.Path, RawPath: req.URL.RawPath, RawQuery: req.URL.RawQuery}
	if at.Method == http.MethodHead || at.Header.Get("Upgrade") != "" {
		return nil // no body to check, or the hub's
	}
	route, params, err := d.router.FindRoute(at)
	if err != nil {
		return nil
	}
	at.Body = io.NopCloser(strings.NewReader(body))
	input := &openapi3filter.RequestValidationInput{
		Request: at, Route: route, PathParams: params,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	}
	if got.StatusCode < 300 {
		if err := openapi3filter.ValidateRequest(req.Context(), input); err != nil {
			return fmt.Errorf("it succeeded, but is not documented: %w", err)
		}
	}
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: got.StatusCode, Header: got.Header,
		Body: io.NopCloser(bytes.NewReader([]byte(answer))), Options: &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true},
	})
}
