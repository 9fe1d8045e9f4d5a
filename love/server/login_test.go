package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
	"github.com/rubin-love/love-go/love/store"
)

// cookieGate admits whoever has a cookie of the team's own site.
var cookieGate = hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
	c, err := r.Cookie("badge")
	if err != nil {
		return auth.Principal{}, errors.New("log in at the badge office")
	}
	return auth.Principal{User: auth.User{Username: c.Value}, Address: auth.Address(r)}, nil
})

// handshakeStatus asks for a websocket.
func handshakeStatus(t *testing.T, url, query, cookie, origin string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/manager/ws/subscription?"+query, nil)
	require.NoError(t, err)
	for key, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		"Cookie": cookie, "Origin": origin,
	} {
		if value != "" {
			req.Header.Set(key, value)
		}
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err)
	resp.Body.Close()
	return resp.StatusCode
}

func TestAnOwnGateAdmitsBesideTokensAndTheProcessPassword(t *testing.T) {
	_, url := serve(t, server.Config{Authenticator: badges{"ada": "1815"}, Gate: cookieGate, ProcessPassword: "long and random"})
	login, err := client.Login(t.Context(), url, "ada", "1815")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		query, cookie, origin string
		status                int
	}{
		"a token, from any page":      {"token=" + login.Token, "", "https://evil.example", 101},
		"the password of a process":   {"password=long%20and%20random", "", "", 101},
		"a cookie":                    {"", "badge=ada", "", 101},
		"a cookie of the own page":    {"", "badge=ada", url, 101},
		"a cookie of a foreign page":  {"", "badge=ada", "https://evil.example", 403},
		"a wrong token with a cookie": {"token=wrong", "badge=ada", url, 403},
		"nothing":                     {"", "", url, 403},
	} {
		require.Equal(t, c.status, handshakeStatus(t, url, c.query, c.cookie, c.origin), name)
	}
}

func TestOriginsHoldForAnOwnGateToo(t *testing.T) {
	_, url := serve(t, server.Config{Authenticator: badges{"ada": "1815"}, Gate: cookieGate, Origins: []string{"https://love.example"}})
	require.Equal(t, 101, handshakeStatus(t, url, "", "badge=ada", "https://love.example"))
	require.Equal(t, 403, handshakeStatus(t, url, "", "badge=ada", "https://evil.example"))
}

func TestOwnTokensReplaceTheBuiltInOnes(t *testing.T) {
	office := badges{"ada": "1815"}
	tokens := jwt.New([]byte("a key of the team's own, of 32 bytes"), office)
	s, url := serve(t, server.Config{Authenticator: office, Tokens: tokens})
	require.Equal(t, auth.Tokens(tokens), s.Tokens())
	login, err := client.Login(t.Context(), url, "ada", "1815")
	require.NoError(t, err)
	p, err := tokens.Verify(t.Context(), login.Token)
	require.NoError(t, err)
	require.Equal(t, "ada", p.User.Username)
	require.Equal(t, 101, handshakeStatus(t, url, "token="+login.Token, "", ""))

	_, err = server.New(t.Context(), server.Config{Tokens: tokens, SecretKey: make([]byte, 32)})
	require.ErrorContains(t, err, "server.Config.Tokens issues tokens, so SecretKey")
}

func TestServersThatShareABrokerActAsOne(t *testing.T) {
	broker := hub.NewMemoryBroker()
	here, _ := serve(t, server.Config{Broker: broker})
	there, _ := serve(t, server.Config{Broker: broker})
	messages := there.Hub().Subscribe(t.Context(), love.StreamGroup(love.CategoryEvent, "A", 0, "s"))
	require.NoError(t, here.Hub().Publish(t.Context(), love.Message{Category: love.CategoryEvent, Data: []love.Item{
		{CSC: "A", Streams: []love.Stream{{Name: "s", Value: love.RawValue(`[{"n":1}]`)}}},
	}}))
	for d, err := range messages {
		require.NoError(t, err)
		var v struct{ N int }
		require.NoError(t, d.Decode("s", &v))
		require.Equal(t, 1, v.N)
		break
	}
}

// office is a directory beside the local users.
type office struct {
	auth.UserWatchers
	mu    sync.Mutex
	users map[string]auth.User
}

func (o *office) Authenticate(ctx context.Context, name, pin string) (auth.User, error) {
	if pin != "pin of "+name {
		return auth.User{}, auth.ErrCredentials
	}
	return o.Lookup(ctx, name)
}

func (o *office) Lookup(_ context.Context, name string) (auth.User, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u, ok := o.users[name]
	if !ok {
		return auth.User{}, auth.ErrUnknownUser
	}
	return u, nil
}

func TestLocalUsersAreAdministeredBesideADirectory(t *testing.T) {
	storage := server.NewMemory(love.SystemClock{})
	users := auth.NewUsers(storage.Users(), password.New(password.WithCost(8, 1)))
	badges := &office{users: map[string]auth.User{
		"boss":    {Username: "boss", Superuser: true},
		"grace":   {Username: "grace", Groups: []string{auth.GroupCommand}},
		"manager": {Username: "manager", Permissions: []auth.Permission{auth.ManageUsers}},
	}}
	_, url := serve(t, server.Config{Storage: storage, Users: users, Authenticator: auth.FirstOf{users, badges}})
	api := url + "/manager/api/admin/"
	token := func(name, secret string) string {
		login, err := client.Login(t.Context(), url, name, secret)
		require.NoError(t, err, name)
		return login.Token
	}
	boss, manager := token("boss", "pin of boss"), token("manager", "pin of manager")

	var made map[string]any
	require.Equal(t, 201, answerTo(t, "POST", api+"users/", boss, `{"username":"ada","password":"correct horse","groups":["cmd"]}`, &made), made)
	require.Equal(t, 400, answerTo(t, "POST", api+"users/", manager, `{"username":"boss","password":"correct horse"}`, &made),
		"the new user would have the rights of the one in the directory")
	require.Contains(t, made, "username")
	require.Equal(t, 403, status(t, "DELETE", api+"tokens/?username=boss", manager, ""), "who holds more")
	require.Equal(t, 200, status(t, "DELETE", api+"tokens/?username=boss", token("boss", "pin of boss"), ""))
	boss = token("boss", "pin of boss")

	ada := connectAs(t, url, token("ada", "correct horse"))
	mayCommand := func(name string) bool {
		u, err := auth.FirstOf{users, badges}.Lookup(t.Context(), name)
		require.NoError(t, err)
		secret := map[string]string{"ada": "correct horse", "grace": "pin of grace"}[name]
		login, err := client.Login(t.Context(), url, u.Username, secret)
		require.NoError(t, err)
		return login.Permissions.ExecuteCommands
	}
	require.True(t, mayCommand("ada"))
	require.True(t, mayCommand("grace"), "the groups are those in Storage, for all")
	require.Equal(t, 200, answerTo(t, "PUT", api+"groups/cmd/", boss, `{"permissions":[]}`, new(json.RawMessage)))
	require.False(t, mayCommand("ada"), "a group gives what it gives now")
	require.False(t, mayCommand("grace"))

	require.Equal(t, 200, answerTo(t, "PATCH", api+"users/ada/", boss, `{"active":false}`, new(json.RawMessage)))
	require.ErrorIs(t, <-ada, client.ErrTokenInvalid, "a local user's websocket closes")
	grace := connectAs(t, url, token("grace", "pin of grace"))
	badges.mu.Lock()
	delete(badges.users, "grace")
	badges.mu.Unlock()
	badges.UserChanged("grace")
	require.ErrorIs(t, <-grace, client.ErrTokenInvalid, "that of a user of the directory, too")
}

// connectAs opens a websocket. The result tells why it ended.
func connectAs(t *testing.T, url, token string) <-chan error {
	t.Helper()
	c, err := client.New(url, client.WithToken(token))
	require.NoError(t, err)
	connected, ended := make(chan struct{}), make(chan error, 1)
	c.OnConnect(func(context.Context) error { close(connected); return nil })
	go func() { ended <- c.Run(t.Context()) }()
	<-connected
	require.NoError(t, c.Flush(t.Context()))
	return ended
}

// TestATokenThatAnotherServerHasRevokedIsRefused: at once, although this server's store does
// not poll, because its clock stands still.
func TestATokenThatAnotherServerHasRevokedIsRefused(t *testing.T) {
	database := "sqlite:" + filepath.Join(t.TempDir(), "love.db")
	of := func() string {
		storage, err := store.Open(t.Context(), database, store.WithClock(lovetest.NewClock(time.Now())))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, storage.Close()) })
		_, url := serve(t, server.Config{Storage: storage, Passwords: map[string]string{"user": "correct horse"}, AllowWeakSecrets: true})
		return url
	}
	one, two := of(), of()
	login, err := client.Login(t.Context(), one, "user", "correct horse")
	require.NoError(t, err)
	require.Equal(t, 200, status(t, "GET", two+"/manager/api/validate-token/", login.Token, ""))
	require.Equal(t, 204, status(t, "DELETE", one+"/manager/api/logout/", login.Token, ""))
	require.Equal(t, 401, status(t, "GET", two+"/manager/api/validate-token/", login.Token, ""))
}
