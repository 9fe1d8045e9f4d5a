package manager_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/manager"
)

func TestCommandPattern_AllowsOnlyMatchingCommands(t *testing.T) {
	h := newHarness(t)
	require.NoError(t, h.users.Add(t.Context(), auth.User{Username: "ada", Permissions: []auth.Permission{"ATDome:*:move*", "Script:1:*"}}, "x"))
	token := h.token("ada")
	require.True(t, h.session(h.call("GET", validateToken, "", as(token))).Permissions["execute_commands"], "the frontend shows commands")
	for body, status := range map[string]int{
		someCommand: 200,
		`{"csc": "Script", "salindex": 1, "cmd": "cmd_stop", "params": {}}`:           200,
		`{"csc": "Script", "salindex": 1, "cmd": "stop", "params": {}}`:               200,
		`{"csc": "Script", "salindex": 2, "cmd": "cmd_stop", "params": {}}`:           403,
		`{"csc": "ATDome", "salindex": 0, "cmd": "cmd_closeShutter", "params": {}}`:   403,
		`{"csc": "MTDome", "salindex": 0, "cmd": "cmd_moveAz", "params": {}}`:         403,
		`{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAz:x", "params": {}}`:       403,
		`{"csc": "Script", "salindex": "1", "cmd": "cmd_stop", "params": {}}`:         200,
		`{"csc": "Script", "salindex": "2", "cmd": "cmd_stop", "params": {}}`:         403,
		`{"csc": "Script", "salindex": 2.0, "cmd": "cmd_stop", "params": {}}`:         403,
		`{"csc": "Script", "salindex": "1_2", "cmd": "cmd_stop", "params": {}}`:       400,
		`{"csc": "ATDome", "salindex": 0.5, "cmd": "cmd_moveAz", "params": {}}`:       400,
		`{"csc": ["ATDome"], "salindex": 0, "cmd": "cmd_moveAz", "params": {}}`:       400,
		`{"csc": "ATDome", "salindex": 0}`:                                            400,
		`{"csc": "ATDome", "CSC": "MTDome", "salindex": 0, "cmd": "cmd_moveAz"}`:      400,
		`{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAz", "Cmd": "cmd_close"}`:   400,
		`{"csc": "ATDome", "csc": "MTDome", "salindex": 0, "cmd": "cmd_moveAz"}`:      400,
		`{"csc": "ATDome", "\u0063sc": "MTDome", "salindex": 0, "cmd": "cmd_moveAz"}`: 400,
		`{"csc": "ATDome", "salindex": 0, "ſalindex": 1, "cmd": "cmd_moveAz"}`:        400,
	} {
		before := len(h.commander.calls())
		got := h.call("POST", cmd, body, as(token))
		require.Equal(t, status, got.StatusCode, "%s: %s", body, got.body)
		require.Equal(t, status == 200, len(h.commander.calls()) > before, "a refused command does not reach the commander")
	}
	h.requireJSON(h.call("POST", "/manager/api/lovecsc/observinglog", `{}`, as(token)), 403, forbidden)
}

func TestJSON_ARepeatedKeyIsRefusedAtAnyDepth(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.RelayIncomplete = true })
	token := as(h.token("cmd_user"))
	for _, body := range []string{
		`{"a": 1, "a": 1}`, `{"params": {"x": 1, "y": 2, "x": 3}}`, `{"l": [1, {"b": [], "b": {}}]}`, `{"a": {}, "b": "a", "a": 2}`, `{"é": 1, "\u00e9": 2}`,
	} {
		got := h.call("POST", cmd, body, token)
		require.Equal(t, 400, got.StatusCode, body)
		require.Contains(t, got.body, "occurs twice")
	}
	for _, body := range []string{`{"a": "a", "b": "a"}`, `{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 1}]}`, `{"a": ["a", "a"], "b": true, "c": null}`} {
		require.Equal(t, 200, h.call("POST", cmd, body, token).StatusCode, body)
	}
}

func TestCommand_HasTheUserAndTheirAddress(t *testing.T) {
	h := newHarness(t)
	h.call("POST", cmd, someCommand, as(h.token("cmd_user")))
	require.Equal(t, "cmd_user", h.commander.calls()[0].User)
	require.Equal(t, "127.0.0.1", h.commander.calls()[0].Address)
}

func TestObservingLog_IsRelayedUnchanged(t *testing.T) {
	const path = "/manager/api/lovecsc/observinglog"
	h := newHarness(t)
	h.commander.ack = love.Ack{Text: "Added new observing log to SAL"}
	const log = `{"user": "somebody", "message": "é", "n": 1.50}`
	h.requireJSON(h.call("POST", path, log, as(h.token("cmd_user"))), 200, `{"ack": "Added new observing log to SAL"}`)
	require.Equal(t, []string{log}, h.commander.logs)
	h.requireJSON(h.call("POST", path, log, as(h.token("user"))), 403, forbidden)
	h.requireJSON(h.call("POST", path+"/", log, as(h.token("cmd_user"))), 404, notFound)
	none := newHarness(t, func(c *manager.Config) { c.Logbook = nil })
	require.Equal(t, 503, none.call("POST", path, log, as(none.token("cmd_user"))).StatusCode)
}

// metadataCommander is a commander that has metadata.
type metadataCommander struct{ *fakeCommander }

func (v metadataCommander) Metadata(context.Context) (json.RawMessage, error) {
	return json.RawMessage(`{"ATDome": {"sal_version": "7", "xml_version": "20"}}`), nil
}

func TestSALInfo_RelaysTheMetadataOfAMetadataInformer(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.Informer = metadataCommander{} })
	h.requireJSON(h.call("GET", "/manager/api/salinfo/metadata", "", as(h.token("user"))), 200, `{"ATDome": {"sal_version": "7", "xml_version": "20"}}`)
}

func TestLocation_DecidesWhoMayCommandAndOnlyTrustedProxiesGiveIt(t *testing.T) {
	const wrongPlace = `{"ack": "Your location is not allowed to command the observatory."}`
	at := func(whitelist string, proxies string) *harness {
		return newHarness(t, func(c *manager.Config) {
			var err error
			c.TrustedProxies, err = auth.ParseNetworks(proxies)
			require.NoError(t, err)
			c.Authorizer = auth.LocationAuthorizer{Locations: auth.Whitelist(whitelist), Others: auth.RoleAuthorizer{}}
		})
	}
	claim := header("X-Real-IP", "10.9.8.7")
	h := at("10.9.8.0/24", "")
	h.requireJSON(h.call("POST", cmd, someCommand, as(h.token("admin")), claim), 403, wrongPlace)
	h.requireJSON(h.call("POST", cmd, someCommand, as(h.token("admin")), header("X-Forwarded-For", "10.9.8.7")), 403, wrongPlace)
	require.False(t, h.session(h.call("GET", validateToken, "", as(h.token("admin")))).Permissions["execute_commands"])
	require.False(t, h.session(h.call("POST", getToken, credentials("admin"))).Permissions["execute_commands"])
	require.Empty(t, h.commander.calls())

	h = at("10.9.8.0/24", "127.0.0.0/8")
	require.Equal(t, 200, h.call("POST", cmd, someCommand, as(h.token("user")), claim).StatusCode, "every user there may")
	require.Equal(t, "10.9.8.7", h.commander.calls()[0].Address)
	require.True(t, h.session(h.call("POST", getToken, credentials("user"), claim)).Permissions["execute_commands"])
	h.requireJSON(h.call("POST", cmd, someCommand, as(h.token("user")), header("X-Real-IP", "110.9.8.7")), 403, wrongPlace)

	h = at("", "127.0.0.0/8")
	h.requireJSON(h.call("POST", cmd, someCommand, as(h.token("admin")), claim), 403, wrongPlace)
	h = at("127.0.0.1", "")
	require.Equal(t, 200, h.call("POST", cmd, someCommand, as(h.token("user"))).StatusCode)
}

func TestLogIn_Is429AfterTooManyFailures(t *testing.T) {
	h := newHarness(t)
	const wrong = `{"username": "user", "password": "x"}`
	for range 10 {
		h.requireJSON(h.call("POST", getToken, wrong), 400, wrongLogIn)
	}
	got := h.call("POST", getToken, credentials("user"))
	h.requireJSON(got, 429, `{"detail": "Too many log-ins have failed. Try again in 10 seconds."}`)
	require.Equal(t, "10", got.Header.Get("Retry-After"))
	h.requireJSON(h.call("POST", swapUser, wrong, as(h.token("admin"))), 429, `{"detail": "Too many log-ins have failed. Try again in 10 seconds."}`)
	h.session(h.call("POST", getToken, credentials("cmd_user")))
	h.clock.Advance(10 * time.Second)
	h.session(h.call("POST", getToken, credentials("user")))
	for range 40 {
		h.session(h.call("POST", getToken, credentials("user")))
	}
}

func TestLogIn_IsLimitedForNamesThatDoNotExist(t *testing.T) {
	h := newHarness(t)
	for range 10 {
		h.requireJSON(h.call("POST", getToken, `{"username": "nobody", "password": "x"}`), 400, wrongLogIn)
	}
	require.Equal(t, 429, h.call("POST", getToken, `{"username": "nobody", "password": "x"}`).StatusCode)
}

func TestAudit_RecordsLogInsAndLogOuts(t *testing.T) {
	h := newHarness(t)
	h.call("POST", getToken, `{"username": "user", "password": "x"}`)
	token := h.session(h.call("POST", getToken, credentials("user"))).Token
	p, err := h.tokens.Verify(t.Context(), token)
	require.NoError(t, err)
	swapped := h.session(h.call("POST", swapUser, credentials("cmd_user"), as(token))).Token
	h.call("DELETE", logout, "", as(swapped))
	old := h.token("user")
	h.clock.Advance(721 * time.Hour)
	h.call("GET", validateToken, "", as(old))
	records, err := h.audit.Records(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", records[0].Address)
	got := h.auditActions()
	require.Equal(t, []string{"user: log-in  refused", "user: log-in  done", "cmd_user: swap of users user done"}, got[:3])
	require.Contains(t, got[3], "cmd_user: log-out ")
	require.Contains(t, got[4], "token expired")
	require.NotContains(t, got[3], p.TokenID)
	require.Contains(t, h.log.String(), "msg=audit action=log-in actor=user")
}

type fullLog struct{ audit.Log }

func (fullLog) Record(context.Context, audit.Record) error {
	return errors.Join(auth.ErrUnavailable, errUnavailable)
}

func TestLogIn_FailsIfItCannotBeRecorded(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.AuditLog = fullLog{} })
	h.requireJSON(h.call("POST", getToken, credentials("user")), 503, `{"detail": "The manager cannot do this at the moment. Try again in a moment."}`)
	h.requireJSON(h.call("POST", getToken, `{"username": "user", "password": "x"}`), 400, wrongLogIn)
	require.Equal(t, 204, h.call("DELETE", logout, "", as(h.token("user"))).StatusCode, "a log-out is not refused")
}
