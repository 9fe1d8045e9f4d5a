package manager_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/manager"
)

// Nobody grants what they do not hold, or changes a user who holds more. ada may manage
// users, cleo may also command the dome and edit views. dora holds as much as cleo.
func TestAdmin_NobodyGrantsOrTouchesMoreThanTheyHold(t *testing.T) {
	const (
		add   = `{"username": "bob", "password": "x"`
		all   = "admin ada cleo"
		above = "admin cleo" // who hold what the target does
	)
	for _, c := range []struct {
		method, path, body string
		may                string // which of admin, ada and cleo
	}{
		{"POST", "users/", add + `}`, all},
		{"POST", "users/", add + `, "groups": [], "permissions": ["api.manage_users"]}`, all},
		{"POST", "users/", add + `, "groups": ["ui_framework"]}`, above},
		{"POST", "users/", add + `, "groups": ["cmd"]}`, "admin"},
		{"POST", "users/", add + `, "permissions": ["ATDome:*:*"]}`, above},
		{"POST", "users/", add + `, "permissions": ["ATDome:1:move*", "ui_framework.add_view"]}`, above},
		{"POST", "users/", add + `, "permissions": ["AT*:*:*"]}`, "admin"},
		{"POST", "users/", add + `, "permissions": ["api.command.execute_command"]}`, "admin"},
		{"POST", "users/", add + `, "permissions": ["api.publish"]}`, "admin"},
		{"POST", "users/", add + `, "superuser": true}`, "admin"},
		{"POST", "users/", add + `, "active": false, "superuser": true}`, "admin"},

		{"PATCH", "users/eve/", `{"email": "e@x", "password": "neu", "active": false}`, all},
		{"PATCH", "users/eve/", `{"groups": ["cmd"]}`, "admin"},
		{"PATCH", "users/eve/", `{"permissions": ["ATDome:*:move*"]}`, above},
		{"PATCH", "users/eve/", `{"superuser": true}`, "admin"},
		{"PATCH", "users/ada/", `{"permissions": ["api.manage_users", "api.command.execute_command"]}`, "admin"},
		{"PATCH", "users/ada/", `{"permissions": ["api.manage_users", "ATDome:*:*"]}`, above},
		{"PATCH", "users/cleo/", `{"groups": ["cmd"]}`, "admin"},
		{"PATCH", "users/cleo/", `{"permissions": ["api.manage_users"]}`, above},
		{"PATCH", "users/dora/", `{"email": "d@x"}`, above},
		{"PATCH", "users/dora/", `{"password": "mine"}`, above},
		{"PATCH", "users/dora/", `{"active": false}`, above},
		{"PATCH", "users/dora/", `{"groups": [], "permissions": []}`, above},
		{"PATCH", "users/user/", `{"groups": []}`, above},
		{"PATCH", "users/cmd_user/", `{"password": "mine"}`, "admin"},
		{"PATCH", "users/cmd_user/", `{"groups": []}`, "admin"},
		{"PATCH", "users/admin/", `{"superuser": true}`, "admin"},
		{"PATCH", "users/admin/", `{"email": "a@x"}`, "admin"},
		{"PATCH", "users/locked/", `{"active": true}`, "admin"},
		{"DELETE", "users/eve/", "", all},
		{"DELETE", "users/user/", "", above},
		{"DELETE", "users/dora/", "", above},
		{"DELETE", "users/cmd_user/", "", "admin"},
		{"DELETE", "users/locked/", "", "admin"},

		{"PUT", "groups/new/", `{"permissions": []}`, all},
		{"PUT", "groups/new/", `{"permissions": ["ATDome:*:move*"]}`, above},
		{"PUT", "groups/new/", `{"permissions": ["api.command.execute_command"]}`, "admin"},
		{"PUT", "groups/new/", `{"permissions": ["api.publish"]}`, "admin"},
		{"PUT", "groups/empty/", `{"permissions": ["api.manage_users"]}`, all},
		{"PUT", "groups/night/", `{"permissions": []}`, above},
		{"PUT", "groups/cmd/", `{"permissions": []}`, "admin"},
		{"PUT", "groups/ui_framework/", `{"permissions": []}`, "admin"}, // cmd_user is a member
		{"DELETE", "groups/empty/", "", all},
		{"DELETE", "groups/night/", "", above},
		{"DELETE", "groups/cmd/", "", "admin"},
		{"DELETE", "groups/ui_framework/", "", "admin"},

		{"DELETE", "tokens/?username=eve", "", all},
		{"DELETE", "tokens/?username=ada", "", all},
		{"DELETE", "tokens/?username=nobody", "", all},
		{"DELETE", "tokens/?username=dora", "", above},
		{"DELETE", "tokens/?username=cmd_user", "", "admin"},
		{"DELETE", "tokens/?username=locked", "", "admin"},
		{"DELETE", "tokens/?username=admin", "", "admin"},
		{"DELETE", "tokens/TOKEN eve/", "", all},
		{"DELETE", "tokens/TOKEN user/", "", above},
		{"DELETE", "tokens/TOKEN cmd_user/", "", "admin"},
		{"DELETE", "tokens/TOKEN admin/", "", "admin"},
		{"DELETE", "authority/HOLD cmd_user/", "", "admin"},
	} {
		for _, caller := range []string{"admin", "ada", "cleo"} {
			h := newHarness(t, withRecorder(t, authority.WithMaxHold(time.Hour)))
			h.staff()
			token := h.token(caller)
			path := adminAPI + c.path
			if kind, user, ok := strings.Cut(strings.TrimSuffix(c.path, "/"), " "); ok {
				path = h.pathOf(kind, user)
			}
			got := h.call(c.method, path, c.body, as(token))
			if !strings.Contains(c.may, caller) {
				require.Equal(t, 403, got.StatusCode, "%s: %s %s %s: %s", caller, c.method, c.path, c.body, got.body)
				require.Contains(t, strings.Join(h.auditActions(), "\n"), caller+": forbidden ")
				continue
			}
			require.Equal(t, 2, got.StatusCode/100, "%s: %s %s %s: %s", caller, c.method, c.path, c.body, got.body)
		}
	}
}

// staff adds the users and groups of the test above.
func (h *harness) staff() {
	h.t.Helper()
	store := h.users.Store()
	for _, g := range []auth.Group{{Name: "night", Permissions: []auth.Permission{"ATDome:*:*"}}, {Name: "empty"}} {
		require.NoError(h.t, store.PutGroup(h.t.Context(), g))
	}
	dome := []string{auth.GroupUIFramework, "night"}
	for _, u := range []auth.User{
		{Username: "ada", Permissions: []auth.Permission{auth.ManageUsers}},
		{Username: "cleo", Permissions: []auth.Permission{auth.ManageUsers}, Groups: dome},
		{Username: "dora", Permissions: []auth.Permission{"ATDome:1:move*"}, Groups: dome},
		{Username: "eve"},
		{Username: "locked", Superuser: true},
	} {
		require.NoError(h.t, store.CreateAccount(h.t.Context(), auth.Account{User: u, Disabled: u.Username == "locked"}))
	}
}

// pathOf returns the path of a user's new token or authority.
func (h *harness) pathOf(kind, user string) string {
	h.t.Helper()
	token := h.token(user)
	if kind == "tokens/TOKEN" {
		p, err := h.tokens.Verify(h.t.Context(), token)
		require.NoError(h.t, err)
		return adminAPI + "tokens/" + p.TokenID + "/"
	}
	const path = "/manager/api/authority/"
	var hold love.Hold
	require.NoError(h.t, json.Unmarshal([]byte(h.call("POST", path, `{"pattern": "ATDome", "seconds": 60}`, as(token)).body), &hold))
	return path + hold.ID + "/"
}

// In a foreign identity system nothing is known of users but their look-up.
func TestAdmin_TokensOfAForeignDirectoryAreProtectedToo(t *testing.T) {
	for name, directory := range map[string]func(*manager.Config){
		"a directory":  func(c *manager.Config) { c.Directory, c.Users = c.Users, nil },
		"no directory": func(c *manager.Config) { c.Authenticator, c.Users = struct{ auth.Authenticator }{c.Users}, nil },
	} {
		h := newHarness(t, directory)
		h.staff()
		ada, admin := as(h.token("ada")), as(h.token("admin"))
		for user, status := range map[string]int{"ada": 200, "eve": 200, "user": 403, "cmd_user": 403, "admin": 403, "locked": 403} {
			if name == "no directory" && user != "ada" {
				status = 403
			}
			path := adminAPI + "tokens/?username=" + user
			require.Equal(t, status, h.call("DELETE", path, "", ada).StatusCode, "%s: %s", name, user)
			if user != "ada" && user != "admin" {
				require.Equal(t, 200, h.call("DELETE", path, "", admin).StatusCode, "%s: %s", name, user)
			}
			ada = as(h.token("ada"))
		}
	}
}

func TestRights_AreWhatTheUserMayDoNow(t *testing.T) {
	h := newHarness(t, withRecorder(t, authority.WithMaxHold(time.Hour)))
	h.staff()
	const path = "/manager/api/rights/"
	for user, want := range map[string]string{
		"admin":    `{"every_command": true, "some_command": true, "manage_users": true, "publish": false, "authority": true, "history": false, "commands": ["*:*:*"]}`,
		"cmd_user": `{"every_command": true, "some_command": true, "manage_users": false, "publish": false, "authority": true, "history": false, "commands": ["*:*:*"]}`,
		"user":     `{"every_command": false, "some_command": false, "manage_users": false, "publish": false, "authority": true, "history": false, "commands": []}`,
		"cleo":     `{"every_command": false, "some_command": true, "manage_users": true, "publish": false, "authority": true, "history": false, "commands": ["ATDome:*:*"]}`,
		"dora":     `{"every_command": false, "some_command": true, "manage_users": false, "publish": false, "authority": true, "history": false, "commands": ["ATDome:*:*", "ATDome:1:move*"]}`,
	} {
		h.requireJSON(h.call("GET", path, "", as(h.token(user))), 200, want)
	}
	without := newHarness(t)
	without.requireJSON(without.call("GET", path, "", as(without.token("user"))), 200,
		`{"every_command": false, "some_command": false, "manage_users": false, "publish": false, "authority": false, "history": false, "commands": []}`)
	require.Equal(t, 401, h.call("GET", path, "").StatusCode)
	past := newHarness(t, func(c *manager.Config) {
		c.Routes = []manager.Route{{Path: "/manager/api/history/events/", Methods: map[string]manager.Method{"GET": {Handler: echo}}}}
	})
	past.requireJSON(past.call("GET", path, "", as(past.token("user"))), 200,
		`{"every_command": false, "some_command": false, "manage_users": false, "publish": false, "authority": false, "history": true, "commands": []}`)
	require.NotContains(t, strings.Join(h.auditActions(), "\n"), "forbidden", "to ask is not to try")
}
