package manager_test

import (
	"context"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/commander/authority"
	"github.com/rubin-love/love-go/love/manager"
)

// hookedAuthenticator calls a function, once, after it has checked a password and
// before the manager issues the token.
type hookedAuthenticator struct {
	auth.Authenticator
	checked func()
}

func (a *hookedAuthenticator) Authenticate(ctx context.Context, username, password string) (auth.User, error) {
	u, err := a.Authenticator.Authenticate(ctx, username, password)
	if hook := a.checked; hook != nil {
		a.checked = nil
		hook()
	}
	return u, err
}

func TestLogIn_ThatIsOvertakenIsCheckedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		change func(context.Context, *auth.Users) error
		status int
	}{
		"a new password":             {func(ctx context.Context, u *auth.Users) error { return u.SetPassword(ctx, "user", "new") }, 400},
		"a new one, tokens are kept": {func(ctx context.Context, u *auth.Users) error { return u.SetPasswordKeepTokens(ctx, "user", "new") }, 400},
		"disabled":                   {func(ctx context.Context, u *auth.Users) error { return u.SetActive(ctx, "user", false) }, 400},
		"deleted":                    {func(ctx context.Context, u *auth.Users) error { return u.Store().DeleteAccount(ctx, "user") }, 400},
		"logged out everywhere":      {func(ctx context.Context, u *auth.Users) error { return u.EndTokens(ctx, "user") }, 200},
		"enabled again": {func(ctx context.Context, u *auth.Users) error {
			if err := u.SetActive(ctx, "user", false); err != nil {
				return err
			}
			return u.SetActive(ctx, "user", true)
		}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			var hooked *hookedAuthenticator
			h := newHarness(t, func(c *manager.Config) {
				hooked = &hookedAuthenticator{Authenticator: c.Authenticator}
				c.Authenticator = hooked
			})
			for _, path := range []string{getToken, swapUser} {
				hooked.checked = func() { require.NoError(t, c.change(t.Context(), h.users)) }
				got := h.call("POST", path, credentials("user"), as(h.token("admin")))
				require.Equal(t, c.status, got.StatusCode, got.body)
				if got.StatusCode == 200 {
					require.Equal(t, 200, h.call("GET", validateToken, "", as(h.session(got).Token)).StatusCode)
				}
				listed, err := h.tokens.Issued(t.Context(), "user")
				require.NoError(t, err)
				if got.StatusCode != 200 {
					require.Empty(t, listed, "no token is left")
					break // the user is not as before
				}
			}
		})
	}
}

func TestLogIn_WhoseAccountChangesAllTheTimeIsUnavailable(t *testing.T) {
	var always changingAuthenticator
	h := newHarness(t, func(c *manager.Config) { c.Authenticator = &always })
	always.users = h.users
	got := h.call("POST", getToken, credentials("user"))
	require.Equal(t, 503, got.StatusCode)
	require.Equal(t, 3, always.calls)
}

// changingAuthenticator changes the account after each check.
type changingAuthenticator struct {
	users *auth.Users
	calls int
}

func (a *changingAuthenticator) Authenticate(ctx context.Context, username, password string) (auth.User, error) {
	a.calls++
	u, err := a.users.Authenticate(ctx, username, password)
	if err != nil {
		return u, err
	}
	return u, a.users.EndTokens(ctx, username)
}

// hookedBody is a body that calls a function before its first byte.
type hookedBody struct {
	io.Reader
	first func()
}

func (b *hookedBody) Read(p []byte) (int, error) {
	if hook := b.first; hook != nil {
		b.first = nil
		hook()
	}
	return b.Reader.Read(p)
}

// TestRequest_UnderWayIsCheckedAgain takes something away from a user after a
// request was admitted and before its body has come.
func TestRequest_UnderWayIsCheckedAgain(t *testing.T) {
	const dome = `{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": 90}}`
	for name, c := range map[string]struct {
		user, method, path, body string
		change                   func(h *harness, token string) error
		status                   int
	}{
		"a command of a user who is disabled": {"cmd_user", "POST", cmd, dome,
			func(h *harness, _ string) error { return h.users.SetActive(h.t.Context(), "cmd_user", false) }, 401},
		"a command of a user who is deleted": {"cmd_user", "POST", cmd, dome,
			func(h *harness, _ string) error { return h.users.Store().DeleteAccount(h.t.Context(), "cmd_user") }, 401},
		"a command after a log-out": {"cmd_user", "POST", cmd, dome,
			func(h *harness, token string) error { return h.tokens.Revoke(h.t.Context(), token) }, 401},
		"a command after a new password": {"cmd_user", "POST", cmd, dome,
			func(h *harness, _ string) error { return h.users.SetPassword(h.t.Context(), "cmd_user", "new") }, 401},
		"a command of a user who has left the group": {"cmd_user", "POST", cmd, dome,
			func(h *harness, _ string) error {
				return h.users.Store().UpdateAccount(h.t.Context(), "cmd_user", func(a *auth.Account) error {
					a.Groups = nil
					return nil
				})
			}, 403},
		"a command after the group has lost the right": {"cmd_user", "POST", cmd, dome,
			func(h *harness, _ string) error {
				return h.users.Store().PutGroup(h.t.Context(), auth.Group{Name: auth.GroupCommand})
			}, 403},
		"an observing log after a log-out": {"cmd_user", "POST", "/manager/api/lovecsc/observinglog", `{"user": "ada", "message": "hello"}`,
			func(h *harness, token string) error { return h.tokens.Revoke(h.t.Context(), token) }, 401},
		"a new user by somebody who is no longer a superuser": {"admin", "POST", adminUsers, `{"username": "eve", "password": "x", "superuser": true}`,
			func(h *harness, _ string) error {
				return h.users.Store().UpdateAccount(h.t.Context(), "admin", func(a *auth.Account) error {
					a.Superuser, a.Permissions = false, []auth.Permission{auth.ManageUsers}
					return nil
				})
			}, 403},
		"a change by an administrator who is disabled": {"admin", "PATCH", adminUsers + "user/", `{"superuser": true}`,
			func(h *harness, _ string) error { return h.users.SetActive(h.t.Context(), "admin", false) }, 401},
		"a swap with a token that was revoked": {"user", "POST", swapUser, credentials("cmd_user"),
			func(h *harness, token string) error { return h.tokens.Revoke(h.t.Context(), token) }, 401},
	} {
		t.Run(name, func(t *testing.T) {
			refreshed := 0
			h, m := newUnservedHarness(t, func(c *manager.Config) { c.Refresh = func(context.Context) { refreshed++ } })
			token := h.token(c.user)
			body := &hookedBody{Reader: strings.NewReader(c.body), first: func() { require.NoError(t, c.change(h, token)) }}
			req := httptest.NewRequest(c.method, c.path, body)
			req.Header.Set("Content-Type", "application/json")
			as(token)(req)
			answer := httptest.NewRecorder()
			m.ServeHTTP(answer, req)
			require.Nil(t, body.first, "the body was read after the first checks")
			require.Equal(t, 1, refreshed, "what other processes have changed is read before the last check")
			require.Equal(t, c.status, answer.Code, answer.Body.String())
			require.Empty(t, h.commander.calls())
			require.Empty(t, h.commander.logs)
			_, err := h.users.Store().Account(t.Context(), "eve")
			require.ErrorIs(t, err, auth.ErrUnknownUser)
		})
	}
}

// TestChange_IsCheckedAfterTheChangesOfOtherProcessesWereRead: each request changes
// something, and another process has just disabled its user.
func TestChange_IsCheckedAfterTheChangesOfOtherProcessesWereRead(t *testing.T) {
	for _, c := range [][3]string{
		{"POST", cmd, `{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {}}`},
		{"POST", cmd + "check/", `{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {}}`},
		{"POST", "/manager/api/lovecsc/observinglog", `{"user": "ada", "message": "hello"}`},
		{"POST", "/manager/api/authority/", `{"pattern": "ATDome", "seconds": 60}`},
		{"DELETE", "/manager/api/authority/x/", ""},
		{"POST", "/manager/api/approvals/x/", ""},
		{"POST", "/manager/api/approvals/x/", "{}"},
		{"DELETE", "/manager/api/approvals/x/", ""},
		{"POST", adminUsers, `{"username": "eve", "password": "x"}`},
		{"PATCH", adminUsers + "user/", `{"superuser": true}`},
		{"DELETE", adminUsers + "user/", ""},
		{"PUT", adminAPI + "groups/night/", `{"permissions": []}`},
		{"DELETE", adminAPI + "groups/cmd/", ""},
		{"DELETE", adminAPI + "tokens/?username=user", ""},
		{"DELETE", adminAPI + "tokens/x/", ""},
		{"POST", adminAPI + "keys/", ""},
		{"POST", adminAPI + "keys/", "{}"},
		{"DELETE", logout, ""},
	} {
		t.Run(c[0]+" "+c[1], func(t *testing.T) {
			var h *harness
			refresh := func(ctx context.Context) { require.NoError(t, h.users.SetActive(ctx, "admin", false)) }
			h = newHarness(t, withRecorder(t, authority.WithApproval("MTMount")), func(c *manager.Config) { c.Refresh = refresh })
			h.requireUnauthorized(h.call(c[0], c[1], c[2], as(h.token("admin"))), "User is not active")
		})
	}
}
