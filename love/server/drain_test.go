package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/commanderhttp"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/server"
)

// Forty callers, half of whom read the progress, wait for commands that do not end. All
// get the text and the status that docs/commands.md promises, over real connections.
func TestAllCallersGetAnAnswerWhenTheServerEnds(t *testing.T) {
	const callers = 40
	never := make(chan struct{})
	defer close(never)
	for name, wait := range map[string]func(context.Context) error{
		"a commander that ends with its context": func(ctx context.Context) error {
			<-ctx.Done()
			return context.Cause(ctx)
		},
		"one that does not": func(context.Context) error {
			<-never
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			var underWay sync.WaitGroup
			underWay.Add(callers)
			execute := func(ctx context.Context, _ commander.Call) (love.Ack, error) {
				ctx = commander.Sent(ctx)
				commander.Report(ctx, love.Progress{Code: 301, Name: "CMD_INPROGRESS", Timeout: 3600})
				underWay.Done()
				return love.Ack{}, wait(ctx)
			}
			s, err := server.New(t.Context(), server.Config{Commander: commander.Func(execute), DrainTimeout: 2 * time.Second})
			require.NoError(t, err)
			require.NoError(t, s.Users().Add(t.Context(), auth.User{Username: "ada", Superuser: true}, "correct horse"))
			token, err := s.Tokens().Issue(t.Context(), auth.User{Username: "ada"})
			require.NoError(t, err)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- s.Serve(ctx, listener) }()

			answers := make(chan string, callers)
			for n := range callers {
				go func() { answers <- callUntilTheEnd(listener.Addr().String(), token, n%2 == 0) }()
			}
			underWay.Wait()
			stop()
			for range callers {
				answer := <-answers
				require.Contains(t, answer, "502")
				require.Contains(t, answer, "Whether the command was executed is unknown")
			}
			require.NoError(t, <-ended)
		})
	}
}

// callUntilTheEnd gives a command on a connection of its own and returns the status and
// the body, or the error.
func callUntilTheEnd(address, token string, progress bool) string {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequest("POST", "http://"+address+"/manager/api/cmd/", strings.NewReader(`{"csc":"X","salindex":0,"cmd":"cmd_x","params":{}}`))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("Authorization", "Token "+token)
	r.Header.Set("Content-Type", "application/json")
	if progress {
		r.Header.Set("Accept", commanderhttp.ProgressType)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return resp.Status + " " + string(body)
}

// A proxy that asks /readyz learns that the server ends before connections are refused.
func TestAServerThatEndsIsNotReadyBeforeItRefusesConnections(t *testing.T) {
	clock := lovetest.NewClock(time.Now())
	s, err := server.New(t.Context(), server.Config{Clock: clock, DrainDelay: 5 * time.Second, Passwords: map[string]string{"user": "correct horse"}})
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	url := "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, listener) }()
	defer http.DefaultClient.CloseIdleConnections()
	require.Equal(t, 200, status(t, "GET", url+"/readyz", "", ""))
	subscribed := subscribe(t, url)

	stop()
	require.Eventually(t, func() bool { return status(t, "GET", url+"/readyz", "", "") == 503 }, 30*time.Second, time.Millisecond)
	http.DefaultClient.CloseIdleConnections()
	require.Equal(t, 200, status(t, "POST", url+"/manager/api/get-token/", "", `{"username":"user","password":"correct horse"}`), "it works as before")
	require.Equal(t, 200, status(t, "GET", url+"/healthz", "", ""))
	select {
	case err := <-subscribed:
		require.FailNow(t, "a client was closed too early", "%v", err)
	case err := <-ended:
		require.FailNow(t, "the server ended too early", "%v", err)
	default:
	}
	clock.Advance(5 * time.Second)
	require.ErrorContains(t, <-subscribed, "1012")
	require.NoError(t, <-ended)
}

// subscribe connects a client, and returns how that ends.
func subscribe(t *testing.T, url string) <-chan error {
	t.Helper()
	login, err := client.Login(t.Context(), url, "user", "correct horse")
	require.NoError(t, err)
	c, err := client.New(url, client.WithToken(login.Token), client.WithoutRetry())
	require.NoError(t, err)
	connected, ended := make(chan struct{}), make(chan error, 1)
	c.OnConnect(func(context.Context) error { close(connected); return nil })
	go func() { ended <- c.Run(t.Context()) }()
	<-connected
	return ended
}

// A program with an http.Server of its own goes on accepting while the server ends.
func TestAServerThatEndsIsNotReady(t *testing.T) {
	s, err := server.New(t.Context(), server.Config{})
	require.NoError(t, err)
	ready := func() (status int, body string) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
		return w.Code, w.Body.String()
	}
	status, body := ready()
	require.Equal(t, 200, status)
	require.Equal(t, "ready\ndatabase: ok\n", body)
	require.NoError(t, s.Close(t.Context()))
	status, body = ready()
	require.Equal(t, 503, status)
	require.Regexp(t, "^not ready\nmanager: shutting down\n", body)
}
