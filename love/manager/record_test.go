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

// recording puts a recorder, and perhaps an authority, before the commander.
func recording(t *testing.T, opts ...authority.Option) func(*manager.Config) {
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
func (r *rig) entries(query string) (states []string, page struct {
	Commands []map[string]any
	Next     *string
}) {
	r.t.Helper()
	got := r.call("GET", commands+query, "", as(r.token("admin")))
	require.Equal(r.t, 200, got.StatusCode, got.body)
	require.NoError(r.t, json.Unmarshal([]byte(got.body), &page))
	for _, e := range page.Commands {
		states = append(states, e["state"].(string))
	}
	return states, page
}

func TestRecord_ShowsWhoMovedTheDomeAndWhoMayNot(t *testing.T) {
	r := newRig(t, recording(t))
	r.is(r.call("POST", cmd, domeCmd, as(r.token("cmd_user"))), 200, `{"ack": "Done"}`)
	require.Equal(t, 403, r.call("POST", cmd, domeCmd, as(r.token("user"))).StatusCode)
	states, page := r.entries("")
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
	require.Len(t, r.commander.asked(), 1)
}

func TestRecord_IsFilteredAndPaged(t *testing.T) {
	r := newRig(t, recording(t))
	for _, body := range []string{domeCmd, strings.Replace(domeCmd, `"salindex": 0`, `"salindex": 1`, 1), domeCmd} {
		require.Equal(t, 200, r.call("POST", cmd, body, as(r.token("cmd_user"))).StatusCode)
		r.clock.Advance(time.Minute)
	}
	for query, n := range map[string]int{
		"?user=cmd_user": 3, "?user=admin": 0, "?csc=ATDome&salindex=1": 1, "?cmd=moveAzimuth": 3, "?cmd=cmd_moveAzimuth": 3, "?state=done": 3, "?state=failed": 0,
		"?since=2026-03-14T02:00:26Z": 2, "?until=2026-03-14T02:00:26Z": 1, "?limit=2": 2,
	} {
		states, _ := r.entries(query)
		require.Len(t, states, n, query)
	}
	_, page := r.entries("?limit=2")
	require.NotNil(t, page.Next)
	rest, last := r.entries("?limit=2&before=" + *page.Next)
	require.Len(t, rest, 1)
	require.Nil(t, last.Next)
	for query, field := range map[string]string{
		"?limit=0": "limit", "?limit=x": "limit", "?salindex=-1": "salindex", "?since=yesterday": "since", "?until=1": "until", "?state=x": "state", "?format=xml": "format", "?usr=ana": "usr",
	} {
		got := r.call("GET", commands+query, "", as(r.token("admin")))
		require.Equal(t, 400, got.StatusCode)
		require.Contains(t, got.body, `"`+field+`":[`)
	}
}

func TestRecord_AsCSV(t *testing.T) {
	r := newRig(t, recording(t))
	r.commander.ack = love.Ack{Text: `=HYPERLINK("x"), failed`}
	r.call("POST", cmd, domeCmd, as(r.token("cmd_user")))
	got := r.call("GET", commands+"?format=csv", "", as(r.token("cmd_user")))
	require.Equal(t, "text/csv; charset=utf-8", got.Header.Get("Content-Type"))
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Equal(t, []string{"time", "user"}, rows[0][1:3])
	require.Equal(t, []string{"2026-03-14T01:59:26Z", "cmd_user"}, rows[1][1:3])
	require.Equal(t, `'=HYPERLINK("x"), failed`, rows[1][15], "no formula")
	require.Empty(t, got.Header.Get("Link"), "that was all")
	got = r.call("GET", commands+"?format=csv&limit=1", "", as(r.token("cmd_user")))
	require.Equal(t, "<?before="+rows[1][0]+`&format=csv&limit=1>; rel="next"`, got.Header.Get("Link"))
}

func TestRecord_IsForWhoMayCommand(t *testing.T) {
	r := newRig(t, recording(t))
	require.Equal(t, 403, r.call("GET", commands, "", as(r.token("user"))).StatusCode)
	r.unauthorized(r.call("GET", commands, ""), noCredentials)
	without := newRig(t)
	require.Equal(t, 404, without.call("GET", commands, "", as(without.token("admin"))).StatusCode)
}

// full is a record that takes nothing more.
type full struct{ record.Store }

func (full) Begin(context.Context, love.CommandEntry) error { return errors.New("disk full") }

func TestRecord_ThatFailsRefusesTheCommand(t *testing.T) {
	r := newRig(t, func(c *manager.Config) {
		recorder := record.New(c.Commander, full{record.NewMemory(0)})
		t.Cleanup(func() { recorder.Close(context.Background()) })
		c.Commander = recorder
	})
	got := r.call("POST", cmd, domeCmd, as(r.token("cmd_user")))
	require.Equal(t, 503, got.StatusCode)
	require.Equal(t, "1", got.Header.Get("Retry-After"))
	require.Contains(t, got.body, "The command was not sent, because it cannot be recorded")
	require.Empty(t, r.commander.asked())
}

func TestCommand_IsCheckedWithoutBeingSent(t *testing.T) {
	r := newRig(t, recording(t))
	r.is(r.call("POST", cmd+"check/", domeCmd, as(r.token("cmd_user"))), 200, `{"ack": "`+commander.Unchecked+`"}`)
	require.Equal(t, 403, r.call("POST", cmd+"check/", domeCmd, as(r.token("user"))).StatusCode)
	require.Empty(t, r.commander.asked())
	states, _ := r.entries("")
	require.Empty(t, states, "nor recorded")
}

// slow is a commander that tells progress.
type slow struct{}

func (slow) Execute(ctx context.Context, _ commander.Call) (love.Ack, error) {
	commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 5})
	return love.Ack{Text: love.Done}, nil
}

func TestCommand_ProgressIsToldToWhoeverWantsIt(t *testing.T) {
	r := newRig(t, func(c *manager.Config) { c.Commander = slow{} }, recording(t))
	token := as(r.token("cmd_user"))
	r.is(r.call("POST", cmd, domeCmd, token), 200, `{"ack": "Done"}`)
	got := r.call("POST", cmd, domeCmd, token, header("Accept", commanderhttp.ProgressType))
	require.Equal(t, commanderhttp.ProgressType, got.Header.Get("Content-Type"))
	require.Equal(t, `{"progress":{"code":301,"name":"CMD_INPROGRESS","timeout":5}}`+"\n"+`{"status":200,"body":{"ack":"Done"}}`+"\n", got.body)
}

func TestSALInfo_IsNotSentAgainToWhoHasIt(t *testing.T) {
	r := newRig(t)
	r.commander.info = json.RawMessage(`{"ATDome": {"v": NaN, "x": 1.50}}`)
	const path = "/manager/api/salinfo/topic-data"
	token := as(r.token("user"))
	first := r.call("GET", path, "", token)
	require.Equal(t, `{"ATDome": {"v": null, "x": 1.50}}`, first.body)
	require.Equal(t, "private, no-cache", first.Header.Get("Cache-Control"))
	again := r.call("GET", path, "", token, header("If-None-Match", first.Header.Get("Etag")))
	require.Equal(t, http.StatusNotModified, again.StatusCode)
	require.Empty(t, again.body)
}

func TestAuthority_IsTakenShownAndReleased(t *testing.T) {
	r := newRig(t, recording(t, authority.WithApproval("MTMount")))
	ana, admin := as(r.token("cmd_user")), as(r.token("admin"))
	const path = "/manager/api/authority/"
	got := r.call("POST", path, `{"pattern": "ATDome", "seconds": 3600}`, ana)
	require.Equal(t, 201, got.StatusCode, got.body)
	var hold love.Hold
	require.NoError(t, json.Unmarshal([]byte(got.body), &hold))
	require.Equal(t, start.Add(time.Hour), hold.Until)
	require.Contains(t, r.call("GET", path, "", admin).body, `"pattern":"ATDome","user":"cmd_user"`)

	require.Equal(t, 403, r.call("POST", cmd, domeCmd, admin).StatusCode)
	require.Equal(t, 200, r.call("POST", cmd, domeCmd, ana).StatusCode)
	require.Equal(t, 409, r.call("POST", path, `{"pattern": "AT*", "seconds": 1}`, admin).StatusCode)
	states, _ := r.entries("")
	require.Equal(t, []string{"done", "refused"}, states)

	require.Equal(t, 204, r.call("DELETE", path+hold.ID+"/", "", admin).StatusCode, "an administrator may")
	require.Equal(t, 404, r.call("DELETE", path+hold.ID+"/", "", ana).StatusCode)
	require.Equal(t, 200, r.call("POST", cmd, domeCmd, admin).StatusCode)

	for body, field := range map[string]string{
		`{"pattern": "a b", "seconds": 1}`: "pattern", `{"pattern": "A", "seconds": 0}`: "seconds", `{"pattern": "A", "seconds": 1e300}`: "seconds", `{"pattern": 1}`: "non_field_errors",
	} {
		got := r.call("POST", path, body, ana)
		require.Equal(t, 400, got.StatusCode, got.body)
		require.Contains(t, got.body, field)
	}
	require.Equal(t, 403, r.call("GET", path, "", as(r.token("user"))).StatusCode)
	off := newRig(t)
	require.Equal(t, 404, off.call("GET", path, "", as(off.token("admin"))).StatusCode)
}

func TestApproval_IsASecondPersons(t *testing.T) {
	r := newRig(t, recording(t, authority.WithApproval("ATDome")))
	ana, admin := as(r.token("cmd_user")), as(r.token("admin"))
	path := r.waiting(ana)
	require.Empty(t, r.commander.asked())
	require.Equal(t, 403, r.call("POST", path, "", ana).StatusCode)
	r.is(r.call("POST", path, "", admin), 200, `{"ack": "Done"}`)
	require.Equal(t, "cmd_user@summit.example", r.commander.asked()[0].Identity)
	_, page := r.entries("?state=done")
	require.Equal(t, "admin", page.Commands[0]["approved_by"])
	require.Equal(t, 404, r.call("POST", path, "", admin).StatusCode)

	require.Equal(t, 204, r.call("DELETE", r.waiting(ana), "", admin).StatusCode)
	require.Len(t, r.commander.asked(), 1)
}

// waiting gives a command that has to be approved, and returns the path of its
// approval.
func (r *rig) waiting(giver option) string {
	r.t.Helper()
	require.Equal(r.t, 202, r.call("POST", cmd, domeCmd, giver).StatusCode)
	var shown struct{ Waiting []love.WaitingCommand }
	require.NoError(r.t, json.Unmarshal([]byte(r.call("GET", "/manager/api/authority/", "", giver).body), &shown))
	require.Len(r.t, shown.Waiting, 1)
	return "/manager/api/approvals/" + shown.Waiting[0].ID + "/"
}

func TestApproval_TakesThePermissionForTheCommand(t *testing.T) {
	r := newRig(t, recording(t, authority.WithApproval("ATDome")))
	for name, p := range map[string]auth.Permission{"lou": "Lamp:*:*", "dom": "ATDome:*:move*", "don": "ATDome:0:*"} {
		require.NoError(t, r.users.Add(t.Context(), auth.User{Username: name, Permissions: []auth.Permission{p}}, "x"))
	}
	lou, dom, don := as(r.token("lou")), as(r.token("dom")), as(r.token("don"))
	path := r.waiting(dom)
	for _, method := range []string{"POST", "DELETE"} {
		r.is(r.call(method, path, "", lou), 403, forbidden)
	}
	require.Empty(t, r.commander.asked())
	require.Contains(t, r.actions(), "lou: forbidden POST "+path+" refused")
	r.is(r.call("POST", path, "", don), 200, `{"ack": "Done"}`)

	require.Equal(t, 204, r.call("DELETE", r.waiting(dom), "", don).StatusCode)
	for _, method := range []string{"POST", "DELETE"} {
		r.is(r.call(method, path, "", lou), 404, `{"detail": "There is no such authority or approval, or its time is over."}`)
	}
	require.Len(t, r.commander.asked(), 1)
}

func TestApproval_WhoGaveTheCommandMayAlwaysDismissIt(t *testing.T) {
	r := newRig(t, recording(t, authority.WithApproval("ATDome")))
	require.NoError(t, r.users.Add(t.Context(), auth.User{Username: "dom", Permissions: []auth.Permission{"ATDome:*:*"}}, "x"))
	dom := as(r.token("dom"))
	path := r.waiting(dom)
	require.NoError(t, r.users.Store().UpdateAccount(t.Context(), "dom", func(a *auth.Account) error {
		a.Permissions = []auth.Permission{"Lamp:*:*"}
		return nil
	}))
	require.Equal(t, 204, r.call("DELETE", path, "", dom).StatusCode)
	require.Empty(t, r.commander.asked())
}

func TestAuthority_IsNotTakenByWhoMayGiveSomeCommandsOnly(t *testing.T) {
	r := newRig(t, recording(t, authority.WithApproval("MTMount")))
	require.NoError(t, r.users.Add(t.Context(), auth.User{Username: "lou", Permissions: []auth.Permission{"Lamp:*:*"}}, "x"))
	lou := as(r.token("lou"))
	const path = "/manager/api/authority/"
	for _, pattern := range []string{"ATDome", "Lamp"} {
		r.is(r.call("POST", path, `{"pattern": "`+pattern+`", "seconds": 60}`, lou), 403, forbidden)
	}
	r.is(r.call("GET", path, "", lou), 200, `{"holds": [], "waiting": []}`)
}

func TestApproval_IsAnsweredWithinTheCommandTimeout(t *testing.T) {
	r := newRig(t, func(c *manager.Config) {
		c.Authority = authority.New(c.Commander, authority.WithApproval("ATDome"), authority.WithClock(c.Clock))
		c.Commander, c.CommandTimeout = c.Authority, 50*time.Millisecond
	})
	r.commander.hangs = true // until nobody waits any more
	r.is(r.call("POST", r.waiting(as(r.token("cmd_user"))), "", as(r.token("admin"))), 504,
		`{"ack": "The commander did not answer in time. Whether the command was executed is unknown: look at the component before you repeat it."}`)
}

func TestRecord_ChangesAreEventsOfTheHub(t *testing.T) {
	var recorder *record.Recorder
	r := newRig(t, recording(t), func(c *manager.Config) { recorder = c.Record.(*record.Recorder) })
	r.commander.ack.Code = 303
	r.call("POST", cmd, domeCmd, as(r.token("cmd_user")))
	_, err := recorder.List(t.Context(), love.CommandFilter{}) // when it returns, the watchers were called
	require.NoError(t, err)
	events := r.hub.events()
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

func TestAuthority_ChangesAreEventsOfTheHubWithTheClocksTime(t *testing.T) {
	r := newRig(t, recording(t, authority.WithApproval("MTMount")))
	require.Equal(t, 201, r.call("POST", "/manager/api/authority/", `{"pattern": "ATDome", "seconds": 60}`, as(r.token("admin"))).StatusCode)
	events := r.hub.events()
	require.Len(t, events, 1)
	require.Equal(t, "authority", events[0].Data[0].Streams[0].Name)
	var samples []map[string]struct{ Value any }
	require.NoError(t, json.Unmarshal(events[0].Data[0].Streams[0].Value, &samples))
	require.Equal(t, love.TAI(start), samples[0]["timestamp"].Value)
	require.Contains(t, samples[0]["holds"].Value, `"user":"admin"`)
	require.Equal(t, "[]", samples[0]["waiting"].Value)
}
