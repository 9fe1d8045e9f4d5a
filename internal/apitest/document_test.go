package apitest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/apitest"
)

const document = `
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /views/{id}/:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    put:
      tags: [views]
      requestBody: {content: {application/json: {schema: {type: object, required: [name]}}}}
      responses:
        "200": {description: the view, content: {application/json: {schema: {type: object, required: [id]}}}}
        "400": {description: refused}
  /views/summary/:
    get: {tags: [views], responses: {"200": {description: all, content: {application/json: {schema: {type: array}}}}}}
  /picture.png:
    get: {tags: [media], responses: {"200": {description: a picture, content: {image/png: {}}}}}
`

// failures is a test that notes that it has failed.
type failures struct {
	testing.TB
	text string
}

func (f *failures) Helper()                      {}
func (f *failures) Fatalf(text string, _ ...any) { f.text = text }

func TestRequireComparesAnswersWithTheDocument(t *testing.T) {
	doc, err := apitest.Parse([]byte(document))
	require.NoError(t, err)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		kind, answer             string
		fails                    bool
	}{
		{"as documented", "PUT", "/views/1/", `{"name": "a"}`, 200, "application/json", `{"id": 1}`, false},
		{"an answer that lacks a field", "PUT", "/views/1/", `{"name": "a"}`, 200, "application/json", `{}`, true},
		{"an unknown status", "PUT", "/views/1/", `{"name": "a"}`, 404, "application/json", `{}`, true},
		{"a bad request that succeeds", "PUT", "/views/1/", `{}`, 200, "application/json", `{"id": 1}`, true},
		{"a bad request that is refused", "PUT", "/views/x/", `{}`, 400, "", ``, false},
		{"a fixed path beside a parameter", "GET", "/views/summary/", "", 200, "application/json", `[]`, false},
		{"the same with another answer", "GET", "/views/summary/", "", 200, "application/json", `{}`, true},
		{"a picture", "GET", "/picture.png", "", 200, "image/png", "\x89PNG", false},
		{"an unknown path", "GET", "/other", "", 200, "", "", false},
		{"HEAD", "HEAD", "/picture.png", "", 500, "", "", false},
	} {
		req := httptest.NewRequest(c.method, c.path, nil)
		req.Header.Set("Content-Type", "application/json")
		got := &failures{TB: t}
		doc.Require(got, req, c.body, &http.Response{StatusCode: c.status, Header: http.Header{"Content-Type": {c.kind}}}, c.answer)
		require.Equal(t, c.fails, got.text != "", c.name)
	}
}

func TestRoutesAreThoseOfTheTags(t *testing.T) {
	doc, err := apitest.Parse([]byte(document))
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"/views/:id/": {"PUT"}, "/views/summary/": {"GET"}}, doc.Routes("views"))
	require.Len(t, doc.Operations("views", "media"), 3)
}

func TestParseRefusesWhatIsNoDocument(t *testing.T) {
	for _, text := range []string{"", "a: [", strings.Replace(document, "openapi: 3.1.0", "", 1)} {
		_, err := apitest.Parse([]byte(text))
		require.Error(t, err)
	}
}
