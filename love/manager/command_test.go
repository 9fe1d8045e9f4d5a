package manager_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/manager"
)

const (
	cmd         = "/manager/api/cmd/"
	someCommand = `{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": 90.0}}`
	forbidden   = `{"ack": "Your user is not allowed to command the observatory."}`
)

func TestCommand_ReachesTheCommanderWithTheIdentityOfTheUser(t *testing.T) {
	r := newRig(t)
	for _, user := range []string{"cmd_user", "admin"} {
		r.is(r.call("POST", cmd, someCommand, as(r.token(user))), 200, `{"ack": "Done"}`)
	}
	asked := r.commander.asked()
	require.Len(t, asked, 2)
	require.Equal(t, "cmd_user@summit.example", asked[0].Identity)
	require.Equal(t, "admin@summit.example", asked[1].Identity)
	require.Equal(t, someCommand, string(asked[0].Body), "numbers keep their form")
}

func TestCommand_IdentityCannotBeForged(t *testing.T) {
	r := newRig(t)
	r.call("POST", cmd, `{"csc": "ATDome", "identity": "admin@summit"}`, as(r.token("cmd_user")))
	require.Equal(t, "cmd_user@summit.example", r.commander.asked()[0].Identity)
}

func TestCommand_IdentityNamesTheMachineWithoutAServerURL(t *testing.T) {
	r := newRig(t, func(c *manager.Config) { c.ServerURL = "" })
	r.call("POST", cmd, someCommand, as(r.token("cmd_user")))
	host, err := os.Hostname()
	require.NoError(t, err)
	require.Equal(t, "cmd_user@"+host, r.commander.asked()[0].Identity)
}

func TestCommand_NeedsThePermission(t *testing.T) {
	r := newRig(t)
	r.is(r.call("POST", cmd, someCommand, as(r.token("user"))), 403, forbidden)
	r.unauthorized(r.call("POST", cmd, someCommand), noCredentials)
	require.Empty(t, r.commander.asked(), "nothing reaches the commander")
}

func TestCommand_ContentIsTheCommandersToCheck(t *testing.T) {
	r := newRig(t)
	for _, body := range []string{`{}`, `{"anything": "é", "n": 12345678901234567890}`, " \n{\"a\": 1} "} {
		require.Equal(t, 200, r.call("POST", cmd, body, as(r.token("cmd_user"))).StatusCode)
	}
	asked := r.commander.asked()
	require.Len(t, asked, 3)
	require.Equal(t, `{"anything": "é", "n": 12345678901234567890}`, string(asked[1].Body))
}

func TestCommand_BodyHasToBeAJSONObject(t *testing.T) {
	r := newRig(t)
	token := as(r.token("cmd_user"))
	for body, what := range map[string]string{"": "empty", "[]": "a list", "null": "null", `"x"`: "a text", "1": "a number", "true": "a boolean"} {
		r.is(r.call("POST", cmd, body, token), 400, `{"ack": "The body has to be a JSON object, it is `+what+`."}`)
	}
	for _, body := range []string{`{"csc":`, `{`, `}`, `{"a": NaN}`, `{'a': 1}`, "\ufeff{}", "{\"a\": \"\xff\"}", strings.Repeat("[", 20000)} {
		got := r.call("POST", cmd, body, token)
		require.Equal(t, 400, got.StatusCode)
		require.Contains(t, got.body, `{"detail":"JSON parse error - `)
	}
	require.Empty(t, r.commander.asked())
}

func TestCommand_AnswerIsPassedOn(t *testing.T) {
	for status, ack := range map[int]string{
		200: "Command failed: not enabled",
		400: "Request must have JSON data with the following keys: csc",
		500: "internal",
		504: "Command time out. No ack received from component.",
	} {
		r := newRig(t)
		body := `{"ack": "` + ack + `", "extra": [1, {"x": null}]}`
		r.commander.reply = commander.Reply{Status: status, Body: json.RawMessage(body)}
		r.is(r.call("POST", cmd, someCommand, as(r.token("cmd_user"))), status, body)
	}
}

func TestCommand_NumbersThatJSONDoesNotHaveBecomeNullInTheAnswer(t *testing.T) {
	r := newRig(t)
	r.commander.reply = commander.Reply{Status: 200, Body: json.RawMessage(`{"ack": "NaN", "v": [NaN, -Infinity, 1.50]}`)}
	got := r.call("POST", cmd, someCommand, as(r.token("cmd_user")))
	r.is(got, 200, `{"ack": "NaN", "v": [null, null, 1.5]}`)
}

func TestCommand_WithoutACommanderIsAnswered503(t *testing.T) {
	r := newRig(t, func(c *manager.Config) { c.Commander, c.Informer = nil, nil })
	const want = `{"ack": "This manager has no commander. Nothing was sent: ask whoever runs the manager to connect one."}`
	r.is(r.call("POST", cmd, someCommand, as(r.token("cmd_user"))), 503, want)
	r.is(r.call("GET", "/manager/api/salinfo/topic-names", "", as(r.token("user"))), 503, want)
	r.is(r.call("GET", "/manager/api/salinfo/topic-data", "", as(r.token("user"))), 503, want)
}

func TestCommand_ACommanderThatFailsGives502WithAnAck(t *testing.T) {
	for name, c := range map[string]struct {
		reply commander.Reply
		err   error
		ack   string
	}{
		"an error":       {err: errors.New("secret"), ack: "The commander gave no answer. Whether the command was executed is unknown: look at the component before you repeat it."},
		"not reachable":  {err: &commander.NoReplyError{Status: 502, Text: "see whether it runs"}, ack: "see whether it runs"},
		"not JSON":       {reply: commander.Reply{Status: 400, Body: json.RawMessage("<html>")}, ack: "The commander answered with status 400 and no JSON: <html>."},
		"no body":        {reply: commander.Reply{Status: 200}, ack: "The commander answered with status 200 and no JSON: an empty body."},
		"no status":      {reply: commander.Reply{Body: json.RawMessage("{}")}, ack: "The commander answered with status 0 and a redirection or worse, which cannot be passed on."},
		"strange status": {reply: commander.Reply{Status: 101, Body: json.RawMessage("{}")}, ack: "The commander answered with status 101 and a redirection or worse, which cannot be passed on."},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.commander.reply, r.commander.err = c.reply, c.err
			r.is(r.call("POST", cmd, someCommand, as(r.token("cmd_user"))), 502, `{"ack": "`+c.ack+`"}`)
			require.Contains(t, r.log.String(), "the commander gave no answer")
		})
	}
}

func TestCommand_ACommanderThatHangsGives504AfterABoundedTime(t *testing.T) {
	r := newRig(t, func(c *manager.Config) { c.CommandTimeout = time.Millisecond })
	r.commander.hangs = true
	r.is(r.call("POST", cmd, someCommand, as(r.token("cmd_user"))), 504,
		`{"ack": "The commander did not answer in time. Whether the command was executed is unknown: look at the component before you repeat it."}`)
	require.Greater(t, manager.DefaultCommandTimeout, 10*time.Second, "longer than the commander's own")
}

func TestSALInfo_RelaysTheCategoriesAndNothingElse(t *testing.T) {
	r := newRig(t)
	want := `{"Watcher": {"event_names": ["alarm"], "x": 1.5}}`
	r.commander.reply = commander.Reply{Status: 200, Body: json.RawMessage(want)}
	for _, path := range []string{
		"topic-names", "topic-names?categories=telemetry", "topic-names?other=1",
		"topic-data", "topic-data?categories=event-command&other=1", "topic-data?categories=event%20telemetry%26x%3D1",
	} {
		r.is(r.call("GET", "/manager/api/salinfo/"+path, "", as(r.token("user"))), 200, want)
	}
	require.Equal(t, []string{"names:", "names:telemetry", "names:", "data:", "data:event-command", "data:event telemetry&x=1"}, r.commander.categories)

	r.commander.reply = commander.Reply{Status: 404, Body: json.RawMessage(`{"error": "none"}`)}
	r.is(r.call("GET", "/manager/api/salinfo/topic-names", "", as(r.token("user"))), 404, `{"error": "none"}`)
}

func TestSALInfo_LargeAnswersPass(t *testing.T) {
	r := newRig(t)
	body := `{"Csc": ["` + strings.Repeat("topic_with_a_long_name\", \"", 50000) + `"]}`
	r.commander.reply = commander.Reply{Status: 200, Body: json.RawMessage(body)}
	got := r.call("GET", "/manager/api/salinfo/topic-data", "", as(r.token("user")))
	require.Equal(t, 200, got.StatusCode)
	require.Greater(t, len(got.body), 1<<20)
}

func TestSALInfo_MetadataIsNoMore(t *testing.T) {
	r := newRig(t)
	r.is(r.call("GET", "/manager/api/salinfo/metadata", "", as(r.token("user"))), 404, `{"detail": "Not found."}`)
	r.unauthorized(r.call("GET", "/manager/api/salinfo/metadata", ""), noCredentials)
}
