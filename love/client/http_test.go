package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
)

// site answers one request with a status and a body, and shows what came.
type site struct {
	*httptest.Server
	request *http.Request
	body    string
}

func newSite(t *testing.T, status int, answer string) *site {
	s := &site{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		s.request, s.body = r, string(b)
		if status == http.StatusMovedPermanently {
			w.Header().Set("Location", "https://elsewhere/")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) client(t *testing.T) *client.Client {
	c, err := client.New(s.URL+"/love", client.WithHTTPClient(s.Client()), client.WithToken("tok"))
	require.NoError(t, err)
	return c
}

func TestLoginGivesTheSession(t *testing.T) {
	s := newSite(t, 200, `{"user":{"username":"ana","email":"a@b","first_name":"","last_name":""},"token":"t-1",
		"permissions":{"execute_commands":true},"time_data":{"tai_to_utc":-37},"config":null}`)
	session, err := client.Login(t.Context(), s.URL, "ana", `p"w`, client.WithHTTPClient(s.Client()), client.WithToken("stale"))
	require.NoError(t, err)
	require.Equal(t, "t-1", session.Token)
	require.Equal(t, "ana", session.User.Username)
	require.True(t, session.Permissions.ExecuteCommands)
	require.Equal(t, -37.0, session.TimeData.TAIToUTC)
	require.Equal(t, "/manager/api/get-token/", s.request.URL.Path)
	require.Empty(t, s.request.Header.Get("Authorization"))
	require.JSONEq(t, `{"username":"ana","password":"p\"w"}`, s.body)
}

func TestAFailedLoginSaysWhy(t *testing.T) {
	for _, test := range []struct {
		status       int
		answer, says string
		is           error
	}{
		{400, `{"non_field_errors":["Unable to log in with provided credentials."]}`, "user name or password is wrong", client.ErrCredentials},
		{403, `{"detail":"no"}`, "HTTP 403: no", client.ErrRefused},
		{301, "", "elsewhere", nil},
		{500, "<html>oops</html>", "HTTP 500: Internal Server Error", nil},
		{200, "<html>a web site</html>", "check the URL", nil},
	} {
		s := newSite(t, test.status, test.answer)
		_, err := client.Login(t.Context(), s.URL, "ana", "secret", client.WithHTTPClient(s.Client()))
		require.ErrorContains(t, err, test.says)
		require.NotContains(t, err.Error(), "secret")
		if test.is != nil {
			require.ErrorIs(t, err, test.is)
		}
	}
	_, err := client.Login(t.Context(), "ftp://x", "ana", "secret")
	require.Error(t, err)
}

func TestACommandIsPostedToTheManagerAndAcknowledged(t *testing.T) {
	for text, succeeded := range map[string]bool{"Done": true, "Failed: not enabled": false} {
		answer, err := json.Marshal(map[string]string{"ack": text})
		require.NoError(t, err)
		s := newSite(t, 200, string(answer))
		ack, err := s.client(t).Command(t.Context(), love.Command{CSC: "ATDome", Name: "moveAzimuth", Params: json.RawMessage(`{"azimuth":90}`)})
		require.NoError(t, err)
		require.Equal(t, love.Ack{Text: text, Raw: answer}, ack)
		require.Equal(t, succeeded, ack.Succeeded())
		require.Equal(t, "/love/manager/api/cmd/", s.request.URL.Path)
		require.Equal(t, "Token tok", s.request.Header.Get("Authorization"))
		require.JSONEq(t, `{"csc":"ATDome","salindex":0,"cmd":"cmd_moveAzimuth","params":{"azimuth":90}}`, s.body)
	}
}

func TestACommandWithoutAckIsAnError(t *testing.T) {
	s := newSite(t, 401, `{"detail": "The Token is expired"}`)
	_, err := s.client(t).Command(t.Context(), love.Command{CSC: "ATDome", Name: "cmd_start"})
	require.ErrorIs(t, err, client.ErrRefused)
	require.ErrorContains(t, err, "POST /cmd/: HTTP 401: The Token is expired: log in again")
	require.JSONEq(t, `{"csc":"ATDome","salindex":0,"cmd":"cmd_start","params":{}}`, s.body)

	s = newSite(t, 400, `{"salindex": ["A valid integer is required."]}`)
	_, err = s.client(t).Command(t.Context(), love.Command{})
	require.ErrorContains(t, err, "A valid integer is required.")
}

func TestLogoutDeletesTheToken(t *testing.T) {
	s := newSite(t, 204, "")
	require.NoError(t, s.client(t).Logout(t.Context()))
	require.Equal(t, "DELETE /love/manager/api/logout/", s.request.Method+" "+s.request.URL.Path)

	s = newSite(t, 401, `{"detail":"Invalid Token"}`)
	require.ErrorIs(t, s.client(t).Logout(t.Context()), client.ErrRefused)
}

func TestAManagerThatIsNotThereIsSaid(t *testing.T) {
	s := newSite(t, 200, "")
	s.Close()
	_, err := client.Login(t.Context(), s.URL, "ana", "secret", client.WithHTTPClient(s.Client()))
	require.ErrorContains(t, err, "ask the manager")
}
