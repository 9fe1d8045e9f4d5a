package external_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/julienschmidt/httprouter"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/external"
	"github.com/rubin-love/love-go/love/manager"
)

// answers serves a log service, and Jira, that answer everything with the same bytes.
func answers(t testing.TB, status int, body []byte) []manager.Route {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	services, err := external.New(external.Config{Commander: s.URL, Logs: s.URL, Jira: external.Jira{Host: s.URL, Token: "x"}})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	t.Cleanup(services.Close)
	return services.Routes()
}

// serve gives a request to the handler of a route, without the manager.
func serve(t testing.TB, routes []manager.Route, method, path, contentType string, body []byte) *httptest.ResponseRecorder {
	for _, r := range routes {
		if r.Path != "/manager/api/"+path {
			continue
		}
		request := httptest.NewRequest(method, "/", bytes.NewReader(body))
		request.Header.Set("Content-Type", contentType)
		params := httprouter.Params{{Key: "project", Value: "OBS"}, {Key: "id", Value: "1"}}
		request = request.WithContext(context.WithValue(request.Context(), httprouter.ParamsKey, params))
		w := httptest.NewRecorder()
		r.Methods[method].Handler.ServeHTTP(w, request)
		return w
	}
	t.Fatal("no route " + path)
	return nil
}

// FuzzAnswer gives all that services may answer to the LOVE-frontend, which gets JSON.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`[]`, `{"issues": [{"key": "OBS-1", "fields": {"customfield_10476": {"selection": [[]]}}}]}`, `{"timeZone": "UTC"}`, `{"issues": null}`,
		`[NaN]`, ``, `<html>`, `[{"id": "1", "date_sent": null, "observers_crew": null}]`, `"`, "\xff", `{"v": 1e999}`, `{"nextPageToken": "x"}`,
	} {
		f.Add(200, []byte(body))
		f.Add(500, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 || status == 304 {
			return
		}
		routes := answers(t, status, body)
		for _, path := range []string{"ole/exposurelog/messages/", "ole/nightreport/reports/", "jira/report/:project/", "efd/efd_clients"} {
			w := serve(t, routes, "GET", path, "", nil)
			if w.Code != 204 {
				require.True(t, json.Valid(w.Body.Bytes()), "%s: %d %q", path, w.Code, w.Body)
			}
			require.NotEqual(t, 401, w.Code, path)
		}
		serve(t, routes, "POST", "ole/nightreport/reports/", "application/json", []byte(someReport))
	})
}

// FuzzForm gives a log all that a browser may send. What the service gets is JSON.
func FuzzForm(f *testing.F) {
	contentType, body := formData{
		values: map[string]string{"obs_id": "a,b", "date_begin": "2026-03-14T01:59:26.5", "components_json": "{}", "tags": "a,,b", "jira": "true", "jira_new": "true"},
		files:  map[string]string{"x.png": "1"},
	}.encode(f)
	boundary := strings.TrimPrefix(contentType, "multipart/form-data; boundary=")
	f.Add(boundary, []byte(body))
	f.Add("x", []byte("--x\r\nContent-Disposition: form-data; name=\"date_begin\"\r\n\r\n0000-00-00\r\n--x--\r\n"))
	f.Add("x", []byte("--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\xff\\\"\r\"\r\n\r\n\r\n--x--"))
	f.Fuzz(func(t *testing.T, boundary string, body []byte) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent, err := io.ReadAll(r.Body)
			if err == nil && r.URL.Path != "/lfa/upload-file" && !json.Valid(sent) {
				t.Errorf("%s got %q", r.URL.Path, sent)
			}
			_, _ = io.WriteString(w, `{"url": "http://lfa.example/x"}`)
		}))
		defer s.Close()
		services, err := external.New(external.Config{Commander: s.URL, Logs: s.URL})
		require.NoError(t, err)
		defer services.Close()
		for _, path := range []string{"ole/exposurelog/messages/", "ole/narrativelog/messages/"} {
			w := serve(t, services.Routes(), "POST", path, "multipart/form-data; boundary="+boundary, body)
			require.True(t, json.Valid(w.Body.Bytes()), "%d %q", w.Code, w.Body)
		}
	})
}
