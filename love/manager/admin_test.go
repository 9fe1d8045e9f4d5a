package manager_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/manager"
)

const (
	adminAPI     = "/manager/api/admin/"
	adminUsers   = adminAPI + "users/"
	noPermission = `{"detail": "You do not have permission to perform this action."}`
)

// userAdmin makes a user who may manage users and is no superuser, and returns
// its token.
func (r *rig) userAdmin() option {
	r.t.Helper()
	require.NoError(r.t, r.users.Add(r.t.Context(), auth.User{Username: "ada", Permissions: []auth.Permission{auth.ManageUsers}}, "secret of ada"))
	return as(r.token("ada"))
}

// actions are those in the audit records, oldest first.
func (r *rig) actions() (list []string) {
	records, err := r.audit.Records(r.t.Context(), 1000)
	require.NoError(r.t, err)
	for _, rec := range records {
		list = append([]string{rec.Actor + ": " + rec.Action + " " + rec.Subject + " " + rec.Outcome}, list...)
	}
	return list
}

func TestAdmin_TakesThePermission(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"users/", "users/admin/", "groups/", "permissions/", "tokens/", "sessions/", "audit/"} {
		r.is(r.call("GET", adminAPI+path, "", as(r.token("cmd_user"))), 403, noPermission)
		r.unauthorized(r.call("GET", adminAPI+path, ""), noCredentials)
		require.Equal(t, 200, r.call("GET", adminAPI+path, "", as(r.token("admin"))).StatusCode, path)
	}
	r.is(r.call("GET", "/manager/api/hub/", "", as(r.token("user"))), 403, noPermission)
	require.Contains(t, r.call("GET", "/manager/api/hub/", "", as(r.token("admin"))).body, "event-ATDome-0-summaryState")
	require.Contains(t, r.actions()[0], "cmd_user: forbidden GET /manager/api/admin/users/ refused")
}

func TestAdmin_MakesChangesAndRemovesUsers(t *testing.T) {
	r := newRig(t)
	admin := r.userAdmin()
	r.is(r.call("POST", adminUsers, `{"username": "bob", "password": "geheim", "email": "b@x", "groups": ["cmd"], "permissions": ["ATDome:*:move*"]}`, admin), 201,
		`{"username": "bob", "email": "b@x", "first_name": "", "last_name": "", "superuser": false, "active": true, "has_password": true,
		"groups": ["cmd"], "permissions": ["ATDome:*:move*"], "group_permissions": ["api.command.execute_command"]}`)
	bob := r.session(r.call("POST", getToken, `{"username": "bob", "password": "geheim"}`)).Token
	require.Equal(t, 200, r.call("POST", cmd, someCommand, as(bob)).StatusCode)

	r.call("PATCH", adminUsers+"bob/", `{"groups": [], "permissions": []}`, admin)
	r.is(r.call("POST", cmd, someCommand, as(bob)), 403, forbidden)
	r.call("PATCH", adminUsers+"bob/", `{"password": "neu"}`, admin)
	r.is(r.call("POST", getToken, `{"username": "bob", "password": "geheim"}`), 400, wrongLogIn)
	r.unauthorized(r.call("GET", validateToken, "", as(bob)), "Invalid Token")
	bob = r.session(r.call("POST", getToken, `{"username": "bob", "password": "neu"}`)).Token
	r.call("PATCH", adminUsers+"bob/", `{"active": false}`, admin)
	r.unauthorized(r.call("GET", validateToken, "", as(bob)), "User is not active")
	r.call("PATCH", adminUsers+"bob/", `{"active": true, "first_name": "Bob"}`, admin)
	require.Contains(t, r.call("GET", adminUsers+"bob/", "", admin).body, `"first_name":"Bob"`)
	require.Equal(t, 204, r.call("DELETE", adminUsers+"bob/", "", admin).StatusCode)
	r.is(r.call("GET", adminUsers+"bob/", "", admin), 404, notFound)
	r.is(r.call("DELETE", adminUsers+"bob/", "", admin), 404, notFound)
	r.unauthorized(r.call("GET", validateToken, "", as(bob)), "Invalid Token")
	require.Equal(t, []string{
		"ada: user added bob done", "bob: log-in  done", "ada: permission granted bob done",
		"bob: forbidden POST /manager/api/cmd/ refused", "ada: password set bob done", "bob: log-in  refused", "bob: log-in  done",
		"ada: user disabled bob done", "ada: user enabled bob done", "ada: user changed bob done", "ada: user removed bob done",
	}, r.actions())
	require.NotContains(t, r.log.String(), "geheim")
}

func TestAdmin_EachKindOfChangeHasARecordThatNamesIt(t *testing.T) {
	for _, c := range []struct {
		body string
		want []string // action and detail
	}{
		{`{"email": "u@x", "groups": ["cmd"]}`, []string{"permission granted: groups cmd", "user changed: email"}},
		{`{"first_name": "Uma", "last_name": "U", "permissions": ["ATDome:*:move*"]}`, []string{"permission granted: groups ui_framework, ATDome:*:move*", "user changed: first_name, last_name"}},
		{`{"groups": []}`, []string{"permission granted: no rights"}},
		{`{"password": "neu"}`, []string{"password set: "}},
		{`{"password": "neu", "email": "u@x", "active": false}`, []string{"user disabled: ", "user changed: email", "password set: "}},
		{`{"email": "user@fake.com", "active": true, "groups": ["ui_framework", "ui_framework"]}`, nil}, // all as it is
	} {
		r := newRig(t)
		require.Equal(t, 200, r.call("PATCH", adminUsers+"user/", c.body, as(r.token("admin"))).StatusCode)
		require.Equal(t, c.want, r.details(), c.body)
	}
}

// details are the actions in the audit records with their details, oldest first.
func (r *rig) details() (list []string) {
	records, err := r.audit.Records(r.t.Context(), 1000)
	require.NoError(r.t, err)
	for _, rec := range slices.Backward(records) {
		list = append(list, rec.Action+": "+rec.Detail)
	}
	return list
}

// failing is a store of users that changes so many accounts and then fails.
type failing struct {
	auth.UserStore
	changes int
}

func (f *failing) UpdateAccount(ctx context.Context, username string, change func(*auth.Account) error) error {
	if f.changes--; f.changes < 0 {
		return errAway
	}
	return f.UserStore.UpdateAccount(ctx, username, change)
}

func storeFailsAfter(changes int) func(*manager.Config) {
	return func(c *manager.Config) {
		c.Users = auth.NewUsers(&failing{c.Users.Store(), changes}, password.New(password.WithCost(8, 1)))
	}
}

// stubborn are tokens that do not end.
type stubborn struct{ *jwt.Tokens }

func (stubborn) RevokeAll(context.Context, string) (int, error) { return 0, errAway }

func tokensDoNotEnd(c *manager.Config) { c.Tokens = stubborn{c.Tokens.(*jwt.Tokens)} }

func TestAdmin_WhatWasDoneBeforeAFailureHasItsRecord(t *testing.T) {
	for name, c := range map[string]struct {
		change       func(*manager.Config)
		method, user string
		body         string
		want         []string
	}{
		"the password is not set":          {storeFailsAfter(1), "PATCH", "user/", `{"email": "u@x", "groups": ["cmd"], "password": "neu"}`, []string{"permission granted: groups cmd", "user changed: email"}},
		"nothing is changed":               {storeFailsAfter(0), "PATCH", "user/", `{"email": "u@x", "password": "neu"}`, nil},
		"the tokens do not end":            {tokensDoNotEnd, "PATCH", "user/", `{"password": "neu"}`, []string{"password set: "}},
		"a disabled user gets no password": {storeFailsAfter(0), "POST", "", `{"username": "bob", "password": "x", "groups": ["cmd"], "active": false}`, []string{"user added: groups cmd"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.change)
			require.Equal(t, 500, r.call(c.method, adminUsers+c.user, c.body, as(r.token("admin"))).StatusCode)
			require.Equal(t, c.want, r.details())
		})
	}
}

func TestAdmin_AUserAddedAsDisabledIsNeverActive(t *testing.T) {
	const bob = `{"username": "bob", "password": "geheim", "active": false}`
	r := newRig(t, storeFailsAfter(0))
	require.Equal(t, 500, r.call("POST", adminUsers, bob, as(r.token("admin"))).StatusCode)
	a, err := r.users.Store().Account(t.Context(), "bob")
	require.NoError(t, err)
	require.True(t, a.Disabled)

	r = newRig(t)
	admin := as(r.token("admin"))
	require.Contains(t, r.call("POST", adminUsers, bob, admin).body, `"active":false,"has_password":true`)
	r.is(r.call("POST", getToken, `{"username": "bob", "password": "geheim"}`), 400, wrongLogIn)
	r.call("PATCH", adminUsers+"bob/", `{"active": true}`, admin)
	r.session(r.call("POST", getToken, `{"username": "bob", "password": "geheim"}`))
}

// late are tokens whose ending fails from the second time on.
type late struct {
	*jwt.Tokens
	ended int
}

func (l *late) RevokeAll(ctx context.Context, username string) (int, error) {
	if l.ended++; l.ended > 1 {
		return 0, errAway
	}
	return l.Tokens.RevokeAll(ctx, username)
}

func TestAdmin_ARemovedUserHasARecordWhateverBecomesOfTheTokens(t *testing.T) {
	r := newRig(t, func(c *manager.Config) { c.Tokens = &late{Tokens: c.Tokens.(*jwt.Tokens)} })
	require.Equal(t, 500, r.call("DELETE", adminUsers+"user/", "", as(r.token("admin"))).StatusCode)
	require.Equal(t, []string{"user removed: "}, r.details())
}

func TestAdmin_RefusesWhatMakesNoSense(t *testing.T) {
	r := newRig(t)
	admin := r.userAdmin()
	for body, want := range map[string]string{
		`{"username": "user", "password": "x"}`:                        "already exists",
		`{"username": "a b", "password": "x"}`:                         "not usable",
		`{"username": "a/b", "password": "x"}`:                         "not usable",
		`{"username": "bob"}`:                                          "needs a username and a password",
		`{"username": "bob", "password": ""}`:                          "needs a username and a password",
		`{"username": "bob", "password": "x", "groups": ["nothing"]}`:  "no such group",
		`{"username": "bob", "password": "x", "permissions": ["fly"]}`: "is not a permission",
		`{"username": "bob", "password": "x", "groups": "cmd"}`:        `"groups":["Not a valid`,
		`{"username": "bob", "password": "x", "is_superuser": true}`:   "is_superuser",
		`{"username": "bob", "password": "x", "email": "a\nb"}`:        "control characters",
		`{"username": "bob", "username": "admin", "password": "x"}`:    "occurs twice",
		`[]`: "Expected an object",
		``:   "Expected an object",
		`{`:  "parse error",
	} {
		got := r.call("POST", adminUsers, body, admin)
		require.Equal(t, 400, got.StatusCode, body)
		require.Contains(t, got.body, want)
	}
	for body, want := range map[string]string{
		`{"username": "other"}`:   "cannot be renamed",
		`{"password": ""}`:        "blank",
		`{"groups": ["nothing"]}`: "no such group",
	} {
		got := r.call("PATCH", adminUsers+"user/", body, admin)
		require.Equal(t, 400, got.StatusCode, body)
		require.Contains(t, got.body, want)
	}
	require.Equal(t, 400, r.call("PUT", adminAPI+"groups/night/", `{}`, admin).StatusCode)
	require.Equal(t, 400, r.call("PUT", adminAPI+"groups/night/", `{"permissions": ["fly"]}`, admin).StatusCode)
	require.Equal(t, 400, r.call("PUT", adminAPI+"groups/a%20b/", `{"permissions": []}`, admin).StatusCode)
	for _, limit := range []string{"0", "1001", "x"} {
		require.Equal(t, 400, r.call("GET", adminAPI+"audit/?limit="+limit, "", admin).StatusCode)
	}
	require.Equal(t, 400, r.call("DELETE", adminAPI+"tokens/", "", admin).StatusCode, "not all tokens of all users")
}

func TestAdmin_WhoIsNoSuperuserCannotTouchOrBecomeOne(t *testing.T) {
	r := newRig(t)
	admin := r.userAdmin()
	r.is(r.call("POST", adminUsers, `{"username": "bob", "password": "x", "superuser": true}`, admin), 403, noPermission)
	r.is(r.call("PATCH", adminUsers+"ada/", `{"superuser": true}`, admin), 403, noPermission)
	r.is(r.call("PATCH", adminUsers+"admin/", `{"password": "mine"}`, admin), 403, noPermission)
	r.is(r.call("DELETE", adminUsers+"admin/", "", admin), 403, noPermission)
	r.session(r.call("POST", getToken, credentials("admin")))
}

func TestAdmin_NobodyLocksHimselfOut(t *testing.T) {
	r := newRig(t)
	admin := as(r.token("admin"))
	for _, body := range []string{`{"active": false}`, `{"superuser": false}`} {
		require.Equal(t, 400, r.call("PATCH", adminUsers+"admin/", body, admin).StatusCode)
	}
	require.Equal(t, 400, r.call("DELETE", adminUsers+"admin/", "", admin).StatusCode)
	r.session(r.call("GET", validateToken, "", admin))
}

func TestAdmin_GroupsGiveTheirPermissionsAtOnce(t *testing.T) {
	r := newRig(t)
	admin := r.userAdmin()
	night := adminAPI + "groups/night/"
	r.is(r.call("PUT", night, `{"permissions": ["ATDome:*:move*", "ATDome:*:move*"]}`, admin), 200, `{"name": "night", "permissions": ["ATDome:*:move*"]}`)
	r.call("PATCH", adminUsers+"user/", `{"groups": ["night"]}`, admin)
	user := as(r.token("user"))
	require.Equal(t, 200, r.call("POST", cmd, someCommand, user).StatusCode)
	r.call("PUT", night, `{"permissions": []}`, admin)
	r.is(r.call("POST", cmd, someCommand, user), 403, forbidden)
	require.Contains(t, r.call("GET", adminAPI+"groups/", "", admin).body, `{"name":"night","permissions":[]}`)
	require.Equal(t, 204, r.call("DELETE", night, "", admin).StatusCode)
	r.is(r.call("DELETE", night, "", admin), 404, notFound)
	var permissions []string
	require.NoError(t, json.Unmarshal([]byte(r.call("GET", adminAPI+"permissions/", "", admin).body), &permissions))
	require.Contains(t, permissions, "ui_framework.add_view")
}

func TestAdmin_EndsTokens(t *testing.T) {
	r := newRig(t)
	admin := as(r.token("admin"))
	one, two := r.token("user"), r.token("user")
	p, err := r.tokens.Verify(t.Context(), one)
	require.NoError(t, err)
	got := r.call("GET", adminAPI+"tokens/?username=user", "", admin)
	require.Contains(t, got.body, p.TokenID)
	require.NotContains(t, got.body, one)

	require.Equal(t, 204, r.call("DELETE", adminAPI+"tokens/"+p.TokenID+"/", "", admin).StatusCode)
	r.unauthorized(r.call("GET", validateToken, "", as(one)), "Invalid Token")
	require.Equal(t, []string{p.TokenID}, r.hub.closed())
	r.is(r.call("DELETE", adminAPI+"tokens/"+p.TokenID+"/", "", admin), 404, notFound)
	r.is(r.call("DELETE", adminAPI+"tokens/?username=user", "", admin), 200, `{"revoked": 1}`)
	r.unauthorized(r.call("GET", validateToken, "", as(two)), "Invalid Token")
	require.Equal(t, 409, r.call("POST", adminAPI+"keys/", "", admin).StatusCode, "the rig's key is given")
	require.Contains(t, r.call("GET", adminAPI+"audit/?limit=1", "", admin).body, `"action":"token revoked"`)
	require.Contains(t, r.call("GET", adminAPI+"sessions/", "", admin).body, `"principal":"ada"`)
}

func TestAdmin_OfAnIdentitySystemThatCannotIs404(t *testing.T) {
	r := newRig(t)
	token := as(r.token("admin"))
	bare := newRig(t, func(c *manager.Config) {
		c.Users, c.Tokens, c.Hub = nil, struct{ auth.Tokens }{r.tokens}, struct{ manager.Hub }{c.Hub}
	})
	for _, c := range []struct{ method, path, body string }{
		{"GET", "users/", ""}, {"POST", "users/", "{}"}, {"GET", "users/user/", ""}, {"PATCH", "users/user/", "{}"}, {"DELETE", "users/user/", ""},
		{"GET", "groups/", ""}, {"PUT", "groups/x/", `{"permissions": []}`}, {"DELETE", "groups/x/", ""},
		{"GET", "tokens/", ""}, {"DELETE", "tokens/?username=user", ""}, {"DELETE", "tokens/x/", ""}, {"GET", "sessions/", ""}, {"POST", "keys/", ""},
	} {
		bare.is(bare.call(c.method, adminAPI+c.path, c.body, token), 404, notFound)
	}
	bare.is(bare.call("GET", "/manager/api/hub/", "", token), 404, notFound)
}

func TestSockets_OfAUserWhoIsDisabledOrRemovedClose(t *testing.T) {
	r := newRig(t)
	admin := as(r.token("admin"))
	r.call("PATCH", adminUsers+"user/", `{"first_name": "Uma"}`, admin)
	require.Empty(t, r.hub.closed(), "other changes close nothing")
	r.call("PATCH", adminUsers+"user/", `{"active": false}`, admin)
	closed := func(want ...string) {
		t.Helper()
		require.Eventually(t, func() bool { return slices.Equal(want, r.hub.closed()) }, 10*time.Second, time.Millisecond)
	}
	closed("sockets of user")
	r.call("DELETE", adminUsers+"cmd_user/", "", admin)
	closed("sockets of user", "sockets of cmd_user")
}

func TestNames_AreFoundWhateverTheyHold(t *testing.T) {
	r := newRig(t)
	admin := as(r.token("admin"))
	for _, name := range []string{"o'hara", "名前", "a%b", "a?b", "a.b@c+d-e", "..", ":name"} {
		body, err := json.Marshal(map[string]string{"username": name, "password": "x"})
		require.NoError(t, err)
		require.Equal(t, 201, r.call("POST", adminUsers, string(body), admin).StatusCode, name)
		path := adminUsers + strings.NewReplacer("%", "%25", "?", "%3F", " ", "%20").Replace(name) + "/"
		require.Equal(t, 200, r.call("GET", path, "", admin).StatusCode, name)
	}
}
