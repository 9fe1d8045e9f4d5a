package lovetest

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/server"
)

// directoryTimeout is how long the suite waits for what must happen.
const directoryTimeout = 5 * time.Second

// directory returns the authenticator as a directory; without one, the test is skipped.
func (a AuthenticatorSetup) directory(t *testing.T) auth.Directory {
	t.Helper()
	d, ok := a.Authenticator.(auth.Directory)
	if _, isFirst := a.Authenticator.(auth.FirstOf); !ok || isFirst {
		t.Skip("this authenticator is not a directory of its own")
	}
	return d
}

func directoryKnowsUser(t *testing.T, a AuthenticatorSetup) {
	d := a.directory(t)
	u, err := d.Lookup(t.Context(), a.Username)
	require.NoError(t, err)
	require.Equal(t, a.Username, u.Username)
	_, err = d.Lookup(t.Context(), a.Username+"-unknown")
	require.ErrorIs(t, err, auth.ErrUnknownUser)
	if a.Disable == nil {
		return
	}
	a.Disable(t)
	_, err = d.Lookup(t.Context(), a.Username)
	require.Error(t, err, "a disabled user was found")
	if !errors.Is(err, auth.ErrUnknownUser) && !errors.Is(err, auth.ErrInactive) {
		t.Errorf("the error for a disabled user must wrap auth.ErrInactive or auth.ErrUnknownUser: %v", err)
	}
}

// directoryWithdraws runs a whole manager, with a clock that passes the time after which
// it looks up the users of open websockets again.
func directoryWithdraws(t *testing.T, a AuthenticatorSetup) {
	a.directory(t)
	if a.Disable == nil {
		t.Skip("users of this directory cannot be disabled")
	}
	clock := NewClock(time.Now())
	s, err := server.New(t.Context(), server.Config{Authenticator: a.Authenticator, Clock: clock, ServerURL: "lovetest"})
	require.NoError(t, err)
	site := httptest.NewServer(s)
	defer func() {
		require.NoError(t, s.Close(context.Background()))
		site.Close()
	}()
	login, err := client.Login(t.Context(), site.URL, a.Username, a.Password)
	require.NoError(t, err)
	c, err := client.New(site.URL, client.WithToken(login.Token))
	require.NoError(t, err)
	connected, ended := make(chan struct{}), make(chan error, 1)
	c.OnConnect(func(context.Context) error { close(connected); return nil })
	go func() { ended <- c.Run(t.Context()) }()
	<-connected
	require.NoError(t, c.Flush(t.Context()))

	a.Disable(t)
	_, err = c.Command(t.Context(), love.Command{CSC: "Test", Name: "cmd_enable"})
	require.ErrorIs(t, err, client.ErrRefused, "the token")
	const recheck = 10 * time.Second
	clock.Advance(recheck)
	select {
	case err := <-ended:
		require.ErrorIs(t, err, client.ErrTokenInvalid, "the websocket")
	case <-time.After(directoryTimeout):
		t.Errorf("the websocket of a disabled user stays open: Lookup must not return the user any more")
	}
}

func directoryNotifies(t *testing.T, a AuthenticatorSetup) {
	d := a.directory(t)
	w, ok := d.(auth.UserWatcher)
	if !ok || a.Disable == nil {
		t.Skip("this directory is no auth.UserWatcher, or its users cannot be disabled")
	}
	notified := make(chan string, 100)
	cancel := w.WatchUsers(func(name string) { notified <- name })
	a.Disable(t)
	for end := time.After(directoryTimeout); ; {
		select {
		case name := <-notified:
			if name != a.Username {
				continue
			}
			_, err := d.Lookup(t.Context(), name)
			require.Error(t, err, "the watcher was called before Lookup returned the change")
		case <-end:
			t.Errorf("the watcher was not called for a disabled user")
		}
		break
	}
	cancel()
	cancel()
}
