package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/hub"
)

// badgeSite is a manager whose websocket and API are behind a badge; the check returns
// an empty text for a good one. It gives a cookie with each answer.
func badgeSite(t *testing.T, badge func(r *http.Request) string) (url string, requests *atomic.Int32) {
	requests = new(atomic.Int32)
	h := hub.New(hub.WithGate(hub.GateFunc(func(*http.Request) (auth.Principal, error) {
		return auth.Principal{User: auth.User{Username: "ada"}}, nil
	})))
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes", Path: "/"})
		switch why := badge(r); {
		case why != "":
			http.Error(w, why, http.StatusForbidden)
		case r.URL.Path == "/manager/ws/subscription":
			h.ServeHTTP(w, r)
		default:
			_, _ = w.Write([]byte(`{"ack":"Done"}`))
		}
	}))
	t.Cleanup(func() {
		require.NoError(t, h.Shutdown(context.Background()))
		site.Close()
	})
	return site.URL, requests
}

// useSite uses the websocket and the API.
func useSite(t *testing.T, c *client.Client) {
	t.Helper()
	connected, ended := make(chan struct{}), make(chan error, 1)
	c.OnConnect(func(context.Context) error { close(connected); return nil })
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- c.Run(ctx) }()
	select {
	case <-connected:
	case err := <-ended:
		require.NoError(t, err)
	}
	_, err := c.Command(t.Context(), love.Command{CSC: "ATDome", Name: "stop"})
	require.NoError(t, err)
	for range c.Commands(t.Context(), love.CommandFilter{}) {
		break
	}
	cancel()
	require.NoError(t, <-ended)
}

func TestACredentialOfTheCallersGoesWithEveryRequest(t *testing.T) {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		options []client.Option
		badge   func(r *http.Request) string
	}{
		"a header": {
			[]client.Option{client.WithCredential(func(r *http.Request) error { r.Header.Set("X-Badge", "1815"); return nil })},
			func(r *http.Request) string { return r.Header.Get("X-Badge") },
		},
		"a parameter of the query, beside ours": {
			[]client.Option{client.WithToken("tok"), client.WithCredential(func(r *http.Request) error {
				q := r.URL.Query()
				q.Set("badge", "1815")
				r.URL.RawQuery = q.Encode()
				return nil
			})},
			func(r *http.Request) string {
				if r.URL.Query().Get("token") != "tok" && r.Header.Get("Authorization") != "Token tok" {
					return "the token is missing"
				}
				return r.URL.Query().Get("badge")
			},
		},
		"a cookie of a jar": {
			[]client.Option{client.WithHTTPClient(&http.Client{Jar: jar})},
			func(r *http.Request) string {
				c, err := r.Cookie("badge")
				if err != nil {
					return err.Error()
				}
				return c.Value
			},
		},
		"lines that the handshake has itself": {
			[]client.Option{client.WithCredential(func(r *http.Request) error {
				r.Header.Set("X-Badge", "1815")
				if r.Method == http.MethodGet {
					r.Header.Set("Sec-WebSocket-Key", "mine")
				}
				return nil
			})},
			func(r *http.Request) string { return r.Header.Get("X-Badge") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			site, _ := badgeSite(t, func(r *http.Request) string {
				if got := c.badge(r); got != "1815" {
					return "badge: " + got
				}
				return ""
			})
			at, err := url.Parse(site)
			require.NoError(t, err)
			jar.SetCookies(at, []*http.Cookie{{Name: "badge", Value: "1815", Path: "/"}})
			m, err := client.New(site, append(c.options, client.WithoutRetry())...)
			require.NoError(t, err)
			useSite(t, m)
			if name == "a cookie of a jar" {
				require.Len(t, jar.Cookies(at), 2, "those of the answers are kept")
			}
		})
	}
}

func TestAHandshakeKeepsTheCookiesOfItsAnswer(t *testing.T) {
	site, _ := badgeSite(t, func(r *http.Request) string { return "no" })
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c, err := client.New(site, client.WithHTTPClient(&http.Client{Jar: jar}), client.WithoutRetry())
	require.NoError(t, err)
	require.ErrorIs(t, c.Run(t.Context()), client.ErrRefused)
	at, err := url.Parse(site)
	require.NoError(t, err)
	require.Len(t, jar.Cookies(at), 1)
}

func TestACredentialThatCannotBeAddedIsAnError(t *testing.T) {
	site, requests := badgeSite(t, func(*http.Request) string { return "" })
	broken := errors.New("the badge office is closed")
	c, err := client.New(site, client.WithoutRetry(), client.WithCredential(func(*http.Request) error { return broken }))
	require.NoError(t, err)
	require.ErrorIs(t, c.Run(t.Context()), broken)
	_, err = c.Command(t.Context(), love.Command{CSC: "ATDome", Name: "stop"})
	require.ErrorIs(t, err, broken)
	require.ErrorIs(t, c.Logout(t.Context()), broken)
	require.Zero(t, requests.Load())
}

func TestErrorsDoNotShowACredentialOfTheCallers(t *testing.T) {
	c, err := client.New("http://127.0.0.1:1", client.WithoutRetry(), client.WithCredential(func(r *http.Request) error {
		r.URL.RawQuery = "badge=secret"
		return nil
	}))
	require.NoError(t, err)
	require.NotContains(t, c.Run(t.Context()).Error(), "secret")
	require.NotContains(t, c.Logout(t.Context()).Error(), "secret")
}
