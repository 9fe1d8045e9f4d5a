package client_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/commander"
)

func TestLoginReturnsTheTokenAndTheUser(t *testing.T) {
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

func TestAFailedLoginReportsWhy(t *testing.T) {
	for _, test := range []struct {
		status       int
		answer, want string
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
		require.ErrorContains(t, err, test.want)
		require.NotContains(t, err.Error(), "secret")
		if test.is != nil {
			require.ErrorIs(t, err, test.is)
		}
	}
	_, err := client.Login(t.Context(), "ftp://x", "ana", "secret")
	require.Error(t, err)
}

func TestLogoutRevokesTheToken(t *testing.T) {
	s := newSite(t, 204, "")
	require.NoError(t, s.client(t).Logout(t.Context()))
	require.Equal(t, "DELETE /love/manager/api/logout/", s.request.Method+" "+s.request.URL.Path)

	s = newSite(t, 401, `{"detail":"Invalid Token"}`)
	require.ErrorIs(t, s.client(t).Logout(t.Context()), client.ErrRefused)
}

func TestAManagerThatIsUnreachableIsAnError(t *testing.T) {
	s := newSite(t, 200, "")
	s.Close()
	_, err := client.Login(t.Context(), s.URL, "ana", "secret", client.WithHTTPClient(s.Client()))
	require.ErrorContains(t, err, "ask the manager")
}

func TestWhatIsNotUTF8NeverReachesTheManager(t *testing.T) {
	s := newSite(t, 200, `{"token":"t-1"}`)
	for _, c := range [][2]string{{"ana\xff", "secret"}, {"ana", "secr\xed\xa0\x80t"}} {
		_, err := client.Login(t.Context(), s.URL, c[0], c[1], client.WithHTTPClient(s.Client()))
		require.EqualError(t, err, "POST /get-token/: a text is not UTF-8")
	}
	for _, cmd := range []love.Command{{CSC: "A\xff", Name: "x"}, {CSC: "A", Name: "x\xff"}, {CSC: "A", Name: "x", Params: json.RawMessage("{\"a\":\"\xff\"}")}} {
		_, err := s.client(t).Command(t.Context(), cmd)
		require.ErrorContains(t, err, "UTF-8", "%q", cmd)
		failed, ok := errors.AsType[*commander.Error](err)
		require.True(t, ok)
		require.Equal(t, commander.NotSent, failed.Kind)
	}
	require.Nil(t, s.request)
}
