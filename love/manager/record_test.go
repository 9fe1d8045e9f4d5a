package manager_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/manager"
)

// withRecorder puts a recorder and, with options, an authority before the commander.
func withRecorder(t *testing.T, opts ...authority.Option) func(*manager.Config) {
	return func(c *manager.Config) {
		recorder := record.New(c.Commander, record.NewMemory(0), record.WithManager("one"), record.WithClock(c.Clock), record.WithStatus(commanderhttp.Status))
		t.Cleanup(func() { recorder.Close(context.Background()) })
		c.Commander, c.Record = recorder, recorder
		if opts != nil {
			c.Authority = authority.New(recorder, append(opts, authority.WithRecorder(recorder), authority.WithClock(c.Clock))...)
			c.Commander = c.Authority
		}
	}
}

const (
	commands = "/manager/api/commands/"
	domeCmd  = `{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": 90.50}}`
)

// entries reads a page of the record.
func (h *harness) entries(query string) (states []string, page struct {
	Commands []map[string]any
	Next     *string
}) {
	h.t.Helper()
	got := h.call("GET", commands+query, "", as(h.token("admin")))
	require.Equal(h.t, 200, got.StatusCode, got.body)
	require.NoError(h.t, json.Unmarshal([]byte(got.body), &page))
	for _, e := range page.Commands {
		states = append(states, e["state"].(string))
	}
	return states, page
}

func TestRecord_ShowsExecutedAndForbiddenCommands(t *testing.T) {
	h := newHarness(t, withRecorder(t))
	h.requireJSON(h.call("POST", cmd, domeCmd, as(h.token("cmd_user"))), 200, `{"ack": "Done"}`)
	require.Equal(t, 403, h.call("POST", cmd, domeCmd, as(h.token("user"))).StatusCode)
	states, page := h.entries("")
	require.Equal(t, []string{"refused", "done"}, states)
	require.Equal(t, "user", page.Commands[0]["user"])
	require.EqualValues(t, 403, page.Commands[0]["status"])
	require.Equal(t, "Your user is not allowed to command the observatory.", page.Commands[0]["result"])
	e := page.Commands[1]
	delete(e, "id")
	require.Equal(t, map[string]any{
		"time": "2026-03-14T01:59:26Z", "user": "cmd_user", "identity": "cmd_user@summit.example", "address": "127.0.0.1", "manager": "one", "approved_by": "",
		"csc": "ATDome", "salindex": 0.0, "cmd": "cmd_moveAzimuth", "params": map[string]any{"azimuth": 90.5},
		"state": "done", "status": 200.0, "code": 0.0, "result": "Done", "duration": 0.0,
	}, e)
	require.Len(t, h.commander.calls(), 1)
}

func TestRecord_IsFilteredAndPaged(t *testing.T) {
	h := newHarness(t, withRecorder(t))
	for _, body := range []string{domeCmd, strings.Replace(domeCmd, `"salindex": 0`, `"salindex": 1`, 1), domeCmd} {
		require.Equal(t, 200, h.call("POST", cmd, body, as(h.token("cmd_user"))).StatusCode)
		h.clock.Advance(time.Minute)
	}
	for query, n := range map[string]int{
		"?user=cmd_user": 3, "?user=admin": 0, "?csc=ATDome&salindex=1": 1, "?cmd=moveAzimuth": 3, "?cmd=cmd_moveAzimuth": 3, "?state=done": 3, "?state=failed": 0,
		"?since=2026-03-14T02:00:26Z": 2, "?until=2026-03-14T02:00:26Z": 1, "?limit=2": 2,
	} {
		states, _ := h.entries(query)
		require.Len(t, states, n, query)
	}
	_, page := h.entries("?limit=2")
	require.NotNil(t, page.Next)
	rest, last := h.entries("?limit=2&before=" + *page.Next)
	require.Len(t, rest, 1)
	require.Nil(t, last.Next)
	for query, field := range map[string]string{
		"?limit=0": "limit", "?limit=x": "limit", "?salindex=-1": "salindex", "?since=yesterday": "since", "?until=1": "until", "?state=x": "state", "?format=xml": "format", "?usr=ana": "usr",
	} {
		got := h.call("GET", commands+query, "", as(h.token("admin")))
		require.Equal(t, 400, got.StatusCode)
		require.Contains(t, got.body, `"`+field+`":[`)
	}
}

func TestRecord_AsCSV(t *testing.T) {
	h := newHarness(t, withRecorder(t))
	h.commander.ack = love.Ack{Text: `=HYPERLINK("x"), failed`}
	h.call("POST", cmd, domeCmd, as(h.token("cmd_user")))
	got := h.call("GET", commands+"?format=csv", "", as(h.token("cmd_user")))
	require.Equal(t, "text/csv; charset=utf-8", got.Header.Get("Content-Type"))
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Equal(t, []string{"time", "user"}, rows[0][1:3])
	require.Equal(t, []string{"2026-03-14T01:59:26Z", "cmd_user"}, rows[1][1:3])
	require.Equal(t, `'=HYPERLINK("x"), failed`, rows[1][15], "not a formula")
	require.Empty(t, got.Header.Get("Link"), "it is the last page")
	got = h.call("GET", commands+"?format=csv&limit=1", "", as(h.token("cmd_user")))
	require.Equal(t, "<?before="+rows[1][0]+`&format=csv&limit=1>; rel="next"`, got.Header.Get("Link"))
}

func TestRecord_AsCSVHasNoFormulas(t *testing.T) {
	for text, cell := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\t=1": "'\t=1", "\tx": "'\tx", "\n=1": "'\n=1", "\x00=1": "'\x00=1",
		"＝1+1": "'＝1+1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", " ＝1": "' ＝1", "\u200b=1": "'\u200b=1", "\ufeff=1": "'\ufeff=1", "\u3000=1": "'\u3000=1",
		"Done": "Done", "a=1": "a=1", "x;=1": "x;=1", "x\t=1": "x\t=1", `a"b`: `a"b`, "é": "é", "'=": "'=",
	} {
		h := newHarness(t, withRecorder(t))
		h.commander.ack = love.Ack{Text: text}
		h.call("POST", cmd, domeCmd, as(h.token("cmd_user")))
		got := h.call("GET", commands+"?format=csv", "", as(h.token("cmd_user")))
		rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
		require.NoError(t, err)
		require.Equal(t, cell, rows[1][15], "%q", text)
		if strings.ContainsAny(text, ";\t") {
			require.Contains(t, got.body, `"`+cell+`"`, "one cell for whoever takes ; or a tab for its end")
		}
	}
}

func TestRecord_NeedsThePermissionToCommand(t *testing.T) {
	h := newHarness(t, withRecorder(t))
	require.Equal(t, 403, h.call("GET", commands, "", as(h.token("user"))).StatusCode)
	h.requireUnauthorized(h.call("GET", commands, ""), noCredentials)
	without := newHarness(t)
	require.Equal(t, 404, without.call("GET", commands, "", as(without.token("admin"))).StatusCode)
}

func TestRecord_ShowsWhatIsRefusedBeforeTheCommander(t *testing.T) {
	h := newHarness(t, withRecorder(t))
	require.NoError(t, h.users.Add(t.Context(), auth.User{Username: "ada", Permissions: []auth.Permission{"ATDome:*:*"}}, "x"))
	for _, user := range []string{"cmd_user", "ada", "user"} {
		for _, body := range []string{`{"csc":"ATDome"}`, `{"csc":"ATDome","salindex":0,"cmd":"","params":{}}`, `{"CSC":"ATDome"}`} {
			status := 400
			if user == "user" {
				status = 403
			}
			got := h.call("POST", cmd, body, as(h.token(user)))
			require.Equal(t, status, got.StatusCode)
			states, page := h.entries("?limit=1")
			require.Equal(t, []string{"refused"}, states)
			e := page.Commands[0]
			require.Equal(t, user, e["user"])
			require.EqualValues(t, status, e["status"])
			shown := map[string]string{}
			require.NoError(t, json.Unmarshal([]byte(got.body), &shown))
			require.Equal(t, shown["ack"], e["result"])
			params, err := json.Marshal(e["params"])
			require.NoError(t, err)
			require.JSONEq(t, body, string(params))
		}
		for _, body := range []string{``, `{`, `[]`, `{"csc":1,"csc":2}`} {
			before, _ := h.entries("")
			require.NotEqual(t, 200, h.call("POST", cmd, body, as(h.token(user))).StatusCode)
			after, _ := h.entries("")
			require.Equal(t, before, after, "not a JSON object")
		}
	}
	require.Empty(t, h.commander.calls())
}

// brokenAuthorizer cannot check any permission to command.
type brokenAuthorizer struct{ auth.Authorizer }

func (a brokenAuthorizer) Authorize(ctx context.Context, who auth.Principal, needed auth.Permission) error {
	if needed.IsCommand() || needed == auth.ExecuteCommand && who.Name() == "cmd_user" {
		return errUnavailable
	}
	return a.Authorizer.Authorize(ctx, who, needed)
}

func TestRecord_ACommandWhosePermissionCouldNotBeCheckedIsNotForbidden(t *testing.T) {
	h := newHarness(t, withRecorder(t), func(c *manager.Config) { c.Authorizer = brokenAuthorizer{auth.RoleAuthorizer{Users: c.Users}} })
	require.Equal(t, 503, h.call("POST", cmd, domeCmd, as(h.token("cmd_user"))).StatusCode)
	_, page := h.entries("")
	require.Len(t, page.Commands, 1)
	require.EqualValues(t, 503, page.Commands[0]["status"])
	require.Equal(t, "The manager cannot do this at the moment. Try again in a moment.", page.Commands[0]["result"])
}

// fullRecord accepts no more entries.
type fullRecord struct{ record.Store }

func (fullRecord) Begin(context.Context, love.CommandEntry) error { return errors.New("disk full") }

func TestRecord_RefusesTheCommandIfItFails(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) {
		recorder := record.New(c.Commander, fullRecord{record.NewMemory(0)})
		t.Cleanup(func() { recorder.Close(context.Background()) })
		c.Commander = recorder
	})
	got := h.call("POST", cmd, domeCmd, as(h.token("cmd_user")))
	require.Equal(t, 503, got.StatusCode)
	require.Equal(t, "1", got.Header.Get("Retry-After"))
	require.Contains(t, got.body, "The command was not sent, because it cannot be recorded")
	require.Empty(t, h.commander.calls())
}

func TestCommand_CanBeCheckedWithoutSendingIt(t *testing.T) {
	h := newHarness(t, withRecorder(t))
	h.requireJSON(h.call("POST", cmd+"check/", domeCmd, as(h.token("cmd_user"))), 200, `{"ack": "`+commander.Unchecked+`"}`)
	require.NoError(t, h.users.Add(t.Context(), auth.User{Username: "ada", Permissions: []auth.Permission{"MTDome:*:*"}}, "x"))
	for _, user := range []string{"user", "ada"} {
		require.Equal(t, 403, h.call("POST", cmd+"check/", domeCmd, as(h.token(user))).StatusCode)
	}
	require.Equal(t, 400, h.call("POST", cmd+"check/", `{}`, as(h.token("cmd_user"))).StatusCode)
	require.Empty(t, h.commander.calls())
	states, _ := h.entries("")
	require.Empty(t, states, "it is not recorded either")
}

// progressCommander reports progress.
type progressCommander struct{}

func (progressCommander) Execute(ctx context.Context, _ commander.Call) (love.Ack, error) {
	commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 5})
	return love.Ack{Text: love.Done}, nil
}

func TestCommand_ReportsProgressToAClientThatAcceptsIt(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.Commander = progressCommander{} }, withRecorder(t))
	token := as(h.token("cmd_user"))
	h.requireJSON(h.call("POST", cmd, domeCmd, token), 200, `{"ack": "Done"}`)
	got := h.call("POST", cmd, domeCmd, token, header("Accept", commanderhttp.ProgressType))
	require.Equal(t, commanderhttp.ProgressType, got.Header.Get("Content-Type"))
	require.Equal(t, `{"progress":{"code":301,"name":"CMD_INPROGRESS","timeout":5}}`+"\n"+`{"status":200,"body":{"ack":"Done"}}`+"\n", got.body)
}

func TestSALInfo_IsNotSentAgainIfUnchanged(t *testing.T) {
	h := newHarness(t)
	h.commander.info = json.RawMessage(`{"ATDome": {"v": NaN, "x": 1.50}}`)
	const path = "/manager/api/salinfo/topic-data"
	token := as(h.token("user"))
	first := h.call("GET", path, "", token)
	require.Equal(t, `{"ATDome": {"v": null, "x": 1.50}}`, first.body)
	require.Equal(t, "private, no-cache", first.Header.Get("Cache-Control"))
	again := h.call("GET", path, "", token, header("If-None-Match", first.Header.Get("Etag")))
	require.Equal(t, http.StatusNotModified, again.StatusCode)
	require.Empty(t, again.body)
}

func TestAuthority_CanBeTakenShownAndReleased(t *testing.T) {
	h := newHarness(t, withRecorder(t, authority.WithApproval("MTMount")))
	ana, admin := as(h.token("cmd_user")), as(h.token("admin"))
	const path = "/manager/api/authority/"
	got := h.call("POST", path, `{"pattern": "ATDome", "seconds": 3600}`, ana)
	require.Equal(t, 201, got.StatusCode, got.body)
	var hold love.Hold
	require.NoError(t, json.Unmarshal([]byte(got.body), &hold))
	require.Equal(t, start.Add(time.Hour), hold.Until)
	require.Contains(t, h.call("GET", path, "", admin).body, `"pattern":"ATDome","user":"cmd_user"`)

	require.Equal(t, 403, h.call("POST", cmd, domeCmd, admin).StatusCode)
	require.Equal(t, 200, h.call("POST", cmd, domeCmd, ana).StatusCode)
	require.Equal(t, 409, h.call("POST", path, `{"pattern": "AT*", "seconds": 1}`, admin).StatusCode)
	states, _ := h.entries("")
	require.Equal(t, []string{"done", "refused"}, states)

	require.Equal(t, 204, h.call("DELETE", path+hold.ID+"/", "", admin).StatusCode, "by an administrator")
	require.Equal(t, 404, h.call("DELETE", path+hold.ID+"/", "", ana).StatusCode)
	require.Equal(t, 200, h.call("POST", cmd, domeCmd, admin).StatusCode)

	for body, field := range map[string]string{
		`{"pattern": "a b", "seconds": 1}`: "pattern", `{"pattern": "A", "seconds": 0}`: "seconds", `{"pattern": "A", "seconds": 1e300}`: "seconds", `{"pattern": 1}`: "pattern",
		`{"pattern": "A"}`: "non_field_errors", `{"Pattern": "A", "seconds": 1}`: "Pattern", ``: "non_field_errors", `{"pattern": "A", "seconds": 1, "until": 2}`: "until",
	} {
		got := h.call("POST", path, body, ana)
		require.Equal(t, 400, got.StatusCode, got.body)
		require.Contains(t, got.body, field)
	}
	require.Equal(t, 403, h.call("GET", path, "", as(h.token("user"))).StatusCode)
	off := newHarness(t)
	require.Equal(t, 404, off.call("GET", path, "", as(off.token("admin"))).StatusCode)
}

func TestApproval_IsGivenByASecondPerson(t *testing.T) {
	h := newHarness(t, withRecorder(t, authority.WithApproval("ATDome")))
	ana, admin := as(h.token("cmd_user")), as(h.token("admin"))
	path := h.awaitApproval(ana)
	require.Empty(t, h.commander.calls())
	require.Equal(t, 403, h.call("POST", path, "", ana).StatusCode)
	h.requireJSON(h.call("POST", path, "", admin), 200, `{"ack": "Done"}`)
	require.Equal(t, "cmd_user@summit.example", h.commander.calls()[0].Identity)
	_, page := h.entries("?state=done")
	require.Equal(t, "admin", page.Commands[0]["approved_by"])
	require.Equal(t, 404, h.call("POST", path, "", admin).StatusCode)

	require.Equal(t, 204, h.call("DELETE", h.awaitApproval(ana), "", admin).StatusCode)
	require.Len(t, h.commander.calls(), 1)
}

// awaitApproval gives a command that needs approval, and returns the path of its
// approval.
func (h *harness) awaitApproval(giver option) string {
	h.t.Helper()
	require.Equal(h.t, 202, h.call("POST", cmd, domeCmd, giver).StatusCode)
	var shown struct{ Waiting []love.WaitingCommand }
	require.NoError(h.t, json.Unmarshal([]byte(h.call("GET", "/manager/api/authority/", "", giver).body), &shown))
	require.Len(h.t, shown.Waiting, 1)
	return "/manager/api/approvals/" + shown.Waiting[0].ID + "/"
}

func TestApproval_NeedsThePermissionForTheCommand(t *testing.T) {
	h := newHarness(t, withRecorder(t, authority.WithApproval("ATDome")))
	for name, p := range map[string]auth.Permission{"lou": "Lamp:*:*", "dom": "ATDome:*:move*", "don": "ATDome:0:*"} {
		require.NoError(t, h.users.Add(t.Context(), auth.User{Username: name, Permissions: []auth.Permission{p}}, "x"))
	}
	lou, dom, don := as(h.token("lou")), as(h.token("dom")), as(h.token("don"))
	path := h.awaitApproval(dom)
	for _, method := range []string{"POST", "DELETE"} {
		h.requireJSON(h.call(method, path, "", lou), 403, forbidden)
	}
	require.Empty(t, h.commander.calls())
	require.Contains(t, h.auditActions(), "lou: forbidden POST "+path+" refused")
	h.requireJSON(h.call("POST", path, "", don), 200, `{"ack": "Done"}`)

	require.Equal(t, 204, h.call("DELETE", h.awaitApproval(dom), "", don).StatusCode)
	for _, method := range []string{"POST", "DELETE"} {
		h.requireJSON(h.call(method, path, "", lou), 404, `{"detail": "There is no such authority or approval, or its time is over."}`)
	}
	require.Len(t, h.commander.calls(), 1)
}

func TestApproval_TheGiverMayAlwaysDismissTheCommand(t *testing.T) {
	h := newHarness(t, withRecorder(t, authority.WithApproval("ATDome")))
	require.NoError(t, h.users.Add(t.Context(), auth.User{Username: "dom", Permissions: []auth.Permission{"ATDome:*:*"}}, "x"))
	dom := as(h.token("dom"))
	path := h.awaitApproval(dom)
	require.NoError(t, h.users.Store().UpdateAccount(t.Context(), "dom", func(a *auth.Account) error {
		a.Permissions = []auth.Permission{"Lamp:*:*"}
		return nil
	}))
	require.Equal(t, 204, h.call("DELETE", path, "", dom).StatusCode)
	require.Empty(t, h.commander.calls())
}

func TestAuthority_NeedsThePermissionForAllCommands(t *testing.T) {
	h := newHarness(t, withRecorder(t, authority.WithApproval("MTMount")))
	require.NoError(t, h.users.Add(t.Context(), auth.User{Username: "lou", Permissions: []auth.Permission{"Lamp:*:*"}}, "x"))
	lou := as(h.token("lou"))
	const path = "/manager/api/authority/"
	for _, pattern := range []string{"ATDome", "Lamp"} {
		h.requireJSON(h.call("POST", path, `{"pattern": "`+pattern+`", "seconds": 60}`, lou), 403, forbidden)
	}
	h.requireJSON(h.call("GET", path, "", lou), 200, `{"holds": [], "waiting": []}`)
}

func TestApproval_TimesOutLikeACommand(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) {
		c.Authority = authority.New(c.Commander, authority.WithApproval("ATDome"), authority.WithClock(c.Clock))
		c.Commander, c.CommandTimeout = c.Authority, 50*time.Millisecond
	})
	h.commander.hangs = true // until its caller stops waiting
	h.requireJSON(h.call("POST", h.awaitApproval(as(h.token("cmd_user"))), "", as(h.token("admin"))), 504,
		`{"ack": "The commander did not answer in time. Whether the command was executed is unknown: look at the component before you repeat it."}`)
}

func TestRecord_PublishesChanges(t *testing.T) {
	var recorder *record.Recorder
	h := newHarness(t, withRecorder(t), func(c *manager.Config) { recorder = c.Record.(*record.Recorder) })
	h.commander.ack.Code = 303
	h.call("POST", cmd, domeCmd, as(h.token("cmd_user")))
	_, err := recorder.List(t.Context(), love.CommandFilter{}) // when it returns, the watchers were called
	require.NoError(t, err)
	events := h.hub.events()
	require.Len(t, events, 2)
	var states, durations []any
	for _, e := range events {
		require.Equal(t, love.CategoryEvent, e.Category)
		require.Equal(t, "Hub", e.Data[0].CSC)
		require.Equal(t, "commands", e.Data[0].Streams[0].Name)
		value := e.Data[0].Streams[0].Value
		var samples []map[string]struct {
			Value           any
			DataType, Units string
		}
		require.NoError(t, json.Unmarshal(value, &samples))
		require.Equal(t, `{"azimuth": 90.50}`, samples[0]["params"].Value)
		require.Equal(t, "String", samples[0]["params"].DataType)
		require.Equal(t, love.TAI(start), samples[0]["timestamp"].Value)
		require.Equal(t, "second", samples[0]["duration"].Units)
		require.NotContains(t, string(value), "127.0.0.1", "everybody may subscribe")
		states, durations = append(states, samples[0]["state"].Value), append(durations, samples[0]["duration"].Value)
	}
	require.Equal(t, []any{"pending", "done"}, states)
	require.Equal(t, []any{nil, 0.0}, durations)
}

func TestAuthority_PublishesChangesWithTheTimeOfTheClock(t *testing.T) {
	h := newHarness(t, withRecorder(t, authority.WithApproval("MTMount")))
	require.Equal(t, 201, h.call("POST", "/manager/api/authority/", `{"pattern": "ATDome", "seconds": 60}`, as(h.token("admin"))).StatusCode)
	events := h.hub.events()
	require.Len(t, events, 1)
	require.Equal(t, "authority", events[0].Data[0].Streams[0].Name)
	var samples []map[string]struct{ Value any }
	require.NoError(t, json.Unmarshal(events[0].Data[0].Streams[0].Value, &samples))
	require.Equal(t, love.TAI(start), samples[0]["timestamp"].Value)
	require.Contains(t, samples[0]["holds"].Value, `"user":"admin"`)
	require.Equal(t, "[]", samples[0]["waiting"].Value)
}
