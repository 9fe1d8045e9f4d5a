package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/pipenet"
	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/record"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server until the test ends, and returns its URL.
func serve(t *testing.T, c server.Config) (*server.Server, string) {
	t.Helper()
	s, err := server.New(t.Context(), c)
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, listener) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		stop()
		require.NoError(t, <-ended)
	})
	return s, "http://" + listener.Addr().String()
}

func status(t *testing.T, method, url, token, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Token "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	return resp.StatusCode
}

func TestTheZeroConfigAdmitsNobody(t *testing.T) {
	s, url := serve(t, server.Config{})
	require.Equal(t, 200, status(t, "GET", url+"/readyz", "", ""))
	require.Equal(t, 400, status(t, "POST", url+"/manager/api/get-token/", "", `{"username":"admin","password":"admin"}`))
	require.Equal(t, 401, status(t, "POST", url+"/manager/api/cmd/", "", `{}`))
	for _, credential := range []client.Option{client.WithProcessPassword("x"), client.WithToken("x")} {
		c, err := client.New(url, credential, client.WithoutRetry())
		require.NoError(t, err)
		require.ErrorIs(t, c.Run(t.Context()), client.ErrRefused)
	}
	require.NoError(t, s.Users().Add(t.Context(), auth.User{Username: "ada", Superuser: true}, "correct horse"))
	login, err := client.Login(t.Context(), url, "ada", "correct horse")
	require.NoError(t, err)
	require.Equal(t, 503, status(t, "POST", url+"/manager/api/cmd/", login.Token, `{"csc":"X","salindex":0,"cmd":"cmd_x","params":{}}`))
}

// badges is a team's own log-in.
type badges map[string]string

func (b badges) Authenticate(ctx context.Context, name, pin string) (auth.User, error) {
	if b[name] != pin || pin == "" {
		return auth.User{}, auth.ErrCredentials
	}
	return b.Lookup(ctx, name)
}

func (b badges) Lookup(_ context.Context, name string) (auth.User, error) {
	if b[name] == "" {
		return auth.User{}, auth.ErrUnknownUser
	}
	return auth.User{Username: name, Groups: []string{auth.GroupCommand}}, nil
}

func TestAnAuthenticatorReplacesTheUsers(t *testing.T) {
	heater := &lovetest.Commander{}
	office := badges{"ada": "1815"}
	_, url := serve(t, server.Config{Authenticator: office, Commander: heater, Passwords: map[string]string{"admin": "secret"}, ServerURL: "summit"})
	_, err := client.Login(t.Context(), url, "admin", "secret")
	require.ErrorIs(t, err, client.ErrCredentials)
	login, err := client.Login(t.Context(), url, "ada", "1815")
	require.NoError(t, err)
	require.True(t, login.Permissions.ExecuteCommands)

	c, err := client.New(url, client.WithToken(login.Token))
	require.NoError(t, err)
	ack, err := c.Command(t.Context(), love.Command{CSC: "Heater", Name: "on"})
	require.NoError(t, err)
	require.True(t, ack.Succeeded())
	require.Equal(t, "ada@summit", heater.Calls()[0].Identity)
	for e, err := range c.Commands(t.Context(), love.CommandFilter{}) {
		require.NoError(t, err)
		require.Equal(t, love.CommandDone, e.State)
		require.Equal(t, 200, e.Status)
	}
	delete(office, "ada")
	require.Equal(t, 401, status(t, "GET", url+"/manager/api/validate-token/", login.Token, ""), "the directory is asked at each request")
}

func TestCommandsThatTheLastRunLeftOpenAreMarkedAtTheStart(t *testing.T) {
	storage := server.NewMemory(love.SystemClock{})
	for _, manager := range []string{"one", "two"} {
		require.NoError(t, storage.Commands().Begin(t.Context(), love.CommandEntry{
			ID: record.FirstID(time.Now()) + manager, Time: time.Now(), Manager: manager, CommandOutcome: love.CommandOutcome{State: love.CommandPending},
		}))
	}
	var log bytes.Buffer
	s, err := server.New(t.Context(), server.Config{
		Storage: storage, Name: "one", Commander: &lovetest.Commander{}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	defer s.Close(t.Context())
	require.Contains(t, log.String(), "the last run left commands open")
	entries, err := storage.Commands().List(t.Context(), love.CommandFilter{})
	require.NoError(t, err)
	for _, e := range entries {
		require.Equal(t, map[string]love.CommandState{"one": love.CommandUnknown, "two": love.CommandPending}[e.Manager], e.State)
	}
}

func TestOldEntriesOfTheRecordArePruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		storage := server.NewMemory(love.SystemClock{})
		s, err := server.New(t.Context(), server.Config{Storage: storage, Commander: &lovetest.Commander{}, CommandRetention: 90 * time.Minute, ServerURL: "x"})
		require.NoError(t, err)
		require.NoError(t, storage.Commands().Begin(t.Context(), love.CommandEntry{ID: record.FirstID(time.Now()), Time: time.Now()}))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		for range 3 {
			entries, err := storage.Commands().List(t.Context(), love.CommandFilter{})
			require.NoError(t, err)
			require.Len(t, entries, 1)
			time.Sleep(40 * time.Minute)
		}
		synctest.Wait()
		entries, err := storage.Commands().List(t.Context(), love.CommandFilter{})
		require.NoError(t, err)
		require.Empty(t, entries)
		stop()
		require.NoError(t, <-ended)
		require.NoError(t, s.Close(t.Context()))
	})
}

// closingStorage counts how often it is closed.
type closingStorage struct {
	server.Storage
	closed int
}

func (c *closingStorage) Close() error {
	c.closed++
	return errors.New("disk gone")
}

func TestStorageIsClosedLast(t *testing.T) {
	storage := &closingStorage{Storage: server.NewMemory(love.SystemClock{})}
	reached := make(chan struct{})
	s, err := server.New(t.Context(), server.Config{Storage: storage, Commander: commander.Func(func(ctx context.Context, _ commander.Call) (love.Ack, error) {
		close(reached)
		<-ctx.Done()
		return love.Ack{}, ctx.Err()
	})})
	require.NoError(t, err)
	require.NoError(t, s.Users().Add(t.Context(), auth.User{Username: "ada", Superuser: true}, "correct horse"))
	token, err := s.Tokens().Issue(t.Context(), auth.User{Username: "ada"})
	require.NoError(t, err)
	go func() {
		r := httptest.NewRequest("POST", "/manager/api/cmd/", strings.NewReader(`{"csc":"X","salindex":0,"cmd":"cmd_x","params":{}}`))
		r.Header.Set("Authorization", "Token "+token)
		r.Header.Set("Content-Type", "application/json")
		s.ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-reached
	soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.EqualError(t, s.Close(soon), "disk gone")
	require.Equal(t, 1, storage.closed)
	entries, err := storage.Commands().List(t.Context(), love.CommandFilter{})
	require.NoError(t, err)
	require.Equal(t, love.CommandUnknown, entries[0].State, "abandoned, and recorded before the storage was closed")
}

// logInOnly is an Authenticator that is not a Directory.
type logInOnly struct{ badges badges }

func (l logInOnly) Authenticate(ctx context.Context, name, pin string) (auth.User, error) {
	return l.badges.Authenticate(ctx, name, pin)
}

func TestAWrongSettingIsNamedAndClosesStorage(t *testing.T) {
	office := badges{"ada": "1815"}
	for text, c := range map[string]server.Config{
		"URL prefix":                {URLPrefix: "a b"},
		"SecretKey":                 {SecretKey: []byte("short")},
		"Approval":                  {Commander: commander.Func(nil), Approval: []love.CommandPattern{"ATDome:*:move*:x"}},
		`Origins: "love.example"`:   {Origins: []string{"love.example"}},
		`"adnim"`:                   {Passwords: map[string]string{"adnim": "x"}},
		"TokenLifetime":             {TokenLifetime: -1},
		"DrainTimeout":              {DrainTimeout: -1},
		"DrainDelay":                {DrainDelay: -1},
		"need a Commander: set one": {Authority: true},
		"Authenticator: server_test.logInOnly is not an auth.Directory":   {Authenticator: logInOnly{office}},
		"Authenticator: server_test.logInOnly is not an auth.Directory, ": {Authenticator: auth.FirstOf{office, logInOnly{office}}},
	} {
		storage := &closingStorage{Storage: server.NewMemory(love.SystemClock{})}
		c.Storage = storage
		_, err := server.New(t.Context(), c)
		require.ErrorContains(t, err, text)
		require.Equal(t, 1, storage.closed)
	}
	for _, c := range []server.Config{
		{SecretKey: []byte("short"), AllowWeakSecrets: true},
		{Authenticator: logInOnly{office}, Directory: office},
		{Authenticator: auth.FirstOf{office, office}},
	} {
		s, err := server.New(t.Context(), c)
		require.NoError(t, err)
		require.NoError(t, s.Close(t.Context()))
	}
}

type fakeInformer struct{ commander.Informer }

func (fakeInformer) TopicNames(context.Context, string) (json.RawMessage, error) {
	return json.RawMessage(`{"ATDome":{}}`), nil
}

func TestSalinfoNeedsNoCommander(t *testing.T) {
	s, url := serve(t, server.Config{Informer: fakeInformer{}})
	require.NoError(t, s.Users().Add(t.Context(), auth.User{Username: "ada", Superuser: true}, "correct horse"))
	token, err := s.Tokens().Issue(t.Context(), auth.User{Username: "ada"})
	require.NoError(t, err)
	require.Equal(t, 200, status(t, "GET", url+"/manager/api/salinfo/topic-names", token, ""))
	require.Equal(t, 503, status(t, "POST", url+"/manager/api/cmd/", token, `{"csc":"X","salindex":0,"cmd":"cmd_x","params":{}}`))
}

func TestTheEndIsBoundedAndCallersGetAnAnswer(t *testing.T) {
	for name, execute := range map[string]commander.Func{
		"a commander that ends with its context": func(ctx context.Context, _ commander.Call) (love.Ack, error) {
			<-ctx.Done()
			return love.Ack{}, context.Cause(ctx)
		},
		"one that does not": func(context.Context, commander.Call) (love.Ack, error) {
			time.Sleep(time.Hour)
			return love.Ack{}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := server.New(t.Context(), server.Config{Commander: execute, DrainTimeout: 4 * time.Second, ServerURL: "x"})
				require.NoError(t, err)
				ada := auth.User{Username: "ada", Superuser: true}
				require.NoError(t, s.Users().Add(t.Context(), ada, "correct horse"))
				token, err := s.Tokens().Issue(t.Context(), ada)
				require.NoError(t, err)
				network := pipenet.New()
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- s.Serve(ctx, network) }()
				answered := make(chan int)
				go func() {
					c := &http.Client{Transport: &http.Transport{DialContext: network.DialContext}}
					defer c.CloseIdleConnections()
					r, err := http.NewRequest("POST", "http://x/manager/api/cmd/", strings.NewReader(`{"csc":"X","salindex":0,"cmd":"cmd_x","params":{}}`))
					if err != nil {
						panic(err)
					}
					r.Header.Set("Authorization", "Token "+token)
					r.Header.Set("Content-Type", "application/json")
					resp, err := c.Do(r)
					if err != nil {
						panic(err)
					}
					_ = resp.Body.Close()
					answered <- resp.StatusCode
				}()
				time.Sleep(time.Second)
				began := time.Now()
				stop()
				require.Equal(t, 502, <-answered)
				require.NoError(t, <-ended)
				require.LessOrEqual(t, time.Since(began), 4*time.Second)
				time.Sleep(time.Hour) // until the commander ends
			})
		})
	}
}

func TestUsersCanBeDisabledWhileTheServerEnds(t *testing.T) {
	s, err := server.New(t.Context(), server.Config{Drain: time.Hour})
	require.NoError(t, err)
	require.NoError(t, s.Users().Add(t.Context(), auth.User{Username: "ada"}, "correct horse"))
	token, err := s.Tokens().Issue(t.Context(), auth.User{Username: "ada"})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, listener) }()
	socket, _, _, err := ws.Dial(t.Context(), "ws://"+listener.Addr().String()+"/manager/ws/subscription?token="+token)
	require.NoError(t, err)
	defer socket.Close()
	stop()
	require.NoError(t, s.Users().SetActive(t.Context(), "ada", false))
	header, err := ws.ReadHeader(socket)
	require.NoError(t, err)
	require.Equal(t, ws.OpClose, header.OpCode)
	require.NoError(t, socket.Close())
	require.NoError(t, <-ended)
}

func TestAPortInUseIsAnError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	s, err := server.New(t.Context(), server.Config{})
	require.NoError(t, err)
	require.ErrorContains(t, s.ListenAndServe(t.Context(), taken.Addr().String()), "address already in use")
}

func TestOnlyPagesOfTheConfiguredOriginsMayReadAnswers(t *testing.T) {
	_, url := serve(t, server.Config{Origins: []string{"https://love.example"}, ProcessPassword: "secret of processes"})
	for origin, allowed := range map[string]bool{"https://love.example": true, "https://evil.example": false} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", url+"/manager/api/validate-token/", nil)
		require.NoError(t, err)
		req.Header.Set("Origin", origin)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, allowed, resp.Header.Get("Access-Control-Allow-Origin") == origin)
	}
}

func TestAHeartbeatOfTheCommanderIsPublished(t *testing.T) {
	s, _ := serve(t, server.Config{Commander: &lovetest.Commander{}, Heartbeater: fakeHeartbeater{}})
	for d, err := range s.Hub().Subscribe(t.Context(), love.Group{Category: love.CategoryHeartbeat, CSC: "manager", SalIndex: "0", Stream: "stream"}) {
		require.NoError(t, err)
		if bytes.Contains(d.Raw, []byte(`"Commander"`)) {
			require.True(t, json.Valid(d.Raw))
			return
		}
	}
}

type fakeHeartbeater struct{}

func (fakeHeartbeater) Heartbeat(context.Context) (time.Time, error) {
	return time.Unix(1690852639, 0), nil
}
