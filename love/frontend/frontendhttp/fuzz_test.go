package frontendhttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/frontend/frontendhttp"
)

// Whatever the body of a request to add an object is, the answer is JSON, and no failure
// of the manager; and what was added can be read.
func FuzzBodies(f *testing.F) {
	f.Add(`{"name": "a", "screen": "4k", "data": {"a": [1, null]}, "thumbnail": "data:image/png;base64,AAAA"}`)
	f.Add(`{"name": "a", "thumbnail": "` + dataURI(pictures(f)["webp"]) + `"}`)
	f.Add(`{"workspace": 1, "view": "1", "sort_value": 3}`)
	f.Add(`{"filename": "a", "content": {"a": 1.50}}`)
	f.Add(`{"email": "a@b", "name": null}`)
	f.Add(`{"script_path": "a", "script_type": "standard", "config_name": "n", "config_schema": "a: &x [*x]", "schema": "type: object", "config": "- 1"}`)
	f.Add(`[`)
	f.Fuzz(func(t *testing.T, body string) {
		api := frontendhttp.New(frontendhttp.Config{Store: frontend.NewMemory(love.SystemClock{})})
		for _, route := range api.Routes() {
			m, ok := route.Methods[http.MethodPost]
			if !ok {
				continue
			}
			send := func(method string, h http.Handler) *httptest.ResponseRecorder {
				r := httptest.NewRequest(method, route.Path, strings.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				require.Less(t, w.Code, 500, "%s: %s", route.Path, w.Body)
				require.True(t, json.Valid(w.Body.Bytes()), "%s: %s", route.Path, w.Body)
				return w
			}
			if send(http.MethodPost, m.Handler).Code == http.StatusCreated {
				require.Equal(t, 200, send(http.MethodGet, route.Methods[http.MethodGet].Handler).Code)
			}
		}
	})
}
