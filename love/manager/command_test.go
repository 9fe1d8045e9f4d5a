package manager_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/manager"
)

const (
	cmd         = "/manager/api/cmd/"
	someCommand = `{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": 90.0}}`
	forbidden   = `{"ack": "Your user is not allowed to command the observatory."}`
)

func TestCommand_ReachesTheCommanderWithTheIdentityOfTheUser(t *testing.T) {
	h := newHarness(t)
	for _, user := range []string{"cmd_user", "admin"} {
		h.requireJSON(h.call("POST", cmd, someCommand, as(h.token(user))), 200, `{"ack": "Done"}`)
	}
	asked := h.commander.calls()
	require.Len(t, asked, 2)
	require.Equal(t, "cmd_user@summit.example", asked[0].Identity)
	require.Equal(t, "admin@summit.example", asked[1].Identity)
	require.Equal(t, someCommand, string(asked[0].Posted), "numbers keep their form")
}

func TestCommand_IdentityCannotBeForged(t *testing.T) {
	h := newHarness(t)
	forged := strings.Replace(someCommand, "{", `{"identity": "admin@summit", `, 1)
	require.Equal(t, 200, h.call("POST", cmd, forged, as(h.token("cmd_user"))).StatusCode)
	require.Equal(t, "cmd_user@summit.example", h.commander.calls()[0].Identity)
}

func TestCommand_IdentityHasTheHostNameWithoutAServerURL(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.ServerURL = "" })
	h.call("POST", cmd, someCommand, as(h.token("cmd_user")))
	host, err := os.Hostname()
	require.NoError(t, err)
	require.Equal(t, "cmd_user@"+host, h.commander.calls()[0].Identity)
}

func TestCommand_NeedsThePermission(t *testing.T) {
	h := newHarness(t)
	h.requireJSON(h.call("POST", cmd, someCommand, as(h.token("user"))), 403, forbidden)
	h.requireUnauthorized(h.call("POST", cmd, someCommand), noCredentials)
	require.Empty(t, h.commander.calls(), "nothing reaches the commander")
}

func TestCommand_RefusesIncompleteCommands(t *testing.T) {
	h := newHarness(t)
	for body, ack := range map[string]string{
		`{"anything": 1}`: `reading the command: \"csc\" is missing; a command has \"csc\", \"salindex\", \"cmd\" and \"params\"`,
		`{"csc": "ATDome", "salindex": 0, "cmd": 1, "params": {}}`:                  `reading the command: \"cmd\" must be the name of a command such as \"cmd_moveAzimuth\", not 1`,
		`{"csc": "ATDome", "salindex": 0, "cmd": "x", "params": {}, "CSC": "Test"}`: `reading the command: \"CSC\" is not a key of a command: write \"csc\"`,
	} {
		h.requireJSON(h.call("POST", cmd, body, as(h.token("cmd_user"))), 400, `{"ack": "`+ack+`"}`)
		h.requireJSON(h.call("POST", cmd+"check/", body, as(h.token("cmd_user"))), 400, `{"ack": "`+ack+`"}`)
	}
	require.Empty(t, h.commander.calls())
}

func TestCommand_RelaysIncompleteCommandsIfConfigured(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.RelayIncomplete = true })
	for _, body := range []string{`{}`, `{"anything": "é", "n": 12345678901234567890}`, " \n{\"a\": 1} "} {
		require.Equal(t, 200, h.call("POST", cmd, body, as(h.token("cmd_user"))).StatusCode)
	}
	asked := h.commander.calls()
	require.Len(t, asked, 3)
	require.Equal(t, `{"anything": "é", "n": 12345678901234567890}`, string(asked[1].Posted))
	require.Equal(t, love.Command{Identity: "cmd_user@summit.example"}, asked[1].Command)
}

func TestCommand_BodyMustBeAJSONObject(t *testing.T) {
	h := newHarness(t)
	token := as(h.token("cmd_user"))
	for body, what := range map[string]string{"": "empty", "[]": "a list", "null": "null", `"x"`: "a text", "1": "a number", "true": "a boolean"} {
		h.requireJSON(h.call("POST", cmd, body, token), 400, `{"ack": "The body has to be a JSON object, it is `+what+`."}`)
	}
	for _, body := range []string{`{"csc":`, `{`, `}`, `{"a": NaN}`, `{'a': 1}`, "\ufeff{}", "{\"a\": \"\xff\"}", strings.Repeat("[", 20000)} {
		got := h.call("POST", cmd, body, token)
		require.Equal(t, 400, got.StatusCode)
		require.Contains(t, got.body, `{"detail":"JSON parse error - `)
	}
	require.Empty(t, h.commander.calls())
}

func TestCommand_AnswersWithTheAnswerOfTheCommander(t *testing.T) {
	for name, c := range map[string]struct {
		ack    love.Ack
		err    error
		status int
		want   string
	}{
		"success":   {ack: love.Ack{Text: "Done", Code: 303}, status: 200, want: `{"ack": "Done", "code": 303}`},
		"a failure": {ack: love.Ack{Text: "Failed: no power", Code: -302, Error: 7}, status: 200, want: `{"ack": "Failed: no power", "code": -302, "error": 7}`},
		"one over HTTP": {ack: love.Ack{Text: "Done", Raw: []byte(`{"ack": "Done", "extra": [1, {"x": null}]}`)}, status: 200,
			want: `{"ack": "Done", "extra": [1, {"x": null}]}`},
		"a status": {err: &commander.Error{Kind: commander.Refused, Text: "no", Answered: true, Err: &commanderhttp.StatusError{Status: 418, Body: []byte(`{"ack": "no", "x": 1}`)}},
			status: 418, want: `{"ack": "no", "x": 1}`},
		"a refusal":  {err: commander.Refuse("there is no field x"), status: 400, want: `{"ack": "there is no field x"}`},
		"a time-out": {err: &commander.Error{Kind: commander.TimedOut, Text: "too slow", Code: 301}, status: 504, want: `{"ack": "too slow", "code": 301}`},
		"unreachable": {err: &commander.Error{Kind: commander.NotSent, Text: "see whether it runs", Err: errors.New("secret")}, status: 503,
			want: `{"ack": "see whether it runs"}`},
		"an error": {err: errors.New("secret"), status: 502,
			want: `{"ack": "The commander gave no answer. Whether the command was executed is unknown: look at the component before you repeat it."}`},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			h.commander.ack, h.commander.err = c.ack, c.err
			h.requireJSON(h.call("POST", cmd, someCommand, as(h.token("cmd_user"))), c.status, c.want)
			fault := c.err != nil && commander.ErrorOf(c.err, "").Fault()
			require.Equal(t, fault, strings.Contains(h.log.String(), "the commander gave no acknowledgement"))
			if fault {
				h.call("POST", "/manager/api/cmd/", `{"csc": "MTHexapod", "salindex": 2, "cmd": "cmd_move", "params": {}}`, as(h.token("cmd_user")))
				require.Contains(t, h.log.String(), `csc=MTHexapod salindex=2 cmd=cmd_move identity=cmd_user@summit.example path=/manager/api/cmd/`)
			}
		})
	}
}

func TestCommand_PassesOnWhenToRetry(t *testing.T) {
	h := newHarness(t)
	h.commander.err = &commander.Error{Kind: commander.Busy, Text: "busy", RetryAfter: 1500 * time.Millisecond}
	got := h.call("POST", cmd, someCommand, as(h.token("cmd_user")))
	h.requireJSON(got, 503, `{"ack": "busy"}`)
	require.Equal(t, "2", got.Header.Get("Retry-After"))
}

func TestCommand_Is503WithoutACommander(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.Commander, c.Informer = nil, nil })
	const want = `{"ack": "This manager has no commander. Nothing was sent: ask whoever runs the manager to connect one."}`
	h.requireJSON(h.call("POST", cmd, someCommand, as(h.token("cmd_user"))), 503, want)
	h.requireJSON(h.call("GET", "/manager/api/salinfo/topic-names", "", as(h.token("user"))), 503, want)
	h.requireJSON(h.call("GET", "/manager/api/salinfo/topic-data", "", as(h.token("user"))), 503, want)
}

func TestCommand_Is504IfTheCommanderHangs(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.CommandTimeout = time.Millisecond })
	h.commander.hangs = true
	h.requireJSON(h.call("POST", cmd, someCommand, as(h.token("cmd_user"))), 504,
		`{"ack": "The commander did not answer in time. Whether the command was executed is unknown: look at the component before you repeat it."}`)
	require.Greater(t, manager.DefaultCommandTimeout, 10*time.Second, "longer than the commander's own")
}

func TestSALInfo_RelaysOnlyTheCategories(t *testing.T) {
	h := newHarness(t)
	want := `{"Watcher": {"event_names": ["alarm"], "x": 1.5}}`
	h.commander.info = json.RawMessage(want)
	for _, path := range []string{
		"topic-names", "topic-names?categories=telemetry", "topic-names?other=1",
		"topic-data", "topic-data?categories=event-command&other=1", "topic-data?categories=event%20telemetry%26x%3D1",
	} {
		h.requireJSON(h.call("GET", "/manager/api/salinfo/"+path, "", as(h.token("user"))), 200, want)
	}
	require.Equal(t, []string{"names:", "names:telemetry", "names:", "data:", "data:event-command", "data:event telemetry&x=1"}, h.commander.categories)

	h.commander.err = &commander.Error{Kind: commander.Refused, Err: &commanderhttp.StatusError{Status: 404, Body: []byte(`{"error": "none"}`)}}
	h.requireJSON(h.call("GET", "/manager/api/salinfo/topic-names", "", as(h.token("user"))), 404, `{"error": "none"}`)
}

func TestSALInfo_LargeAnswersPass(t *testing.T) {
	h := newHarness(t)
	body := `{"Csc": ["` + strings.Repeat("topic_with_a_long_name\", \"", 50000) + `"]}`
	h.commander.info = json.RawMessage(body)
	got := h.call("GET", "/manager/api/salinfo/topic-data", "", as(h.token("user")))
	require.Equal(t, 200, got.StatusCode)
	require.Greater(t, len(got.body), 1<<20)
}

func TestSALInfo_MetadataIs404WithoutAMetadataInformer(t *testing.T) {
	h := newHarness(t)
	h.requireJSON(h.call("GET", "/manager/api/salinfo/metadata", "", as(h.token("user"))), 404, `{"detail": "Not found."}`)
	h.requireUnauthorized(h.call("GET", "/manager/api/salinfo/metadata", ""), noCredentials)
}
