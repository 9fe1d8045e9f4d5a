package httpapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/httpapi"
)

func TestAnAnswerIsJSONOrRaw(t *testing.T) {
	w := httptest.NewRecorder()
	require.NoError(t, httpapi.Answer{Status: 201, Body: map[string]string{"a": "<b>"}, Header: http.Header{"Location": {"/x"}}}.Write(w))
	require.Equal(t, 201, w.Code)
	require.Equal(t, `{"a":"<b>"}`, w.Body.String())
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, "/x", w.Header().Get("Location"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))

	w = httptest.NewRecorder()
	require.NoError(t, httpapi.Answer{Status: 200, Raw: []byte("a,b"), Header: http.Header{"Content-Type": {"text/csv"}}}.Write(w))
	require.Equal(t, "a,b", w.Body.String())
	require.Equal(t, "text/csv", w.Header().Get("Content-Type"))

	w = httptest.NewRecorder()
	require.NoError(t, httpapi.Answer{Sent: true}.Write(w))
	require.Empty(t, w.Header(), "it has been written already")
}

func TestARefusalWithAHeaderLeavesTheOriginalAsItIs(t *testing.T) {
	original := httpapi.Refuse(429, "later").With("A", "1")
	changed := original.With("Retry-After", "3")
	require.Equal(t, http.Header{"A": {"1"}}, original.Header)
	require.Equal(t, http.Header{"A": {"1"}, "Retry-After": {"3"}}, changed.Header)
	require.EqualError(t, changed, "refused with 429")
}

func TestMethodsAnswerHEADAsGET(t *testing.T) {
	m := httpapi.Methods[int]{"POST": 2, "GET": 1}
	for method, want := range map[string]int{"GET": 1, "HEAD": 1, "POST": 2} {
		got, ok := m.Find(method)
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	_, ok := m.Find("PUT")
	require.False(t, ok)
	require.Equal(t, []string{"GET", "POST"}, m.Allowed())
}

const bodyTimeout = 50 * time.Millisecond

// exchange sends the beginning of a request to a wrapped handler, and
// returns the answer and what was logged.
func exchange(t *testing.T, handler http.HandlerFunc, request string) (status int, body string, log string) {
	t.Helper()
	var text bytes.Buffer
	failed := func(*http.Request) httpapi.Answer { return httpapi.Refuse(500, "failed").Answer }
	s := httptest.NewServer(httpapi.Wrap(handler, httpapi.Wrapping{
		Logger: slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug})), BodyTimeout: bodyTimeout, Failed: failed,
	}))
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	require.NoError(t, err)
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	s.Close()
	return resp.StatusCode, string(content), text.String()
}

func TestABodyIsReadWithinALimitAndATimeout(t *testing.T) {
	read := func(w http.ResponseWriter, r *http.Request) {
		body, err := httpapi.ReadBody(w, r, 10, bodyTimeout)
		fmt.Fprintf(w, "%s %v", body, err)
	}
	for request, want := range map[string]string{
		"Content-Length: 3\r\n\r\nabc":                            "abc <nil>",
		"Content-Length: 11\r\n\r\nabcdefghijk":                   " " + httpapi.ErrBodyTooLarge.Error(),
		"Content-Length: 5\r\n\r\nabc":                            " " + httpapi.ErrBodyTimeout.Error(),
		"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n":         " " + httpapi.ErrBodyBroken.Error(),
		"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n": "abc <nil>",
	} {
		_, got, _ := exchange(t, read, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+request)
		require.Equal(t, want, got, request)
	}
}

func TestABodyThatIsNotReadDoesNotBlockTheAnswer(t *testing.T) {
	status, _, _ := exchange(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418) },
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc")
	require.Equal(t, 418, status)
}

func TestAPanicIsAnsweredAndLogged(t *testing.T) {
	status, body, log := exchange(t, func(http.ResponseWriter, *http.Request) { panic("oops") }, "GET /x?token=secret HTTP/1.1\r\nHost: x\r\n\r\n")
	require.Equal(t, 500, status)
	require.Equal(t, `"failed"`, body)
	require.Contains(t, log, "oops")
	require.Contains(t, log, "method=GET path=/x status=500")
	require.NotContains(t, log, "secret")
}

func TestRefusalsHaveTheShapesOfTheProtocol(t *testing.T) {
	for want, refusal := range map[string]*httpapi.Refusal{
		`{"detail":"no"}`:                     httpapi.RefuseDetail(403, "no"),
		`{"detail":"JSON parse error - EOF"}`: httpapi.ParseError(io.EOF),
		`{"name":["too long","too loud"]}`:    httpapi.FieldErrors{"name": {"too long", "too loud"}}.Refusal(),
		`{"non_field_errors":["Invalid data. Expected an object, but got a list."]}`: httpapi.NotAnObject([]byte("[1]")),
	} {
		w := httptest.NewRecorder()
		require.NoError(t, refusal.Write(w))
		require.Equal(t, want, w.Body.String())
	}
}

func TestKindNamesTheKindOfAValue(t *testing.T) {
	for value, want := range map[string]string{
		"": "empty", "{}": "object", "[]": "a list", `"x"`: "a text", "true": "a boolean", "false": "a boolean", "null": "null", "-1": "a number",
	} {
		require.Equal(t, want, httpapi.Kind([]byte(value)))
	}
}
