package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheBadgeOfficeDecidesWhoMayLogInAndCommand(t *testing.T) {
	office := &badgeOffice{badges: map[string]badge{
		"ada":   {pin: "1815", doors: []string{"control room"}},
		"henry": {pin: "1868", doors: []string{"auxiliary telescope"}},
		"guest": {pin: "0000"},
	}}
	s, err := newServer(t.Context(), office, "", slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close(t.Context())) }()

	call := func(method, path, token, kind, body string) (int, string) {
		r := httptest.NewRequest(method, "/manager/api/"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		if token != "" {
			r.Header.Set("Authorization", "Token "+token)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	logIn := func(name, pin string) (token string) {
		form := url.Values{"username": {name}, "password": {pin}}.Encode()
		status, body := call("POST", "get-token/", "", "application/x-www-form-urlencoded", form)
		require.Equal(t, http.StatusOK, status, body)
		var session struct{ Token string }
		require.NoError(t, json.Unmarshal([]byte(body), &session))
		return session.Token
	}
	status, _ := call("POST", "get-token/", "", "application/json", `{"username": "ada", "password": "1816"}`)
	require.Equal(t, http.StatusBadRequest, status)

	// There is no commander, so a command that is allowed is answered 503.
	dome := `{"csc": "ATDome", "salindex": 0, "cmd": "cmd_moveAzimuth", "params": {"azimuth": 10}}`
	mount := `{"csc": "MTMount", "salindex": 0, "cmd": "cmd_stop", "params": {}}`
	for name, c := range map[string]struct {
		pin         string
		dome, mount int
	}{
		"ada": {"1815", 503, 503}, "henry": {"1868", 503, 403}, "guest": {"0000", 403, 403},
	} {
		token := logIn(name, c.pin)
		status, body := call("POST", "cmd/", token, "application/json", dome)
		require.Equal(t, c.dome, status, "%s: %s", name, body)
		status, _ = call("POST", "cmd/", token, "application/json", mount)
		require.Equal(t, c.mount, status, name)
	}

	token := logIn("ada", "1815")
	office.revoke("ada")
	status, _ = call("GET", "validate-token/", token, "", "")
	require.Equal(t, http.StatusUnauthorized, status, "the badge was revoked")
}
