package manager_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
	"github.com/rubin-love/love-go/love/store"
)

// system is a manager with a real hub and a real database.
type system struct {
	url   string
	file  string
	users *auth.Users
	log   *testlog.Buffer
	level slog.LevelVar
}

func newSystem(t testing.TB, passwords ...password.Option) *system {
	return newSystemAt(t, filepath.Join(t.TempDir(), "love.db"), time.Second, passwords...)
}

// newSystemAt starts a system whose database is given some time for each write.
func newSystemAt(t testing.TB, file string, timeout time.Duration, passwords ...password.Option) *system {
	if passwords == nil {
		passwords = []password.Option{password.WithCost(8, 1)}
	}
	sys := &system{file: file, log: &testlog.Buffer{}}
	sys.level.Set(slog.LevelDebug)
	s, err := store.Open(t.Context(), "sqlite:"+sys.file, store.WithTimeout(timeout),
		store.WithLogger(slog.New(slog.NewTextHandler(sys.log, nil))))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	sys.users = auth.NewUsers(s.Users(), password.New(passwords...))
	_, err = sys.users.AddMissing(t.Context(), map[string]string{"admin": "secret of admin", "user": "secret of user"})
	require.NoError(t, err)
	tokens := jwt.New(nil, sys.users, jwt.WithKeyring(s.Keyring()), jwt.WithTokenStore(s.TokenStore()))
	log := slog.New(slog.NewTextHandler(sys.log, &slog.HandlerOptions{Level: &sys.level}))
	sockets := hub.New(hub.WithGate(auth.Gate{Tokens: tokens, ProcessPassword: "secret of processes"}),
		hub.WithAuthorizer(auth.RoleAuthorizer{Users: sys.users}), hub.WithLogger(log))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, sockets.Shutdown(ctx))
	})
	m, err := manager.New(manager.Config{Hub: sockets, Authenticator: sys.users, Users: sys.users, Tokens: tokens, AuditLog: s.AuditLog(), Logger: log})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	sys.url = srv.URL
	return sys
}

func (sys *system) call(t testing.TB, method, path, token, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, sys.url+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Token "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(raw)
}

func (sys *system) logIn(t testing.TB, user string) string {
	t.Helper()
	return sys.token(t, user, "secret of "+user)
}

// token logs in with a password.
func (sys *system) token(t testing.TB, user, password string) string {
	t.Helper()
	status, answer := sys.call(t, "POST", getToken, "", `{"username": "`+user+`", "password": "`+password+`"}`)
	require.Equal(t, 200, status, answer)
	var s session
	require.NoError(t, json.Unmarshal([]byte(answer), &s))
	return s.Token
}

// socket is a websocket that does not read ahead.
type socket struct {
	io.ReadWriteCloser
	t *testing.T
}

func (sys *system) connect(t *testing.T, query string) socket {
	t.Helper()
	conn, br, _, err := ws.Dial(t.Context(), strings.Replace(sys.url, "http", "ws", 1)+"/manager/ws/subscription?"+query)
	require.NoError(t, err)
	if br != nil {
		ws.PutReader(br)
	}
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	return socket{conn, t}
}

// requireWorking checks that the socket answers.
func (s socket) requireWorking() {
	s.t.Helper()
	require.NoError(s.t, wsutil.WriteClientText(s, []byte(`{"action": "get_time_data", "request_time": 1}`)))
	got, err := wsutil.ReadServerText(s)
	require.NoError(s.t, err)
	require.Contains(s.t, string(got), "time_data")
}

func (s socket) closeStatus() ws.StatusCode {
	s.t.Helper()
	for {
		header, err := ws.ReadHeader(s)
		require.NoError(s.t, err)
		require.Less(s.t, header.Length, int64(1<<20))
		payload := make([]byte, header.Length)
		_, err = io.ReadFull(s, payload)
		require.NoError(s.t, err)
		if header.OpCode == ws.OpClose {
			code, _ := ws.ParseCloseFrameData(payload)
			return code
		}
	}
}

func TestDatabase_Gives503AndKeepsSocketsIfItIsLocked(t *testing.T) {
	sys := newSystem(t)
	token := sys.logIn(t, "user")
	open := sys.connect(t, "token="+token)
	open.requireWorking()

	other, err := sql.Open("sqlite", "file:"+sys.file+"?_txlock=exclusive&_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	defer other.Close()
	tx, err := other.Begin()
	require.NoError(t, err)
	const later = `{"detail":"The manager cannot do this at the moment. Try again in a moment."}`
	for _, c := range [][3]string{{"POST", getToken, ""}, {"POST", swapUser, token}} {
		status, answer := sys.call(t, c[0], c[1], c[2], credentials("user"))
		require.Equal(t, 503, status, c)
		require.Equal(t, later, answer)
	}
	status, _ := sys.call(t, "GET", validateToken, token, "")
	require.Equal(t, 200, status, "who is logged in stays logged in")
	open.requireWorking()
	sys.connect(t, "token="+token).requireWorking()

	require.NoError(t, tx.Rollback())
	status, _ = sys.call(t, "DELETE", logout, token, "")
	require.Equal(t, 204, status)
	require.Equal(t, ws.StatusNormalClosure, open.closeStatus())
}

func TestLogOut_HoldsThoughTheDatabaseIsLockedAndIsRecordedLater(t *testing.T) {
	sys := newSystem(t)
	token := sys.logIn(t, "user")
	open := sys.connect(t, "token="+token)
	open.requireWorking()
	other, err := sql.Open("sqlite", "file:"+sys.file+"?_txlock=exclusive&_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	defer other.Close()
	tx, err := other.Begin()
	require.NoError(t, err)

	status, _ := sys.call(t, "DELETE", logout, token, "")
	require.Equal(t, 204, status)
	require.Equal(t, ws.StatusNormalClosure, open.closeStatus())
	status, _ = sys.call(t, "GET", validateToken, token, "")
	require.Equal(t, 401, status)
	require.Contains(t, sys.log.String(), "in effect here, not recorded yet")

	require.NoError(t, tx.Rollback())
	require.Eventually(t, func() bool {
		var n int
		err := other.QueryRow("SELECT count(*) FROM revocations").Scan(&n)
		return err == nil && n == 1
	}, 10*time.Second, 10*time.Millisecond)
}

func TestGroup_IsTakenAwayThoughTheDatabaseIsLocked(t *testing.T) {
	for _, c := range []struct{ method, body string }{{"PUT", `{"permissions": []}`}, {"DELETE", ""}} {
		sys := newSystem(t)
		require.NoError(t, sys.users.Add(t.Context(), auth.User{Username: "cmd_user", Groups: []string{auth.GroupCommand}}, "secret of cmd_user"))
		admin, user := sys.logIn(t, "admin"), sys.logIn(t, "cmd_user")
		mayCommand := func() bool {
			status, answer := sys.call(t, "GET", validateToken, user, "")
			require.Equal(t, 200, status)
			var s session
			require.NoError(t, json.Unmarshal([]byte(answer), &s))
			return s.Permissions["execute_commands"]
		}
		require.True(t, mayCommand())
		other, err := sql.Open("sqlite", "file:"+sys.file+"?_txlock=exclusive&_pragma=busy_timeout(10000)")
		require.NoError(t, err)
		tx, err := other.Begin()
		require.NoError(t, err)

		status, answer := sys.call(t, c.method, "/manager/api/admin/groups/cmd/", admin, c.body)
		require.Equal(t, 503, status)
		require.Contains(t, answer, "in effect")
		require.Contains(t, sys.log.String(), "in effect here, not recorded yet")
		require.False(t, mayCommand())
		require.NoError(t, tx.Rollback())
		require.NoError(t, other.Close())
	}
}

func TestDatabase_Gives503AndKeepsSocketsIfItIsGone(t *testing.T) {
	sys := newSystem(t)
	token := sys.logIn(t, "user")
	open := sys.connect(t, "token="+token)
	open.requireWorking()
	db, err := sql.Open("sqlite", "file:"+sys.file)
	require.NoError(t, err)
	defer db.Close()
	for _, table := range []string{"revisions", "audit", "tokens"} {
		_, err = db.Exec("DROP TABLE " + table)
		require.NoError(t, err)
	}
	status, _ := sys.call(t, "POST", getToken, "", credentials("user"))
	require.Equal(t, 503, status)
	open.requireWorking()
}

func TestSockets_CloseWithinASecondWhenAnotherProcessDisablesTheUser(t *testing.T) {
	sys := newSystem(t)
	token := sys.logIn(t, "user")
	open := sys.connect(t, "token="+token)
	open.requireWorking()
	process := sys.connect(t, "password=secret+of+processes")
	process.requireWorking()

	s, err := store.Open(t.Context(), "sqlite:"+sys.file) // as `loved user disable` does
	require.NoError(t, err)
	began := time.Now()
	require.NoError(t, auth.NewUsers(s.Users(), password.New()).SetActive(t.Context(), "user", false))
	require.NoError(t, s.Close())
	require.Equal(t, ws.StatusNormalClosure, open.closeStatus())
	require.Less(t, time.Since(began), 5*time.Second, "a second, and the machine may be busy")
	process.requireWorking()
	status, answer := sys.call(t, "GET", validateToken, token, "")
	require.Equal(t, 401, status)
	require.Contains(t, answer, "User is not active")
}

func TestSockets_CloseAfterAnOutageInWhichTheirUserOrTokenEnded(t *testing.T) {
	folder := t.TempDir()
	file, link := filepath.Join(folder, "love.db"), filepath.Join(folder, "link.db")
	require.NoError(t, os.Symlink(file, link))
	sys := newSystemAt(t, link, time.Second)
	disabled, ended, stays := sys.logIn(t, "user"), sys.logIn(t, "admin"), sys.logIn(t, "admin")
	sockets := []socket{sys.connect(t, "token="+disabled), sys.connect(t, "token="+ended), sys.connect(t, "token="+stays)}
	other, err := store.Open(t.Context(), "sqlite:"+file)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	users := auth.NewUsers(other.Users(), password.New())
	tokens := jwt.New(nil, users, jwt.WithKeyring(other.Keyring()), jwt.WithTokenStore(other.TokenStore()))

	require.NoError(t, os.Remove(link), "down for the manager, not for the other process")
	status, _ := sys.call(t, "POST", getToken, "", credentials("user"))
	require.Equal(t, 503, status)
	require.NoError(t, users.SetActive(t.Context(), "user", false))
	require.NoError(t, tokens.Revoke(t.Context(), ended))
	for _, s := range sockets {
		s.requireWorking()
	}

	require.NoError(t, os.Symlink(file, link))
	require.Equal(t, ws.StatusNormalClosure, sockets[0].closeStatus())
	require.Equal(t, ws.StatusNormalClosure, sockets[1].closeStatus())
	sockets[2].requireWorking()
	for token, want := range map[string]string{disabled: "User is not active", ended: "Invalid Token"} {
		status, answer := sys.call(t, "GET", validateToken, token, "")
		require.Equal(t, 401, status)
		require.Contains(t, answer, want)
	}
}

func TestLog_OfAWholeManagerHasNoSecrets(t *testing.T) {
	sys := newSystem(t)
	admin, user := sys.logIn(t, "admin"), sys.logIn(t, "user")
	sys.connect(t, "token="+user).requireWorking()
	sys.connect(t, "password=secret+of+processes").requireWorking()
	for _, query := range []string{"token=wrong-" + user, "password=guess-of-password", "token=" + user + "x&password=guess-of-password"} {
		status, _ := sys.call(t, "GET", "/manager/ws/subscription?"+query, "", "")
		require.Equal(t, 426, status)
		_, _, _, err := ws.Dial(t.Context(), strings.Replace(sys.url, "http", "ws", 1)+"/manager/ws/subscription?"+query)
		require.Error(t, err)
	}
	sys.call(t, "POST", getToken, "", `{"username": "user", "password": "guess-of-password"}`)
	sys.call(t, "POST", getToken, "", `{"username": "user", "password": "guess-of-password"`)
	sys.call(t, "PATCH", adminUsers+"user/", admin, `{"password": "new-of-password"}`)
	sys.call(t, "GET", validateToken+"?token="+user, "broken-"+user, "")
	sys.call(t, "POST", swapUser, user, credentials("admin"))
	sys.call(t, "DELETE", logout, admin, "")

	_, records := sys.call(t, "GET", adminAPI+"audit/", sys.logIn(t, "admin"), "")
	text := sys.log.String() + records
	require.Contains(t, text, "audit action=log-in")
	for _, secret := range []string{user, admin, "secret of", "secret+of", "of-password"} {
		require.NotContains(t, text, secret)
	}
	part := strings.Split(user, ".")
	require.NotContains(t, text, part[len(part)-1], "not even the signature of a token")
}

func TestDatabase_DeletingAUserClosesTheirSocket(t *testing.T) {
	sys := newSystem(t)
	admin, user := sys.logIn(t, "admin"), sys.logIn(t, "user")
	open := sys.connect(t, "token="+user)
	open.requireWorking()
	status, _ := sys.call(t, "DELETE", adminUsers+"user/", admin, "")
	require.Equal(t, 204, status)
	require.Equal(t, ws.StatusNormalClosure, open.closeStatus())
	status, _ = sys.call(t, "POST", adminUsers, admin, `{"username": "user", "password": "new"}`)
	require.Equal(t, 201, status)
	status, _ = sys.call(t, "GET", validateToken, user, "")
	require.Equal(t, 401, status, "a new user of that name does not get the old tokens")
}

// TestAdministrator_LocksOutThoughTheDatabaseIsLocked revokes in every way that the
// API has, while the database can be read but not written.
func TestAdministrator_LocksOutThoughTheDatabaseIsLocked(t *testing.T) {
	for name, c := range map[string]struct{ method, path, body, detail string }{
		"disables the user":     {"PATCH", adminUsers + "user/", `{"active": false}`, "User is not active"},
		"sets a password":       {"PATCH", adminUsers + "user/", `{"password": "new"}`, "Invalid Token"},
		"removes the user":      {"DELETE", adminUsers + "user/", "", "Invalid Token"},
		"revokes all tokens":    {"DELETE", adminAPI + "tokens/?username=user", "", "Invalid Token"},
		"revokes this token":    {"DELETE", adminAPI + "tokens/", "", "Invalid Token"},
		"takes rights and more": {"PATCH", adminUsers + "user/", `{"groups": [], "active": false, "password": "new"}`, "Invalid Token"},
	} {
		t.Run(name, func(t *testing.T) {
			sys := newSystemAt(t, filepath.Join(t.TempDir(), "love.db"), 100*time.Millisecond)
			admin, user := sys.logIn(t, "admin"), sys.logIn(t, "user")
			open, stays := sys.connect(t, "token="+user), sys.connect(t, "token="+admin)
			open.requireWorking()
			if c.path == adminAPI+"tokens/" {
				var listed []struct{ ID string }
				_, answer := sys.call(t, "GET", c.path+"?username=user", admin, "")
				require.NoError(t, json.Unmarshal([]byte(answer), &listed))
				c.path += listed[0].ID + "/"
			}
			other, err := sql.Open("sqlite", "file:"+sys.file+"?_txlock=exclusive&_pragma=busy_timeout(10000)")
			require.NoError(t, err)
			defer other.Close()
			tx, err := other.Begin()
			require.NoError(t, err)

			status, answer := sys.call(t, c.method, c.path, admin, c.body)
			require.Equal(t, 503, status)
			require.Contains(t, answer, "in effect at this manager, and will be recorded")
			require.Equal(t, ws.StatusNormalClosure, open.closeStatus())
			requireEnded := func() {
				t.Helper()
				status, answer = sys.call(t, "GET", validateToken, user, "")
				require.Equal(t, 401, status)
				require.Contains(t, answer, c.detail)
			}
			requireEnded()
			stays.requireWorking()

			require.NoError(t, tx.Rollback())
			require.Eventually(t, func() bool { return strings.Contains(sys.log.String(), "are recorded now") }, 10*time.Second, time.Millisecond)
			requireEnded()
			status, _ = sys.call(t, "GET", validateToken, admin, "")
			require.Equal(t, 200, status)
		})
	}
}

func TestSockets_CloseWhenAnotherProcessSetsAPassword(t *testing.T) {
	sys := newSystem(t)
	user, admin := sys.connect(t, "token="+sys.logIn(t, "user")), sys.connect(t, "token="+sys.logIn(t, "admin"))
	user.requireWorking()
	s, err := store.Open(t.Context(), "sqlite:"+sys.file) // as `loved user passwd` does
	require.NoError(t, err)
	require.NoError(t, auth.NewUsers(s.Users(), password.New()).SetPassword(t.Context(), "user", "new"))
	require.NoError(t, s.Close())
	require.Equal(t, ws.StatusNormalClosure, user.closeStatus())
	admin.requireWorking()
	young := sys.connect(t, "token="+sys.token(t, "user", "new"))
	young.requireWorking()
}
