package manager_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/manager"
)

// newRelayHarness returns a harness whose commander is at a URL.
func newRelayHarness(t *testing.T, url string, timeout time.Duration, opts ...commanderhttp.ClientOption) *harness {
	client, err := commanderhttp.New(url, opts...)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return newHarness(t, func(c *manager.Config) {
		c.Commander, c.Informer, c.Logbook, c.RelayIncomplete = client, client, client, true
		c.CommandTimeout = timeout
	})
}

const observingLog = "/manager/api/lovecsc/observinglog"

// requests are all that are relayed, as the LOVE-frontend makes them.
var requests = map[string]struct {
	method, path, body string
	outcome            string // the text for the operator if no answer came
}{
	"command":     {"POST", cmd, someCommand, " Whether the command was executed is unknown: look at the component before you repeat it."},
	"log":         {"POST", observingLog, `{"user": "ana", "message": "x"}`, " Whether the observing log was written is unknown: look for it before you write it again."},
	"topic-names": {"GET", "/manager/api/salinfo/topic-names", "", ""},
	"topic-data":  {"GET", "/manager/api/salinfo/topic-data", "", ""},
	"metadata":    {"GET", "/manager/api/salinfo/metadata", "", ""},
}

func TestRelay_CommandOnTheWire(t *testing.T) {
	c := newPythonCommander(t)
	h := newRelayHarness(t, c.URL, time.Minute)
	const given = `{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": 12345678901234567890123.10, "é": "\u00e9", "x": 1e400}, "identity": "admin@summit"}`
	h.requireJSON(h.call("POST", cmd, given, as(h.token("cmd_user")), header("Cookie", "sessionid=x")), 200, `{"ack": "Done"}`)
	got := c.onlyRequest(t)
	require.Equal(t, "POST /cmd/", got.line, "with the slash, so that there is no redirect")
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	require.Empty(t, got.header.Get("Authorization"), "the token stays with the manager")
	require.Empty(t, got.header.Get("Cookie"))
	require.Equal(t, `{"csc":"ATDome","salindex":0,"cmd":"cmd_moveAzimuth","params":{"azimuth": 12345678901234567890123.10, "é": "\u00e9", "x": 1e400},"identity":"cmd_user@summit.example"}`, got.body)

	require.Equal(t, 403, h.call("POST", cmd, someCommand, as(h.token("user"))).StatusCode)
	require.Equal(t, 401, h.call("POST", cmd, someCommand).StatusCode)
	h.requireJSON(h.call("POST", cmd, `{"anything": "é"}`, as(h.token("admin"))), 200, `{"ack": "Done"}`)
	require.Equal(t, `{"anything":"é","identity":"admin@summit.example"}`, c.onlyRequest(t).body, "the commander checks it, and no other request came")
}

func TestRelay_PassesOnTheAnswerToACommand(t *testing.T) {
	c := newPythonCommander(t)
	h := newRelayHarness(t, c.URL, time.Minute)
	token := as(h.token("cmd_user"))
	for _, a := range []struct {
		status     int
		body, want string
	}{
		{200, `{"ack": "Done"}`, ""},
		{200, `{"ack": "Failed: no power"}`, ""},
		{400, `{"ack": "Request must have JSON data with the following keys: csc, salindex, cmd_name, params, identity. Received {'csc': 'X'}"}`, ""},
		{504, `{"ack": "Command time out. No ack received from component."}`, ""},
		{504, `{"ack": "Command time out. Last ack received <CMD_INPROGRESS>."}`, ""},
		{500, `{"ack": "internal", "extra": [1, {"x": null}]}`, ""},
		{200, `{"ack": "Done", "v": 12345678901234567890.10}`, ""},
		{200, `{"ack": "NaN", "v": [NaN, -Infinity, 1.50]}`, `{"ack": "NaN", "v": [null, null, 1.50]}`}, // see docs/protocol/manager.md#relayed-answers
	} {
		c.answerWith(a.status, a.body)
		got := h.call("POST", cmd, someCommand, token)
		if a.want == "" {
			a.want = a.body
		}
		require.Equal(t, a.status, got.StatusCode, a.body)
		require.Equal(t, a.want, got.body)
		require.Equal(t, "application/json", got.Header.Get("Content-Type"), "whatever type the commander gave it")
	}
}

func TestRelay_ObservingLogOnTheWire(t *testing.T) {
	c := newPythonCommander(t)
	h := newRelayHarness(t, c.URL, time.Minute)
	const log = `{"user": "somebody", "message": "añ \u00f1", "n": 1.50}`
	h.requireJSON(h.call("POST", observingLog, log, as(h.token("cmd_user"))), 200, `{"ack": "Added new observing log to SAL"}`)
	got := c.onlyRequest(t)
	require.Equal(t, "POST /lovecsc/observinglog", got.line)
	require.Equal(t, log, got.body, "unchanged, and without an identity")
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	require.Empty(t, got.header.Get("Authorization"))

	h.requireJSON(h.call("POST", observingLog, log, as(h.token("user"))), 403, forbidden)
	for _, body := range []string{`{"ack": "LOVE CSC could not stablish connection"}`, `{"ack": "Request must have JSON data with the following keys: user, message. Received {}"}`} {
		c.answerWith(400, body)
		h.requireJSON(h.call("POST", observingLog, `{}`, as(h.token("cmd_user"))), 400, body)
		require.Equal(t, `{}`, c.onlyRequest(t).body)
	}
	for body, what := range map[string]string{"": "empty", "[]": "a list", "null": "null"} {
		h.requireJSON(h.call("POST", observingLog, body, as(h.token("cmd_user"))), 400, `{"ack": "The body has to be a JSON object, it is `+what+`."}`)
	}
}

func TestRelay_SALInfoOnTheWire(t *testing.T) {
	c := newPythonCommander(t)
	h := newRelayHarness(t, c.URL, time.Minute)
	token := as(h.token("user"))
	for query, passedOn := range map[string]string{
		"":                                  "",
		"?other=1":                          "",
		"?categories=event":                 "?categories=event",
		"?categories=event-command&other=1": "?categories=event-command",
		"?categories=event%20telemetry":     "?categories=event+telemetry",  // see docs/protocol/manager.md#sal-information
		"?categories=event%26x%3D1%23":      "?categories=event%26x%3D1%23", // see docs/protocol/manager.md#sal-information
	} {
		for _, path := range []string{"topic-names", "topic-data"} {
			got := h.call("GET", "/manager/api/salinfo/"+path+query, "", token)
			require.Equal(t, 200, got.StatusCode)
			require.True(t, strings.HasPrefix(got.body, `{"Watcher": {"event_`), got.body)
			asked := c.onlyRequest(t)
			require.Equal(t, "GET /salinfo/"+path+passedOn, asked.line)
			require.Empty(t, asked.header.Get("Authorization"))
		}
	}
	h.requireUnauthorized(h.call("GET", "/manager/api/salinfo/topic-names", ""), noCredentials)
	c.answerWith(404, `{"error": "none"}`)
	for _, path := range []string{"topic-names", "topic-data", "metadata"} {
		h.requireJSON(h.call("GET", "/manager/api/salinfo/"+path, "", token), 404, `{"error": "none"}`)
	}
}

// See docs/protocol/manager.md#sal-information.
func TestRelay_MetadataOfTheCommander(t *testing.T) {
	c := newPythonCommander(t)
	h := newRelayHarness(t, c.URL, time.Minute)
	token := as(h.token("user"))
	got := h.call("GET", "/manager/api/salinfo/metadata?categories=event", "", token)
	h.requireJSON(got, 404, `{"ack": "The commander at `+strings.TrimPrefix(c.URL, "http://")+` has no /salinfo/metadata."}`)
	require.Equal(t, "GET /salinfo/metadata", c.onlyRequest(t).line)
	c.answerWith(200, `{"ATDome": {"sal_version": "7", "xml_version": "20"}}`)
	h.requireJSON(h.call("GET", "/manager/api/salinfo/metadata", "", token), 200, `{"ATDome": {"sal_version": "7", "xml_version": "20"}}`)
}

func TestRelay_HeartbeatOfThePythonCommander(t *testing.T) {
	c := newPythonCommander(t)
	client, err := commanderhttp.New(c.URL)
	require.NoError(t, err)
	defer client.Close()
	p := manager.NewHeartbeatPoller(client, newHarness(t).clock)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.Run(ctx) }()
	require.Eventually(t, func() bool { _, ok := p.Last(); return ok }, 10*time.Second, time.Millisecond)
	last, _ := p.Last()
	require.Equal(t, "2023-08-01T01:17:19.85Z", last.UTC().Format(time.RFC3339Nano))
	require.Equal(t, "GET /heartbeat/", c.onlyRequest(t).line)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}

// See docs/protocol/manager.md#relayed-answers.
func TestRelay_AnswersFaultsOfTheCommanderWithAnAck(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for fault, f := range map[string]struct {
		answer http.HandlerFunc
		status int
		ack    string // HOST stands for the commander's address
	}{
		"a page": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, "<h1>Internal Server Error</h1>")
		}, 502, "The commander answered with status 500 and no JSON: <h1>Internal Server Error</h1>."},
		"half an object": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ack": "Do`) },
			502, `The commander answered with status 200 and no JSON: {"ack": "Do.`},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"ack":`)
		}, 502, "The commander at HOST broke off its answer."},
		"a lost connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			502, "The commander at HOST broke off its answer."},
		"silence": {hang, 504, "The commander at HOST did not answer in time."},
		"a beginning, then silence": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"ack":`)
			_ = http.NewResponseController(w).Flush()
			hang(w, r)
		}, 504, "The commander at HOST did not answer in time."},
		"a redirection": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://elsewhere.example/")
			w.WriteHeader(http.StatusFound)
		}, 502, "The commander answered with status 302 and a redirection or worse, which cannot be passed on."},
	} {
		t.Run(fault, func(t *testing.T) {
			c := newPythonCommander(t)
			c.handleWith(f.answer)
			// Faults that hang get a short timeout, the others one that is
			// enough for a slow machine.
			limit := time.Minute
			if f.status == 504 {
				limit = 50 * time.Millisecond
			}
			h := newRelayHarness(t, c.URL, limit)
			for name, q := range requests {
				want := strings.ReplaceAll(f.ack, "HOST", strings.TrimPrefix(c.URL, "http://"))
				if name != "command" || fault != "a page" {
					want += q.outcome
				} else {
					want += " It does so if the component refused the command or could not execute it, and for a component, command or parameter that it does not know: look at the component, check the command, then see the commander's log."
				}
				text, err := json.Marshal(map[string]string{"ack": want})
				require.NoError(t, err)
				h.requireJSON(h.call(q.method, q.path, q.body, as(h.token("cmd_user"))), f.status, string(text))
			}
		})
	}
}

// The manager's own timeout is the shorter one.
func TestRelay_TimesOutACommanderThatHangs(t *testing.T) {
	c := newPythonCommander(t)
	c.handleWith(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	client, err := commanderhttp.New(c.URL)
	require.NoError(t, err)
	defer client.Close()
	h := newHarness(t, func(c *manager.Config) {
		c.Commander, c.Informer, c.Logbook, c.CommandTimeout = client, client, client, 50*time.Millisecond
	})
	began := time.Now()
	for _, q := range requests {
		h.requireJSON(h.call(q.method, q.path, q.body, as(h.token("cmd_user"))), 504,
			`{"ack": "The commander at `+strings.TrimPrefix(c.URL, "http://")+` did not answer in time.`+q.outcome+`"}`)
	}
	require.Less(t, time.Since(began), 20*time.Second, "all of them together")
}

func TestRelay_RecordsALateAnswerAndSendsTheCommandOnce(t *testing.T) {
	c := newPythonCommander(t)
	proceed := make(chan struct{})
	c.handleWith(func(w http.ResponseWriter, _ *http.Request) {
		<-proceed
		_, _ = io.WriteString(w, `{"ack": "Done"}`)
	})
	client, err := commanderhttp.New(c.URL)
	require.NoError(t, err)
	defer client.Close()
	var recorder *record.Recorder
	h := newHarness(t, func(c *manager.Config) { c.Commander, c.CommandTimeout = client, 50*time.Millisecond }, withRecorder(t),
		func(c *manager.Config) { recorder = c.Commander.(*record.Recorder) })
	got := h.call("POST", cmd, domeCmd, as(h.token("cmd_user")))
	require.Equal(t, 504, got.StatusCode)
	require.Contains(t, got.body, `{"ack":"No answer within `)
	require.Contains(t, got.body, "the record of commands will tell what came of it")
	states, _ := h.entries("")
	require.Equal(t, []string{"timed_out"}, states)
	close(proceed)
	recorder.Close(t.Context())
	states, _ = h.entries("")
	require.Equal(t, []string{"late"}, states)
	require.Equal(t, "POST /cmd/", c.onlyRequest(t).line)
}

// The commander is not behind HTTP, so the manager itself says what may have
// happened.
func TestRelay_CommanderInTheProcessThatHangsOrFails(t *testing.T) {
	for _, q := range requests {
		h := newHarness(t, func(c *manager.Config) { c.CommandTimeout = time.Millisecond })
		h.commander.hangs = true
		if q.path == "/manager/api/salinfo/metadata" {
			continue // the commander has no metadata
		}
		h.requireJSON(h.call(q.method, q.path, q.body, as(h.token("cmd_user"))), 504, `{"ack": "The commander did not answer in time.`+q.outcome+`"}`)
		h = newHarness(t) // with time enough to fail
		h.commander.err = errors.New("secret")
		h.requireJSON(h.call(q.method, q.path, q.body, as(h.token("cmd_user"))), 502, `{"ack": "The commander gave no answer.`+q.outcome+`"}`)
	}
}

func TestRelay_CommanderThatRefusesConnections(t *testing.T) {
	c := newPythonCommander(t)
	c.Close()
	h := newRelayHarness(t, c.URL, time.Minute)
	for _, q := range requests {
		h.requireJSON(h.call(q.method, q.path, q.body, as(h.token("cmd_user"))), 503,
			`{"ack": "The commander at `+strings.TrimPrefix(c.URL, "http://")+` cannot be reached. Nothing was sent: see whether it runs."}`)
	}
}

func TestRelay_Is503WithoutACommander(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.Commander, c.Informer, c.Logbook = nil, nil, nil })
	for _, q := range requests {
		h.requireJSON(h.call(q.method, q.path, q.body, as(h.token("cmd_user"))), 503,
			`{"ack": "This manager has no commander. Nothing was sent: ask whoever runs the manager to connect one."}`)
	}
	require.Equal(t, 503, h.call("POST", cmd+"check/", someCommand, as(h.token("cmd_user"))).StatusCode)
}

func TestRelay_CommanderThatIsBusy(t *testing.T) {
	c := newPythonCommander(t)
	arrived, proceed := make(chan struct{}), make(chan struct{})
	c.handleWith(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-proceed
		_, _ = io.WriteString(w, `{"ack": "Done"}`)
	})
	h := newRelayHarness(t, c.URL, time.Minute, commanderhttp.WithMaxRequests(1))
	token := as(h.token("cmd_user"))
	first := make(chan response)
	go func() { first <- h.call("POST", cmd, someCommand, token) }()
	<-arrived
	for _, q := range requests {
		got := h.call(q.method, q.path, q.body, token)
		h.requireJSON(got, 503, `{"ack": "Too many requests to the commander are under way (1). Nothing was sent: try again in a moment."}`)
		require.Equal(t, "1", got.Header.Get("Retry-After"))
	}
	close(proceed)
	h.requireJSON(<-first, 200, `{"ack": "Done"}`)
	require.Equal(t, "POST /cmd/", c.onlyRequest(t).line)
}

// The LOVE-frontend shows the ack of every answer to these.
func TestAck_IsInEveryRefusalOfACommandOrObservingLog(t *testing.T) {
	h := newHarness(t)
	token := as(h.token("cmd_user"))
	for _, path := range []string{cmd, cmd + "check/", observingLog} {
		for _, c := range []struct {
			body, kind string
			status     int
			ack        string
		}{
			{`{"csc":`, "application/json", 400, "JSON parse error - "},
			{`{"csc": NaN}`, "application/json", 400, "JSON parse error - "},
			{`{"csc": "a", "csc": "b"}`, "application/json", 400, "JSON parse error - "},
			{`[]`, "application/json", 400, "The body has to be a JSON object, it is a list."},
			{`csc=ATDome`, "application/x-www-form-urlencoded", 415, "Unsupported media type"},
			{strings.Repeat(" ", 1<<20) + "{}", "application/json", 413, "The body is larger than 1048576 bytes."},
		} {
			got := h.call("POST", path, c.body, token, header("Content-Type", c.kind))
			require.Equal(t, c.status, got.StatusCode, got.body)
			var refusal struct{ Ack, Detail string }
			require.NoError(t, json.Unmarshal([]byte(got.body), &refusal))
			require.Contains(t, refusal.Ack, c.ack, path)
			if refusal.Detail != "" {
				require.Equal(t, refusal.Ack, refusal.Detail)
			}
		}
		h.requireUnauthorized(h.call("POST", path, someCommand), noCredentials)
	}
	require.Empty(t, h.commander.calls())
	require.Empty(t, h.commander.logs)
}
