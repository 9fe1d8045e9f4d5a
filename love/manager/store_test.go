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

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/manager"
	"github.com/rubin-love/love-go/love/store"
)

// house is a manager with a real hub and a real database.
type house struct {
	url   string
	file  string
	users *auth.Users
	log   *logBuffer
	level slog.LevelVar
}

func newHouse(t testing.TB, passwords ...password.Option) *house {
	return newHouseAt(t, filepath.Join(t.TempDir(), "love.db"), passwords...)
}

func newHouseAt(t testing.TB, file string, passwords ...password.Option) *house {
	if passwords == nil {
		passwords = []password.Option{password.WithCost(8, 1)}
	}
	h := &house{file: file, log: &logBuffer{}}
	h.level.Set(slog.LevelDebug)
	s, err := store.Open(t.Context(), "sqlite:"+h.file, store.WithTimeout(time.Second))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	h.users = auth.NewUsers(s.Users(), password.New(passwords...))
	_, err = h.users.AddMissing(t.Context(), map[string]string{"admin": "secret of admin", "user": "secret of user"})
	require.NoError(t, err)
	tokens := jwt.New(nil, h.users, jwt.WithKeyring(s.Keyring()), jwt.WithTokenStore(s.TokenStore()))
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: &h.level}))
	sockets := hub.New(hub.WithGate(auth.Gate{Tokens: tokens, ProcessPassword: "secret of processes"}),
		hub.WithAuthorizer(auth.RoleAuthorizer{Users: h.users}), hub.WithLogger(log))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, sockets.Shutdown(ctx))
	})
	m, err := manager.New(manager.Config{Hub: sockets, Authenticator: h.users, Users: h.users, Tokens: tokens, AuditLog: s.AuditLog(), Logger: log})
	require.NoError(t, err)
	t.Cleanup(m.Close)
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	h.url = srv.URL
	return h
}

func (h *house) call(t testing.TB, method, path, token, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, h.url+path, strings.NewReader(body))
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

func (h *house) logIn(t testing.TB, user string) string {
	t.Helper()
	status, answer := h.call(t, "POST", getToken, "", credentials(user))
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

func (h *house) connect(t *testing.T, query string) socket {
	t.Helper()
	conn, br, _, err := ws.Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+"/manager/ws/subscription?"+query)
	require.NoError(t, err)
	if br != nil {
		ws.PutReader(br)
	}
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	return socket{conn, t}
}

// works tells whether the socket answers.
func (s socket) works() {
	s.t.Helper()
	require.NoError(s.t, wsutil.WriteClientText(s, []byte(`{"action": "get_time_data", "request_time": 1}`)))
	got, err := wsutil.ReadServerText(s)
	require.NoError(s.t, err)
	require.Contains(s.t, string(got), "time_data")
}

func (s socket) closedWith() ws.StatusCode {
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

func TestDatabase_ThatIsLockedGives503AndLeavesSocketsAlone(t *testing.T) {
	h := newHouse(t)
	token := h.logIn(t, "user")
	open := h.connect(t, "token="+token)
	open.works()

	other, err := sql.Open("sqlite", "file:"+h.file+"?_txlock=exclusive")
	require.NoError(t, err)
	defer other.Close()
	tx, err := other.Begin()
	require.NoError(t, err)
	const later = `{"detail":"The manager cannot do this at the moment. Try again in a moment."}`
	for _, c := range [][3]string{{"POST", getToken, ""}, {"DELETE", logout, token}, {"POST", swapUser, token}} {
		status, answer := h.call(t, c[0], c[1], c[2], credentials("user"))
		require.Equal(t, 503, status, c)
		require.Equal(t, later, answer)
	}
	status, _ := h.call(t, "GET", validateToken, token, "")
	require.Equal(t, 200, status, "who is logged in stays so")
	open.works()
	h.connect(t, "token="+token).works()

	require.NoError(t, tx.Rollback())
	status, _ = h.call(t, "DELETE", logout, token, "")
	require.Equal(t, 204, status)
	require.Equal(t, ws.StatusNormalClosure, open.closedWith())
}

func TestDatabase_ThatIsGoneGives503AndLeavesSocketsAlone(t *testing.T) {
	h := newHouse(t)
	token := h.logIn(t, "user")
	open := h.connect(t, "token="+token)
	open.works()
	db, err := sql.Open("sqlite", "file:"+h.file)
	require.NoError(t, err)
	defer db.Close()
	for _, table := range []string{"revisions", "audit", "tokens"} {
		_, err = db.Exec("DROP TABLE " + table)
		require.NoError(t, err)
	}
	status, _ := h.call(t, "POST", getToken, "", credentials("user"))
	require.Equal(t, 503, status)
	open.works()
}

func TestSockets_CloseWithinASecondWhenAnotherProcessDisablesTheUser(t *testing.T) {
	h := newHouse(t)
	token := h.logIn(t, "user")
	open := h.connect(t, "token="+token)
	open.works()
	process := h.connect(t, "password=secret+of+processes")
	process.works()

	s, err := store.Open(t.Context(), "sqlite:"+h.file) // as `loved user disable` does
	require.NoError(t, err)
	began := time.Now()
	require.NoError(t, auth.NewUsers(s.Users(), password.New()).SetActive(t.Context(), "user", false))
	require.NoError(t, s.Close())
	require.Equal(t, ws.StatusNormalClosure, open.closedWith())
	require.Less(t, time.Since(began), 5*time.Second, "a second, and the machine may be busy")
	process.works()
	status, answer := h.call(t, "GET", validateToken, token, "")
	require.Equal(t, 401, status)
	require.Contains(t, answer, "User is not active")
}

func TestSockets_CloseAfterAnOutageWhoseUserOrTokenEndedMeanwhile(t *testing.T) {
	folder := t.TempDir()
	file, way := filepath.Join(folder, "love.db"), filepath.Join(folder, "way.db")
	require.NoError(t, os.Symlink(file, way))
	h := newHouseAt(t, way)
	disabled, ended, stays := h.logIn(t, "user"), h.logIn(t, "admin"), h.logIn(t, "admin")
	sockets := []socket{h.connect(t, "token="+disabled), h.connect(t, "token="+ended), h.connect(t, "token="+stays)}
	other, err := store.Open(t.Context(), "sqlite:"+file)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	users := auth.NewUsers(other.Users(), password.New())
	tokens := jwt.New(nil, users, jwt.WithKeyring(other.Keyring()), jwt.WithTokenStore(other.TokenStore()))

	require.NoError(t, os.Remove(way), "away for the manager, not for the other process")
	status, _ := h.call(t, "DELETE", logout, ended, "")
	require.Equal(t, 503, status)
	require.NoError(t, users.SetActive(t.Context(), "user", false))
	require.NoError(t, tokens.Revoke(t.Context(), ended))
	for _, s := range sockets {
		s.works()
	}

	require.NoError(t, os.Symlink(file, way))
	require.Equal(t, ws.StatusNormalClosure, sockets[0].closedWith())
	require.Equal(t, ws.StatusNormalClosure, sockets[1].closedWith())
	sockets[2].works()
	for token, want := range map[string]string{disabled: "User is not active", ended: "Invalid Token"} {
		status, answer := h.call(t, "GET", validateToken, token, "")
		require.Equal(t, 401, status)
		require.Contains(t, answer, want)
	}
}

func TestLog_OfAWholeManagerHoldsNoSecret(t *testing.T) {
	h := newHouse(t)
	admin, user := h.logIn(t, "admin"), h.logIn(t, "user")
	h.connect(t, "token="+user).works()
	h.connect(t, "password=secret+of+processes").works()
	for _, query := range []string{"token=wrong-" + user, "password=guess-of-password", "token=" + user + "x&password=guess-of-password"} {
		status, _ := h.call(t, "GET", "/manager/ws/subscription?"+query, "", "")
		require.Equal(t, 426, status)
		_, _, _, err := ws.Dial(t.Context(), strings.Replace(h.url, "http", "ws", 1)+"/manager/ws/subscription?"+query)
		require.Error(t, err)
	}
	h.call(t, "POST", getToken, "", `{"username": "user", "password": "guess-of-password"}`)
	h.call(t, "POST", getToken, "", `{"username": "user", "password": "guess-of-password"`)
	h.call(t, "PATCH", adminUsers+"user/", admin, `{"password": "new-of-password"}`)
	h.call(t, "GET", validateToken+"?token="+user, "broken-"+user, "")
	h.call(t, "POST", swapUser, user, credentials("admin"))
	h.call(t, "DELETE", logout, admin, "")

	_, records := h.call(t, "GET", adminAPI+"audit/", h.logIn(t, "admin"), "")
	text := h.log.String() + records
	require.Contains(t, text, "audit action=log-in")
	for _, secret := range []string{user, admin, "secret of", "secret+of", "of-password"} {
		require.NotContains(t, text, secret)
	}
	part := strings.Split(user, ".")
	require.NotContains(t, text, part[len(part)-1], "nor the signature of a token alone")
}

func TestDatabase_DeletingAUserWithASocketIsAnsweredAndClosesIt(t *testing.T) {
	h := newHouse(t)
	admin, user := h.logIn(t, "admin"), h.logIn(t, "user")
	open := h.connect(t, "token="+user)
	open.works()
	status, _ := h.call(t, "DELETE", adminUsers+"user/", admin, "")
	require.Equal(t, 204, status)
	require.Equal(t, ws.StatusNormalClosure, open.closedWith())
	status, _ = h.call(t, "POST", adminUsers, admin, `{"username": "user", "password": "new"}`)
	require.Equal(t, 201, status)
	status, _ = h.call(t, "GET", validateToken, user, "")
	require.Equal(t, 401, status, "a new user of that name has not the old one's tokens")
}
