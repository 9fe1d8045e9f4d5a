package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/client"
)

// signInSite answers as a manager with an identity provider; package oidc and
// tools/oidctest have real ones.
type signInSite struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string][]answer // by path; the last one is repeated
	bodies  []string
}

type answer struct {
	status int
	text   string
}

const session = `{"user":{"username":"ana"},"token":"t-1","permissions":{"execute_commands":false}}`

func newSignInSite(t *testing.T, answers map[string][]answer) *signInSite {
	s := &signInSite{answers: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bodies = append(s.bodies, r.URL.Path+" "+string(body)+" "+r.Header.Get("Authorization"))
		list := s.answers[r.URL.Path]
		if len(list) == 0 {
			http.NotFound(w, r)
			return
		}
		if len(list) > 1 {
			s.answers[r.URL.Path] = list[1:]
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(list[0].status)
		_, _ = io.WriteString(w, list[0].text)
	}))
	t.Cleanup(s.Close)
	return s
}

const (
	devicePath      = "/manager/api/oidc/device/"
	deviceTokenPath = "/manager/api/oidc/device/token/"
	begun           = `{"device":"d","user_code":"WDJB-MJHT","verification_uri":"https://id.example/activate","verification_uri_complete":null,"expires_in":300,"interval":1}`
)

func (s *signInSite) withCode(ctx context.Context) (client.LoginResult, error) {
	return client.SignInWithCode(ctx, s.URL, func(client.DeviceCode) error { return nil }, client.WithHTTPClient(s.Client()), client.WithToken("stale"))
}

func TestSignInWithCode_WaitsUntilTheUserHasAgreed(t *testing.T) {
	s := newSignInSite(t, map[string][]answer{devicePath: {{200, begun}}, deviceTokenPath: {{202, `{}`}, {503, ""}, {200, session}}})
	var shown client.DeviceCode
	login, err := client.SignInWithCode(t.Context(), s.URL, func(c client.DeviceCode) error { shown = c; return nil }, client.WithHTTPClient(s.Client()))
	require.NoError(t, err)
	require.Equal(t, "t-1", login.Token)
	require.Equal(t, "WDJB-MJHT", shown.UserCode)
	require.Equal(t, "https://id.example/activate", shown.URL)
	require.Equal(t, 5.0, shown.Expires.Minutes())
	require.Equal(t, []string{devicePath + " {} ", deviceTokenPath + ` {"device":"d"} `}, slices.Compact(s.bodies), "without an old token")
}

func TestSignInWithCode_WhatEndsIt(t *testing.T) {
	for why, c := range map[string]struct {
		begin, token answer
		text         string
		is           error
	}{
		"the user refused":         {answer{200, begun}, answer{403, `{"detail":"You cancelled."}`}, "You cancelled.", client.ErrSignInDenied},
		"no provider":              {answer{404, `{"detail":"none"}`}, answer{}, "none", client.ErrNoSignIn},
		"a web site":               {answer{200, "<html>"}, answer{}, "check the URL", nil},
		"codes that move a cursor": {answer{200, `{"device":"d","user_code":"\u001b[2J","interval":1}`}, answer{}, "check the URL", nil},
		"no token":                 {answer{200, begun}, answer{200, "{}"}, "check the URL", nil},
		"unavailable":              {answer{503, `{"detail":"later"}`}, answer{}, "later", nil},
	} {
		s := newSignInSite(t, map[string][]answer{devicePath: {c.begin}, deviceTokenPath: {c.token}})
		_, err := s.withCode(t.Context())
		require.ErrorContains(t, err, c.text, why)
		if c.is != nil {
			require.ErrorIs(t, err, c.is, why)
		}
	}
	s := newSignInSite(t, map[string][]answer{devicePath: {{200, begun}}, deviceTokenPath: {{202, "{}"}}})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := client.SignInWithCode(ctx, s.URL, func(client.DeviceCode) error { cancel(); return nil }, client.WithHTTPClient(s.Client()))
	require.ErrorIs(t, err, context.Canceled)
	cannotShow := errors.New("the terminal is gone")
	_, err = client.SignInWithCode(t.Context(), s.URL, func(client.DeviceCode) error { return cannotShow }, client.WithHTTPClient(s.Client()))
	require.ErrorIs(t, err, cannotShow)
}

// comeBack is what the browser does in the end.
func comeBack(t *testing.T, address, path string) int {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	transport := &http.Transport{DisableKeepAlives: true}
	got, err := (&http.Client{Transport: transport}).Get("http://127.0.0.1:" + u.Query().Get("port") + path)
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, got.Body)
	require.NoError(t, got.Body.Close())
	return got.StatusCode
}

func TestSignInWithBrowser_TakesTheCodeThatItsVerifierFits(t *testing.T) {
	s := newSignInSite(t, map[string][]answer{
		"/manager/api/oidc/":       {{200, `{"name":"the site","login":"/x","device":true}`}},
		"/manager/api/oidc/token/": {{403, `{"detail":"not yours"}`}, {200, session}},
	})
	var browser sync.WaitGroup
	defer browser.Wait()
	login, err := client.SignInWithBrowser(t.Context(), s.URL, func(address string) error {
		browser.Go(func() {
			require.Equal(t, 404, comeBack(t, address, "/favicon.ico"))
			require.Equal(t, 200, comeBack(t, address, "/?code=of+another+program"))
			require.Equal(t, 200, comeBack(t, address, "/?code=right"))
		})
		return nil
	}, client.WithHTTPClient(s.Client()))
	require.NoError(t, err)
	require.Equal(t, "t-1", login.Token)
	var sent struct{ Code, Verifier string }
	_, body, _ := cutLast(s.bodies)
	require.NoError(t, json.Unmarshal([]byte(body), &sent))
	require.Equal(t, "right", sent.Code)
	require.Greater(t, len(sent.Verifier), 42)
}

// cutLast returns path and body of the last request.
func cutLast(bodies []string) (path, body string, ok bool) {
	last := bodies[len(bodies)-1]
	i := slices.Index([]byte(last), '{')
	return last[:i], last[i : len(last)-1], true
}

func TestSignInWithBrowser_WithoutAProvider(t *testing.T) {
	for _, text := range []answer{{200, `{"name":null,"login":null,"device":false}`}, {404, ""}, {200, "<html>"}} {
		s := newSignInSite(t, map[string][]answer{"/manager/api/oidc/": {text}})
		_, err := client.SignInWithBrowser(t.Context(), s.URL, func(string) error { t.Error("nothing is shown"); return nil }, client.WithHTTPClient(s.Client()))
		require.ErrorIs(t, err, client.ErrNoSignIn)
	}
	s := newSignInSite(t, map[string][]answer{"/manager/api/oidc/": {{200, `{"name":"x"}`}}})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := client.SignInWithBrowser(ctx, s.URL, func(string) error { cancel(); return nil }, client.WithHTTPClient(s.Client()))
	require.ErrorIs(t, err, context.Canceled)
}
