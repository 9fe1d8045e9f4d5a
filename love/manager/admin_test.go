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

// userAdmin makes a user who may manage users and is not a superuser, but holds all
// that the others do, and returns the token.
func (h *harness) userAdmin() option {
	h.t.Helper()
	ada := auth.User{Username: "ada", Permissions: []auth.Permission{auth.ManageUsers}, Groups: []string{auth.GroupCommand, auth.GroupUIFramework}}
	require.NoError(h.t, h.users.Add(h.t.Context(), ada, "secret of ada"))
	return as(h.token("ada"))
}

// auditActions returns the actions in the audit records, the oldest first.
func (h *harness) auditActions() (list []string) {
	records, err := h.audit.Records(h.t.Context(), 1000)
	require.NoError(h.t, err)
	for _, rec := range records {
		list = append([]string{rec.Actor + ": " + rec.Action + " " + rec.Subject + " " + rec.Outcome}, list...)
	}
	return list
}

func TestAdmin_NeedsThePermission(t *testing.T) {
	h := newHarness(t)
	for _, path := range []string{"users/", "users/admin/", "groups/", "permissions/", "tokens/", "sessions/", "sessions/A-7/", "audit/"} {
		h.requireJSON(h.call("GET", adminAPI+path, "", as(h.token("cmd_user"))), 403, noPermission)
		h.requireUnauthorized(h.call("GET", adminAPI+path, ""), noCredentials)
		require.Equal(t, 200, h.call("GET", adminAPI+path, "", as(h.token("admin"))).StatusCode, path)
	}
	h.requireJSON(h.call("GET", "/manager/api/hub/", "", as(h.token("user"))), 403, noPermission)
	require.Contains(t, h.call("GET", "/manager/api/hub/", "", as(h.token("admin"))).body, "event-ATDome-0-summaryState")
	require.Contains(t, h.auditActions()[0], "cmd_user: forbidden GET /manager/api/admin/users/ refused")
}

func TestAdmin_AddsChangesAndRemovesUsers(t *testing.T) {
	h := newHarness(t)
	admin := h.userAdmin()
	h.requireJSON(h.call("POST", adminUsers, `{"username": "bob", "password": "geheim", "email": "b@x", "groups": ["cmd"], "permissions": ["ATDome:*:move*"]}`, admin), 201,
		`{"username": "bob", "email": "b@x", "first_name": "", "last_name": "", "superuser": false, "active": true, "has_password": true,
		"groups": ["cmd"], "permissions": ["ATDome:*:move*"], "group_permissions": ["api.command.execute_command"]}`)
	bob := h.session(h.call("POST", getToken, `{"username": "bob", "password": "geheim"}`)).Token
	require.Equal(t, 200, h.call("POST", cmd, someCommand, as(bob)).StatusCode)

	h.call("PATCH", adminUsers+"bob/", `{"groups": [], "permissions": []}`, admin)
	h.requireJSON(h.call("POST", cmd, someCommand, as(bob)), 403, forbidden)
	h.call("PATCH", adminUsers+"bob/", `{"password": "neu"}`, admin)
	h.requireJSON(h.call("POST", getToken, `{"username": "bob", "password": "geheim"}`), 400, wrongLogIn)
	h.requireUnauthorized(h.call("GET", validateToken, "", as(bob)), "Invalid Token")
	bob = h.session(h.call("POST", getToken, `{"username": "bob", "password": "neu"}`)).Token
	h.call("PATCH", adminUsers+"bob/", `{"active": false}`, admin)
	h.requireUnauthorized(h.call("GET", validateToken, "", as(bob)), "User is not active")
	h.call("PATCH", adminUsers+"bob/", `{"active": true, "first_name": "Bob"}`, admin)
	require.Contains(t, h.call("GET", adminUsers+"bob/", "", admin).body, `"first_name":"Bob"`)
	require.Equal(t, 204, h.call("DELETE", adminUsers+"bob/", "", admin).StatusCode)
	h.requireJSON(h.call("GET", adminUsers+"bob/", "", admin), 404, notFound)
	h.requireJSON(h.call("DELETE", adminUsers+"bob/", "", admin), 404, notFound)
	h.requireUnauthorized(h.call("GET", validateToken, "", as(bob)), "Invalid Token")
	require.Equal(t, []string{
		"ada: user added bob done", "bob: log-in  done", "ada: permission granted bob done",
		"bob: forbidden POST /manager/api/cmd/ refused", "ada: password set bob done", "bob: log-in  refused", "bob: log-in  done",
		"ada: user disabled bob done", "ada: user enabled bob done", "ada: user changed bob done", "ada: user removed bob done",
	}, h.auditActions())
	require.NotContains(t, h.log.String(), "geheim")
}

func TestAdmin_RecordsEachKindOfChange(t *testing.T) {
	for _, c := range []struct {
		body string
		want []string // action and detail
	}{
		{`{"email": "u@x", "groups": ["cmd"]}`, []string{"permission granted: groups cmd", "user changed: email"}},
		{`{"first_name": "Uma", "last_name": "U", "permissions": ["ATDome:*:move*"]}`, []string{"permission granted: groups ui_framework, ATDome:*:move*", "user changed: first_name, last_name"}},
		{`{"groups": []}`, []string{"permission granted: no rights"}},
		{`{"password": "neu"}`, []string{"password set: "}},
		{`{"password": "neu", "email": "u@x", "active": false}`, []string{"user disabled: ", "user changed: email", "password set: "}},
		{`{"email": "user@fake.com", "active": true, "groups": ["ui_framework", "ui_framework"]}`, nil}, // nothing changes
	} {
		h := newHarness(t)
		require.Equal(t, 200, h.call("PATCH", adminUsers+"user/", c.body, as(h.token("admin"))).StatusCode)
		require.Equal(t, c.want, h.auditDetails(), c.body)
	}
}

// auditDetails returns the actions in the audit records with their details,
// oldest first.
func (h *harness) auditDetails() (list []string) {
	records, err := h.audit.Records(h.t.Context(), 1000)
	require.NoError(h.t, err)
	for _, rec := range slices.Backward(records) {
		list = append(list, rec.Action+": "+rec.Detail)
	}
	return list
}

// failingUserStore fails after a number of changes.
type failingUserStore struct {
	auth.UserStore
	changes int
}

func (f *failingUserStore) UpdateAccount(ctx context.Context, username string, change func(*auth.Account) error) error {
	if f.changes--; f.changes < 0 {
		return errUnavailable
	}
	return f.UserStore.UpdateAccount(ctx, username, change)
}

func storeFailsAfter(changes int) func(*manager.Config) {
	return func(c *manager.Config) {
		c.Users = auth.NewUsers(&failingUserStore{c.Users.Store(), changes}, password.New(password.WithCost(8, 1)))
	}
}

// failingTokens cannot be revoked after a number of revocations.
type failingTokens struct {
	*jwt.Tokens
	revocations int
}

func (f *failingTokens) RevokeAll(ctx context.Context, username string) (int, error) {
	if f.revocations--; f.revocations < 0 {
		return 0, errUnavailable
	}
	return f.Tokens.RevokeAll(ctx, username)
}

func revokingFailsAfter(revocations int) func(*manager.Config) {
	return func(c *manager.Config) { c.Tokens = &failingTokens{c.Tokens.(*jwt.Tokens), revocations} }
}

func TestAdmin_RecordsWhatWasDoneBeforeAFailure(t *testing.T) {
	for name, c := range map[string]struct {
		change       func(*manager.Config)
		method, user string
		body         string
		want         []string
	}{
		"nothing is changed":               {storeFailsAfter(0), "PATCH", "user/", `{"email": "u@x", "password": "neu"}`, nil},
		"the tokens are not revoked":       {revokingFailsAfter(0), "PATCH", "user/", `{"email": "u@x", "groups": ["cmd"], "password": "neu"}`, []string{"permission granted: groups cmd", "user changed: email", "password set: "}},
		"a disabled user gets no password": {storeFailsAfter(0), "POST", "", `{"username": "bob", "password": "x", "groups": ["cmd"], "active": false}`, []string{"user added: groups cmd"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, c.change)
			require.Equal(t, 500, h.call(c.method, adminUsers+c.user, c.body, as(h.token("admin"))).StatusCode)
			require.Equal(t, c.want, h.auditDetails())
		})
	}
}

func TestAdmin_AUserAddedAsDisabledIsNeverActive(t *testing.T) {
	const bob = `{"username": "bob", "password": "geheim", "active": false}`
	h := newHarness(t, storeFailsAfter(0))
	require.Equal(t, 500, h.call("POST", adminUsers, bob, as(h.token("admin"))).StatusCode)
	a, err := h.users.Store().Account(t.Context(), "bob")
	require.NoError(t, err)
	require.True(t, a.Disabled)

	h = newHarness(t)
	admin := as(h.token("admin"))
	require.Contains(t, h.call("POST", adminUsers, bob, admin).body, `"active":false,"has_password":true`)
	h.requireJSON(h.call("POST", getToken, `{"username": "bob", "password": "geheim"}`), 400, wrongLogIn)
	h.call("PATCH", adminUsers+"bob/", `{"active": true}`, admin)
	h.session(h.call("POST", getToken, `{"username": "bob", "password": "geheim"}`))
}

func TestAdmin_RecordsARemovedUserEvenIfTheTokensCannotBeRevoked(t *testing.T) {
	h := newHarness(t, revokingFailsAfter(1))
	require.Equal(t, 500, h.call("DELETE", adminUsers+"user/", "", as(h.token("admin"))).StatusCode)
	require.Equal(t, []string{"user removed: "}, h.auditDetails())
}

func TestAdmin_RefusesInvalidRequests(t *testing.T) {
	h := newHarness(t)
	admin := h.userAdmin()
	for body, want := range map[string]string{
		`{"username": "user", "password": "x"}`:                        "already exists",
		`{"username": "a b", "password": "x"}`:                         "not usable",
		`{"username": "a/b", "password": "x"}`:                         "not usable",
		`{"username": "ADMIN", "password": "x"}`:                       `"username":["The user name \"ADMIN\" is not usable for a new user: it looks like \"admin\"`,
		`{"username": "b\u202eob", "password": "x", "active": false}`:  "cannot be seen",
		`{"username": "..", "password": "x"}`:                          "looks like a folder",
		`{"username": "bob"}`:                                          "needs a username and a password",
		`{"username": "bob", "password": ""}`:                          "needs a username and a password",
		`{"username": "bob", "password": "x", "groups": ["nothing"]}`:  "no such group",
		`{"username": "bob", "password": "x", "permissions": ["fly"]}`: "is not a permission",
		`{"username": "bob", "password": "x", "groups": "cmd"}`:        `"groups":["Not a valid list of strings."]`,
		`{"username": "bob", "password": "x", "is_superuser": true}`:   "is_superuser",
		`{"username": "bob", "password": "x", "email": "a\nb"}`:        "control characters",
		`{"username": "bob", "username": "admin", "password": "x"}`:    "occurs twice",
		`{"Username": "bob", "password": "x"}`:                         `"Username":["There is no such field`,
		`{"username": "bob", "PASSWORD": "x"}`:                         `"PASSWORD":["There is no such field`,
		`{"username": "bob", "pa\u017fsword": "x"}`:                    `"paſsword":["There is no such field`, // folds to "password"
		`{"username": "bob", "password": "x", "permiſsions": []}`:      `"permiſsions":["There is no such field`,
		`{"username": "bob", "password": "x", "permissions": null}`:    `"permissions":["This field may not be null."]`,
		`{"username": "bob", "password": "x", "groups": [null]}`:       `"groups":["This field may not be null."]`,
		`{"username": null, "password": "x"}`:                          `"username":["This field may not be null."]`,
		`[]`:                                                           "Expected an object",
		``:                                                             "Expected an object",
		`{`:                                                            "parse error",
	} {
		got := h.call("POST", adminUsers, body, admin)
		require.Equal(t, 400, got.StatusCode, body)
		require.Contains(t, got.body, want)
	}
	for body, want := range map[string]string{
		`{"username": "other"}`:   "cannot be renamed",
		`{"password": ""}`:        "blank",
		`{"groups": ["nothing"]}`: "no such group",
	} {
		got := h.call("PATCH", adminUsers+"user/", body, admin)
		require.Equal(t, 400, got.StatusCode, body)
		require.Contains(t, got.body, want)
	}
	require.Equal(t, 400, h.call("PUT", adminAPI+"groups/night/", `{}`, admin).StatusCode)
	for _, body := range []string{`{"permissions": ["fly"]}`, `{"Permissions": []}`, `{"permissions": null}`, `{"permissions": [], "permissions": []}`, `{"permissions": [], "name": "x"}`} {
		require.Equal(t, 400, h.call("PUT", adminAPI+"groups/night/", body, admin).StatusCode, body)
	}
	require.Equal(t, 400, h.call("PUT", adminAPI+"groups/CMD/", `{"permissions": []}`, admin).StatusCode, "it looks like cmd")
	require.Equal(t, 400, h.call("PUT", adminAPI+"groups/a%20b/", `{"permissions": []}`, admin).StatusCode)
	for _, limit := range []string{"0", "1001", "x"} {
		require.Equal(t, 400, h.call("GET", adminAPI+"audit/?limit="+limit, "", admin).StatusCode)
	}
	require.Equal(t, 400, h.call("DELETE", adminAPI+"tokens/", "", admin).StatusCode, "not all tokens of all users")
}

func TestAdmin_OnlyASuperuserCanChangeOrAddOne(t *testing.T) {
	h := newHarness(t)
	admin := h.userAdmin()
	h.requireJSON(h.call("POST", adminUsers, `{"username": "bob", "password": "x", "superuser": true}`, admin), 403, noPermission)
	h.requireJSON(h.call("PATCH", adminUsers+"ada/", `{"superuser": true}`, admin), 403, noPermission)
	h.requireJSON(h.call("PATCH", adminUsers+"admin/", `{"password": "mine"}`, admin), 403, noPermission)
	h.requireJSON(h.call("DELETE", adminUsers+"admin/", "", admin), 403, noPermission)
	h.session(h.call("POST", getToken, credentials("admin")))
}

func TestAdmin_NobodyCanLockThemselvesOut(t *testing.T) {
	h := newHarness(t)
	admin := as(h.token("admin"))
	for _, body := range []string{`{"active": false}`, `{"superuser": false}`} {
		require.Equal(t, 400, h.call("PATCH", adminUsers+"admin/", body, admin).StatusCode)
	}
	require.Equal(t, 400, h.call("DELETE", adminUsers+"admin/", "", admin).StatusCode)
	h.session(h.call("GET", validateToken, "", admin))
}

func TestAdmin_ChangesOfGroupsApplyAtOnce(t *testing.T) {
	h := newHarness(t)
	admin := h.userAdmin()
	night := adminAPI + "groups/night/"
	h.requireJSON(h.call("PUT", night, `{"permissions": ["ATDome:*:move*", "ATDome:*:move*"]}`, admin), 200, `{"name": "night", "permissions": ["ATDome:*:move*"]}`)
	h.call("PATCH", adminUsers+"user/", `{"groups": ["night"]}`, admin)
	user := as(h.token("user"))
	require.Equal(t, 200, h.call("POST", cmd, someCommand, user).StatusCode)
	h.call("PUT", night, `{"permissions": []}`, admin)
	h.requireJSON(h.call("POST", cmd, someCommand, user), 403, forbidden)
	require.Contains(t, h.call("GET", adminAPI+"groups/", "", admin).body, `{"name":"night","permissions":[]}`)
	require.Equal(t, 204, h.call("DELETE", night, "", admin).StatusCode)
	h.requireJSON(h.call("DELETE", night, "", admin), 404, notFound)
	var permissions []string
	require.NoError(t, json.Unmarshal([]byte(h.call("GET", adminAPI+"permissions/", "", admin).body), &permissions))
	require.Contains(t, permissions, "ui_framework.add_view")
}

func TestAdmin_RevokesTokens(t *testing.T) {
	h := newHarness(t)
	admin := as(h.token("admin"))
	one, two := h.token("user"), h.token("user")
	p, err := h.tokens.Verify(t.Context(), one)
	require.NoError(t, err)
	got := h.call("GET", adminAPI+"tokens/?username=user", "", admin)
	require.Contains(t, got.body, p.TokenID)
	require.NotContains(t, got.body, one)

	require.Equal(t, 204, h.call("DELETE", adminAPI+"tokens/"+p.TokenID+"/", "", admin).StatusCode)
	h.requireUnauthorized(h.call("GET", validateToken, "", as(one)), "Invalid Token")
	require.Equal(t, []string{p.TokenID}, h.hub.disconnects())
	h.requireJSON(h.call("DELETE", adminAPI+"tokens/"+p.TokenID+"/", "", admin), 404, notFound)
	h.requireJSON(h.call("DELETE", adminAPI+"tokens/?username=user", "", admin), 200, `{"revoked": 1}`)
	h.requireUnauthorized(h.call("GET", validateToken, "", as(two)), "Invalid Token")
	require.Equal(t, 409, h.call("POST", adminAPI+"keys/", "", admin).StatusCode, "the key of these tests is fixed")
	require.Contains(t, h.call("GET", adminAPI+"audit/?limit=1", "", admin).body, `"action":"token revoked"`)
	require.Contains(t, h.call("GET", adminAPI+"sessions/", "", admin).body, `"principal":"ada"`)
	h.requireJSON(h.call("GET", adminAPI+"sessions/A-7/", "", admin), 200, `{"id": "A-7", "principal": "ada", "token": "", "address": "10.0.0.1", "since": "2026-03-14T01:59:26Z",
		"groups": 0, "waiting": 0, "lag": 0, "behind": false, "dropped": 0, "compressed": false, "subscriptions": ["event-ATDome-0-summaryState"]}`)
	h.requireJSON(h.call("GET", adminAPI+"sessions/2/", "", admin), 404, notFound)
}

func TestAdmin_Is404IfTheIdentitySystemCannotBeAdministered(t *testing.T) {
	h := newHarness(t)
	token := as(h.token("admin"))
	bare := newHarness(t, func(c *manager.Config) {
		c.Users, c.Tokens, c.Hub = nil, struct{ auth.Tokens }{h.tokens}, struct{ manager.Hub }{c.Hub}
	})
	for _, c := range []struct{ method, path, body string }{
		{"GET", "users/", ""}, {"POST", "users/", "{}"}, {"GET", "users/user/", ""}, {"PATCH", "users/user/", "{}"}, {"DELETE", "users/user/", ""},
		{"GET", "groups/", ""}, {"PUT", "groups/x/", `{"permissions": []}`}, {"DELETE", "groups/x/", ""},
		{"GET", "tokens/", ""}, {"DELETE", "tokens/?username=user", ""}, {"DELETE", "tokens/x/", ""}, {"GET", "sessions/", ""}, {"GET", "sessions/A-7/", ""}, {"POST", "keys/", ""},
	} {
		bare.requireJSON(bare.call(c.method, adminAPI+c.path, c.body, token), 404, notFound)
	}
	bare.requireJSON(bare.call("GET", "/manager/api/hub/", "", token), 404, notFound)
}

func TestSockets_OfAUserWhoIsDisabledOrRemovedClose(t *testing.T) {
	h := newHarness(t)
	admin := as(h.token("admin"))
	h.call("PATCH", adminUsers+"user/", `{"first_name": "Uma"}`, admin)
	require.Empty(t, h.hub.disconnects(), "other changes close nothing")
	h.call("PATCH", adminUsers+"user/", `{"active": false}`, admin)
	closed := func(want ...string) {
		t.Helper()
		require.Eventually(t, func() bool { return slices.Equal(want, h.hub.disconnects()) }, 10*time.Second, time.Millisecond)
	}
	closed("sockets of user")
	h.call("DELETE", adminUsers+"cmd_user/", "", admin)
	closed("sockets of user", "sockets of cmd_user")
}

func TestAdmin_FindsUsersWithUnusualNames(t *testing.T) {
	h := newHarness(t)
	admin := as(h.token("admin"))
	for _, name := range []string{"o'hara", "名前", "a%b", "a?b", "a.b@c+d-e", ":name"} {
		body, err := json.Marshal(map[string]string{"username": name, "password": "x"})
		require.NoError(t, err)
		require.Equal(t, 201, h.call("POST", adminUsers, string(body), admin).StatusCode, name)
		path := adminUsers + strings.NewReplacer("%", "%25", "?", "%3F", " ", "%20").Replace(name) + "/"
		require.Equal(t, 200, h.call("GET", path, "", admin).StatusCode, name)
	}
}
