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

func TestCommandPattern_AllowsJustTheCommandsThatFit(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.users.Add(t.Context(), auth.User{Username: "ada", Permissions: []auth.Permission{"ATDome:*:move*", "Script:1:*"}}, "x"))
	token := r.token("ada")
	require.True(t, r.session(r.call("GET", validateToken, "", as(token))).Permissions["execute_commands"], "the screen shows commands")
	for body, status := range map[string]int{
		someCommand: 200,
		`{"csc": "Script", "salindex": 1, "cmd": "cmd_stop", "params": {}}`:           200,
		`{"csc": "Script", "salindex": 1, "cmd": "stop", "params": {}}`:               200,
		`{"csc": "Script", "salindex": 2, "cmd": "cmd_stop", "params": {}}`:           403,
		`{"csc": "ATDome", "salindex": 0, "cmd": "cmd_closeShutter", "params": {}}`:   403,
		`{"csc": "MTDome", "salindex": 0, "cmd": "cmd_moveAz", "params": {}}`:         403,
		`{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAz:x", "params": {}}`:       403,
		`{"csc": "ATDome", "salindex": "0", "cmd": "cmd_moveAz", "params": {}}`:       400,
		`{"csc": "ATDome", "salindex": 0.5, "cmd": "cmd_moveAz", "params": {}}`:       400,
		`{"csc": ["ATDome"], "salindex": 0, "cmd": "cmd_moveAz", "params": {}}`:       400,
		`{"csc": "ATDome", "salindex": 0}`:                                            400,
		`{"csc": "ATDome", "CSC": "MTDome", "salindex": 0, "cmd": "cmd_moveAz"}`:      400,
		`{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAz", "Cmd": "cmd_close"}`:   400,
		`{"csc": "ATDome", "csc": "MTDome", "salindex": 0, "cmd": "cmd_moveAz"}`:      400,
		`{"csc": "ATDome", "\u0063sc": "MTDome", "salindex": 0, "cmd": "cmd_moveAz"}`: 400,
		`{"csc": "ATDome", "salindex": 0, "ſalindex": 1, "cmd": "cmd_moveAz"}`:        400,
	} {
		before := len(r.commander.asked())
		got := r.call("POST", cmd, body, as(token))
		require.Equal(t, status, got.StatusCode, "%s: %s", body, got.body)
		require.Equal(t, status == 200, len(r.commander.asked()) > before, "nothing that is refused reaches the commander")
	}
	r.is(r.call("POST", "/manager/api/lovecsc/observinglog", `{}`, as(token)), 403, forbidden)
}

func TestJSON_WithAKeyTwiceIsRefusedAtAnyDepth(t *testing.T) {
	r := newRig(t, func(c *manager.Config) { c.RelayIncomplete = true })
	token := as(r.token("cmd_user"))
	for _, body := range []string{
		`{"a": 1, "a": 1}`, `{"params": {"x": 1, "y": 2, "x": 3}}`, `{"l": [1, {"b": [], "b": {}}]}`, `{"a": {}, "b": "a", "a": 2}`, `{"é": 1, "\u00e9": 2}`,
	} {
		got := r.call("POST", cmd, body, token)
		require.Equal(t, 400, got.StatusCode, body)
		require.Contains(t, got.body, "occurs twice")
	}
	for _, body := range []string{`{"a": "a", "b": "a"}`, `{"a": {"a": {"a": 1}}, "b": [{"a": 1}, {"a": 1}]}`, `{"a": ["a", "a"], "b": true, "c": null}`} {
		require.Equal(t, 200, r.call("POST", cmd, body, token).StatusCode, body)
	}
}

func TestCommand_TellsTheCommanderWhoAndWhereFrom(t *testing.T) {
	r := newRig(t)
	r.call("POST", cmd, someCommand, as(r.token("cmd_user")))
	require.Equal(t, "cmd_user", r.commander.asked()[0].User)
	require.Equal(t, "127.0.0.1", r.commander.asked()[0].Address)
}

func TestObservingLog_IsRelayedUnchanged(t *testing.T) {
	const path = "/manager/api/lovecsc/observinglog"
	r := newRig(t)
	r.commander.ack = love.Ack{Text: "Added new observing log to SAL"}
	const log = `{"user": "somebody", "message": "é", "n": 1.50}`
	r.is(r.call("POST", path, log, as(r.token("cmd_user"))), 200, `{"ack": "Added new observing log to SAL"}`)
	require.Equal(t, []string{log}, r.commander.logs)
	r.is(r.call("POST", path, log, as(r.token("user"))), 403, forbidden)
	r.is(r.call("POST", path+"/", log, as(r.token("cmd_user"))), 404, notFound)
	none := newRig(t, func(c *manager.Config) { c.Logbook = nil })
	require.Equal(t, 503, none.call("POST", path, log, as(none.token("cmd_user"))).StatusCode)
}

// versions is a commander that still knows its metadata.
type versions struct{ *commanderDouble }

func (v versions) Metadata(context.Context) (json.RawMessage, error) {
	return json.RawMessage(`{"ATDome": {"sal_version": "7", "xml_version": "20"}}`), nil
}

func TestSALInfo_MetadataIsRelayedWhereThereIsSome(t *testing.T) {
	r := newRig(t, func(c *manager.Config) { c.Informer = versions{} })
	r.is(r.call("GET", "/manager/api/salinfo/metadata", "", as(r.token("user"))), 200, `{"ATDome": {"sal_version": "7", "xml_version": "20"}}`)
}

func TestLocation_DecidesWhoCommandsAndProxiesAreBelievedOnlyIfTrusted(t *testing.T) {
	const wrongPlace = `{"ack": "Your location is not allowed to command the observatory."}`
	at := func(whitelist string, proxies string) *rig {
		return newRig(t, func(c *manager.Config) {
			var err error
			c.TrustedProxies, err = auth.ParseNetworks(proxies)
			require.NoError(t, err)
			c.Authorizer = auth.LocationAuthorizer{Locations: auth.Whitelist(whitelist), Others: auth.RoleAuthorizer{}}
		})
	}
	claim := header("X-Real-IP", "10.9.8.7")
	r := at("10.9.8.0/24", "")
	r.is(r.call("POST", cmd, someCommand, as(r.token("admin")), claim), 403, wrongPlace)
	r.is(r.call("POST", cmd, someCommand, as(r.token("admin")), header("X-Forwarded-For", "10.9.8.7")), 403, wrongPlace)
	require.False(t, r.session(r.call("GET", validateToken, "", as(r.token("admin")))).Permissions["execute_commands"])
	require.False(t, r.session(r.call("POST", getToken, credentials("admin"))).Permissions["execute_commands"])
	require.Empty(t, r.commander.asked())

	r = at("10.9.8.0/24", "127.0.0.0/8")
	require.Equal(t, 200, r.call("POST", cmd, someCommand, as(r.token("user")), claim).StatusCode, "whoever is there")
	require.Equal(t, "10.9.8.7", r.commander.asked()[0].Address)
	require.True(t, r.session(r.call("POST", getToken, credentials("user"), claim)).Permissions["execute_commands"])
	r.is(r.call("POST", cmd, someCommand, as(r.token("user")), header("X-Real-IP", "110.9.8.7")), 403, wrongPlace)

	r = at("", "127.0.0.0/8")
	r.is(r.call("POST", cmd, someCommand, as(r.token("admin")), claim), 403, wrongPlace)
	r = at("127.0.0.1", "")
	require.Equal(t, 200, r.call("POST", cmd, someCommand, as(r.token("user"))).StatusCode)
}

func TestLogIn_ThatFailsTooOftenIsAnswered429(t *testing.T) {
	r := newRig(t)
	const wrong = `{"username": "user", "password": "x"}`
	for range 10 {
		r.is(r.call("POST", getToken, wrong), 400, wrongLogIn)
	}
	got := r.call("POST", getToken, credentials("user"))
	r.is(got, 429, `{"detail": "Too many log-ins have failed. Try again in 10 seconds."}`)
	require.Equal(t, "10", got.Header.Get("Retry-After"))
	r.is(r.call("POST", swapUser, wrong, as(r.token("admin"))), 429, `{"detail": "Too many log-ins have failed. Try again in 10 seconds."}`)
	r.session(r.call("POST", getToken, credentials("cmd_user")))
	r.clock.Advance(10 * time.Second)
	r.session(r.call("POST", getToken, credentials("user")))
	for range 40 {
		r.session(r.call("POST", getToken, credentials("user")))
	}
}

func TestLogIn_OfNamesThatDoNotExistIsLimitedAlike(t *testing.T) {
	r := newRig(t)
	for range 10 {
		r.is(r.call("POST", getToken, `{"username": "nobody", "password": "x"}`), 400, wrongLogIn)
	}
	require.Equal(t, 429, r.call("POST", getToken, `{"username": "nobody", "password": "x"}`).StatusCode)
}

func TestAudit_RecordsEveryLogInAndItsEnd(t *testing.T) {
	r := newRig(t)
	r.call("POST", getToken, `{"username": "user", "password": "x"}`)
	token := r.session(r.call("POST", getToken, credentials("user"))).Token
	p, err := r.tokens.Verify(t.Context(), token)
	require.NoError(t, err)
	swapped := r.session(r.call("POST", swapUser, credentials("cmd_user"), as(token))).Token
	r.call("DELETE", logout, "", as(swapped))
	old := r.token("user")
	r.clock.Advance(721 * time.Hour)
	r.call("GET", validateToken, "", as(old))
	records, err := r.audit.Records(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", records[0].Address)
	got := r.actions()
	require.Equal(t, []string{"user: log-in  refused", "user: log-in  done", "cmd_user: swap of users user done"}, got[:3])
	require.Contains(t, got[3], "cmd_user: log-out ")
	require.Contains(t, got[4], "token expired")
	require.NotContains(t, got[3], p.TokenID)
	require.Contains(t, r.log.String(), "msg=audit action=log-in actor=user")
}

type fullLog struct{ audit.Log }

func (fullLog) Record(context.Context, audit.Record) error {
	return errors.Join(auth.ErrUnavailable, errAway)
}

func TestLogIn_ThatCannotBeRecordedLetsNobodyIn(t *testing.T) {
	r := newRig(t, func(c *manager.Config) { c.AuditLog = fullLog{} })
	r.is(r.call("POST", getToken, credentials("user")), 503, `{"detail": "The manager cannot do this at the moment. Try again in a moment."}`)
	r.is(r.call("POST", getToken, `{"username": "user", "password": "x"}`), 400, wrongLogIn)
	require.Equal(t, 204, r.call("DELETE", logout, "", as(r.token("user"))).StatusCode, "whoever leaves may")
}
