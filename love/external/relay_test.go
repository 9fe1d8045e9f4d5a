package external_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/external"
)

// relays are the paths that the commander answers.
var relays = []struct {
	method, path string
	command      bool // needs the permission to command
}{
	{"GET", "efd/efd_clients", false}, {"POST", "efd/timeseries", false}, {"POST", "efd/top_timeseries", false}, {"POST", "efd/logmessages", false},
	{"POST", "reports/m1m3-bump-tests", false},
	{"POST", "tcs/aux", true}, {"POST", "tcs/main", true}, {"GET", "tcs/aux/docstrings", false}, {"GET", "tcs/main/docstrings", false},
}

// posted returns a body for a method.
func posted(method, body string) string {
	if method == "POST" {
		return body
	}
	return ""
}

func TestTheCommanderAnswersItsPathsAndTheAnswerIsPassedOn(t *testing.T) {
	h := newHarness(t)
	for _, c := range relays {
		h.commander.answer(c.method+" /"+c.path, 400, `{"ack": "é", "x": 1.50}`)
		body := posted(c.method, `{"command_name": "é", "n": 12345678901234567890, "x": 1.50}`)
		got := h.call("cmd_user", c.method, "api/"+c.path+"?categories=x", "application/json", body)
		require.Equal(t, 400, got.StatusCode)
		require.Equal(t, `{"ack": "é", "x": 1.50}`, got.body, "byte for byte")
		asked := h.commander.only(t)
		require.Equal(t, []string{c.method, "/" + c.path, "", body}, []string{asked.method, asked.path, asked.query, asked.body})
		require.Empty(t, asked.header.Get("Authorization"))
	}
}

func TestWhoCommandsATelescopeIsLogged(t *testing.T) {
	h := newHarness(t)
	h.call("cmd_user", "POST", "api/tcs/aux", "application/json", `{"command_name": "point_azel", "params": {"az": 1}}`)
	require.Contains(t, h.log.String(), `path=/manager/api/tcs/aux command=point_azel user=cmd_user address=127.0.0.1 status=200`)
	h.call("cmd_user", "GET", "api/tcs/aux/docstrings", "", "")
	h.send("POST", "efd/timeseries", "{}")
	require.Equal(t, 1, strings.Count(h.log.String(), "telescope control"))
}

func TestARelayedAnswerIsAlwaysJSONForABrowser(t *testing.T) {
	h := newHarness(t)
	h.commander.answer("POST /efd/timeseries", 200, `{"v": [1.5, NaN, -Infinity], "t": "NaN"}`)
	h.requireJSON(h.send("POST", "efd/timeseries", "{}"), 200, `{"v": [1.5, null, null], "t": "NaN"}`)
	h.commander.answer("POST /efd/timeseries", 500, "<html>Internal Server Error</html>")
	h.requireProblem(h.send("POST", "efd/timeseries", "{}"), 502, "<html>Internal Server Error</html>")
	h.commander.on("POST /efd/timeseries", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, h.jira.URL+"/elsewhere", http.StatusTemporaryRedirect)
	})
	h.requireProblem(h.send("POST", "efd/timeseries", "{}"), 502, "307")
	require.Empty(t, h.jira.asked(), "a redirect elsewhere is not followed")
	h.commander.answer("POST /efd/logmessages", 404, "Not found")
	h.requireProblemAck(h.send("POST", "efd/logmessages", "{}"), 404, "has no /efd/logmessages")
	require.NotContains(t, h.log.String(), "command was executed", "a query is not a command")
}

// requireProblemAck is requireProblem for a text of the commander's client, which has no
// "error".
func (h *harness) requireProblemAck(got response, status int, text string) {
	h.t.Helper()
	require.Equal(h.t, status, got.StatusCode, got.body)
	require.Contains(h.t, got.body, text)
}

func TestACommanderThatIsAwayOrSlowIsAReadableProblem(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := closed.Addr().String()
	require.NoError(t, closed.Close())
	h := newHarness(t, func(c *external.Config) { c.Commander = address })
	h.requireProblem(h.send("POST", "efd/timeseries", "{}"), 503, "The commander at "+address+" cannot be reached")

	h = newHarness(t, func(c *external.Config) { c.QueryTimeout, c.TelescopeTimeout = time.Millisecond, time.Millisecond })
	release := make(chan struct{})
	defer close(release)
	for _, path := range []string{"efd/timeseries", "tcs/aux"} {
		h.commander.on("POST /"+path, func(http.ResponseWriter, *http.Request) { <-release })
		got := h.call("cmd_user", "POST", "api/"+path, "application/json", "{}")
		require.Contains(t, []int{503, 504}, got.StatusCode, "it may not even be reached in time")
		require.Contains(t, got.body, "in time")
		require.Contains(t, got.body, `"error"`)
	}
}

func TestABadRequestIsNotRelayed(t *testing.T) {
	h := newHarness(t)
	for body, text := range map[string]string{
		`{"x": NaN}`: "JSON parse error", `{"a": 1, "a": 2}`: "occurs twice", "[]": "a list", "1": "a number", "{": "JSON parse error", "": "Unsupported media type",
	} {
		got := h.send("POST", "efd/timeseries", body)
		require.Contains(t, []int{400, 415}, got.StatusCode, body)
		require.Contains(t, got.body, text)
	}
	require.Equal(t, 415, h.call("user", "POST", "api/efd/timeseries", "text/plain", "{}").StatusCode)
	require.Equal(t, 413, h.send("POST", "efd/timeseries", `{"a": "`+strings.Repeat("x", 1<<20)+`"}`).StatusCode)
	require.Empty(t, h.commander.asked())
}

func TestAnEFDOfThisProcessAnswersInPlaceOfTheCommander(t *testing.T) {
	efd := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		switch string(body) {
		case `{"too": "long"}`:
			for {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		case `{"wrong": 1}`:
			w.WriteHeader(400)
		}
		fmt.Fprintf(w, `{"method": %q, "path": %q, "body": %q}`, r.Method, r.URL.Path, body)
	})
	for _, commander := range []string{"", "http://commander.example"} {
		h := newHarness(t, func(c *external.Config) { c.EFD, c.Commander = efd, commander })
		h.requireJSON(h.send("POST", "efd/timeseries", `{"a": 1}`), 200, `{"method": "POST", "path": "/efd/timeseries", "body": "{\"a\": 1}"}`)
		h.requireJSON(h.get("efd/efd_clients"), 200, `{"method": "GET", "path": "/efd/efd_clients", "body": ""}`)
		require.Equal(t, 400, h.send("POST", "efd/timeseries", `{"wrong": 1}`).StatusCode)
		h.requireProblem(h.send("POST", "efd/timeseries", `{"too": "long"}`), 502, "broke off")
	}
	h := newHarness(t, func(c *external.Config) { c.EFD = efd })
	h.requireJSON(h.get("tcs/aux/docstrings"), 200, `{"path": "/tcs/aux/docstrings"}`)
	require.Equal(t, "/tcs/aux/docstrings", h.commander.only(t).path, "the commander has the rest")
}
