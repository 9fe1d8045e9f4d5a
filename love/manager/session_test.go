package manager_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/manager"
)

const (
	getToken      = "/manager/api/get-token/"
	validateToken = "/manager/api/validate-token/"
	logout        = "/manager/api/logout/"
	swapUser      = "/manager/api/swap-user/"

	noCredentials = "Authentication credentials were not provided."
	wrongLogIn    = `{"non_field_errors": ["Unable to log in with provided credentials."]}`
)

func credentials(user string) string {
	return `{"username": "` + user + `", "password": "secret of ` + user + `"}`
}

// session is the answer to a log-in, as a client reads it.
type session struct {
	User        map[string]string `json:"user"`
	Token       string            `json:"token"`
	Permissions map[string]bool   `json:"permissions"`
	TimeData    love.TimeData     `json:"time_data"`
	Config      map[string]any    `json:"config"`
}

func (h *harness) session(got response) session {
	h.t.Helper()
	require.Equal(h.t, 200, got.StatusCode, got.body)
	require.Equal(h.t, "application/json", got.Header.Get("Content-Type"))
	require.Equal(h.t, "no-store", got.Header.Get("Cache-Control"))
	var s session
	dec := json.NewDecoder(strings.NewReader(got.body))
	dec.DisallowUnknownFields()
	require.NoError(h.t, dec.Decode(&s))
	return s
}

func TestGetToken_AnswersWithTheSession(t *testing.T) {
	h := newHarness(t)
	for user, mayCommand := range map[string]bool{"admin": true, "user": false, "cmd_user": true} {
		s := h.session(h.call("POST", getToken, credentials(user)))
		require.Equal(t, map[string]string{"username": user, "email": user + "@fake.com", "first_name": "", "last_name": ""}, s.User)
		require.Equal(t, map[string]bool{"execute_commands": mayCommand}, s.Permissions)
		require.Equal(t, love.TimeDataAt(start), s.TimeData)
		require.InDelta(t, 1, s.Config["id"], 0)
		require.Equal(t, "2026-03-14T01:59:26Z", s.Config["update_timestamp"])
		require.IsType(t, "", s.Config["filename"])
		require.IsType(t, map[string]any{}, s.Config["content"])
		p, err := h.tokens.Verify(t.Context(), s.Token)
		require.NoError(t, err)
		require.Equal(t, user, p.User.Username)
	}
}

func TestGetToken_EveryLogInGetsItsOwnToken(t *testing.T) {
	h := newHarness(t)
	a := h.session(h.call("POST", getToken, credentials("user"))).Token
	b := h.session(h.call("POST", getToken, credentials("user"))).Token
	require.NotEqual(t, a, b)
	h.call("DELETE", logout, "", as(a))
	h.session(h.call("GET", validateToken, "", as(b)))
}

func TestGetToken_RefusalNamesTheFields(t *testing.T) {
	const required, blank = `["This field is required."]`, `["This field may not be blank."]`
	h := newHarness(t)
	require.NoError(t, h.users.SetActive(t.Context(), "cmd_user", false))
	for name, c := range map[string]struct{ body, want string }{
		"wrong password":         {`{"username": "user", "password": "x"}`, wrongLogIn},
		"unknown user":           {`{"username": "nobody", "password": "x"}`, wrongLogIn},
		"disabled user":          {credentials("cmd_user"), wrongLogIn},
		"no password":            {`{"username": "user"}`, `{"password": ` + required + `}`},
		"no user name":           {`{"password": "x"}`, `{"username": ` + required + `}`},
		"keys in another case":   {`{"Username": "user", "password": "x"}`, `{"username": ` + required + `}`},
		"nothing":                {`{}`, `{"username": ` + required + `, "password": ` + required + `}`},
		"no body":                {``, `{"username": ` + required + `, "password": ` + required + `}`},
		"blank":                  {`{"username": "", "password": ""}`, `{"username": ` + blank + `, "password": ` + blank + `}`},
		"only spaces":            {`{"username": "  ", "password": "x"}`, `{"username": ` + blank + `}`},
		"null":                   {`{"username": null, "password": "x"}`, `{"username": ["This field may not be null."]}`},
		"a list":                 {`{"username": ["user"], "password": true}`, `{"username": ["Not a valid string."], "password": ["Not a valid string."]}`},
		"numbers count as texts": {`{"username": 1, "password": 2.5}`, wrongLogIn},
		"not an object":          {`["user"]`, `{"non_field_errors": ["Invalid data. Expected an object, but got a list."]}`},
		"a text":                 {`"user"`, `{"non_field_errors": ["Invalid data. Expected an object, but got a text."]}`},
		"a repeated key":         {`{"username": "user", "password": "secret of user", "password": "x"}`, `{"detail": "JSON parse error - the key \"password\" occurs twice"}`},
	} {
		t.Run(name, func(t *testing.T) { h.requireJSON(h.call("POST", getToken, c.body), 400, c.want) })
	}
}

func TestGetToken_AcceptsForms(t *testing.T) {
	h := newHarness(t)
	form := url.Values{"username": {"x", "user"}, "password": {"secret of user"}}.Encode()
	s := h.session(h.call("POST", getToken, form, header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")))
	require.Equal(t, "user", s.User["username"], "of a repeated field the last one counts")

	var body bytes.Buffer
	mw := multipart.NewWriter(&body)
	require.NoError(t, mw.WriteField("username", "user"))
	require.NoError(t, mw.WriteField("password", "secret of user"))
	require.NoError(t, mw.Close())
	h.session(h.call("POST", getToken, body.String(), header("Content-Type", mw.FormDataContentType())))

	h.requireJSON(h.call("POST", getToken+"?username=user&password=x", "a=b", header("Content-Type", "application/x-www-form-urlencoded")),
		400, `{"username": ["This field is required."], "password": ["This field is required."]}`)
}

func TestGetToken_IgnoresAStaleAuthorizationHeader(t *testing.T) {
	h := newHarness(t)
	for _, value := range []string{"Token stale", "Token", "Token a b", "Bearer x"} {
		h.session(h.call("POST", getToken, credentials("user"), header("Authorization", value)))
	}
}

func TestValidateToken_AnswersLikeALogIn(t *testing.T) {
	h := newHarness(t)
	token := h.token("cmd_user")
	for flags, withConfig := range map[string]bool{"": true, "no_config/": false, "no-config/": false, "other/": true} {
		got := h.call("GET", validateToken+flags, "", as(token))
		s := h.session(got)
		require.Equal(t, token, s.Token)
		require.Equal(t, "cmd_user", s.User["username"])
		require.Equal(t, map[string]bool{"execute_commands": true}, s.Permissions)
		require.Equal(t, withConfig, s.Config != nil, flags)
		require.Contains(t, got.body, `"config":`)
	}
}

func TestAuthorization_RefusalReportsWhatIsWrong(t *testing.T) {
	h := newHarness(t)
	token, gone, idle := h.token("user"), h.token("user"), h.token("cmd_user")
	require.NoError(t, h.tokens.Revoke(t.Context(), gone))
	require.NoError(t, h.users.SetActive(t.Context(), "cmd_user", false))

	h.requireUnauthorized(h.call("GET", validateToken, ""), noCredentials)
	for value, text := range map[string]string{
		"":                                   noCredentials,
		"Bearer " + token:                    noCredentials,
		"Basic dXNlcjp4":                     noCredentials,
		token:                                noCredentials,
		"Token":                              "Invalid token header. No credentials provided.",
		"Token a b":                          "Invalid token header. Token string should not contain spaces.",
		"Token " + token + " more":           "Invalid token header. Token string should not contain spaces.",
		"Token unknown":                      "Invalid Token",
		"Token " + token + "x":               "Invalid Token",
		"Token " + gone:                      "Invalid Token",
		"Token \xff\xfe":                     "Invalid Token",
		"Token " + strings.Repeat("A", 9000): "Invalid Token",
		"Token " + idle:                      "User is not active",
	} {
		h.requireUnauthorized(h.call("GET", validateToken, "", header("Authorization", value)), text)
	}
	for _, keyword := range []string{"Token ", "token ", "TOKEN ", "Token  "} {
		h.session(h.call("GET", validateToken, "", header("Authorization", keyword+token)))
	}
}

func TestAuthorization_AnExpiredTokenIsReportedOnceAndItsSocketsClose(t *testing.T) {
	h := newHarness(t)
	token := h.token("user")
	p, err := h.tokens.Verify(t.Context(), token)
	require.NoError(t, err)
	h.clock.Advance(720 * time.Hour)
	h.requireUnauthorized(h.call("GET", validateToken, "", as(token)), "The Token is expired")
	h.requireUnauthorized(h.call("GET", validateToken, "", as(token)), "Invalid Token")
	require.Equal(t, []string{p.TokenID}, h.hub.disconnects())
}

func TestLogout_DeletesTheTokenAndClosesItsSockets(t *testing.T) {
	h := newHarness(t)
	token, other := h.token("user"), h.token("user")
	p, err := h.tokens.Verify(t.Context(), token)
	require.NoError(t, err)

	got := h.call("DELETE", logout, "", as(token))
	require.Equal(t, 204, got.StatusCode)
	require.Empty(t, got.body)
	require.NotContains(t, got.Header, "Content-Length")
	require.Equal(t, []string{p.TokenID}, h.hub.disconnects())
	h.requireUnauthorized(h.call("GET", validateToken, "", as(token)), "Invalid Token")
	h.requireUnauthorized(h.call("DELETE", logout, "", as(token)), "Invalid Token")
	h.session(h.call("GET", validateToken, "", as(other)))
}

func TestSwapUser_IssuesATokenAndRevokesTheOld(t *testing.T) {
	for flags, withConfig := range map[string]bool{"": true, "no_config/": false, "other/": true} {
		h := newHarness(t)
		old := h.token("user")
		p, err := h.tokens.Verify(t.Context(), old)
		require.NoError(t, err)
		s := h.session(h.call("POST", swapUser+flags, credentials("cmd_user"), as(old)))
		require.Equal(t, "cmd_user", s.User["username"])
		require.True(t, s.Permissions["execute_commands"])
		require.Equal(t, withConfig, s.Config != nil)
		require.Equal(t, []string{p.TokenID}, h.hub.disconnects())
		h.requireUnauthorized(h.call("GET", validateToken, "", as(old)), "Invalid Token")
		h.session(h.call("GET", validateToken, "", as(s.Token)))
	}
}

func TestSwapUser_KeepsTheOldTokenIfItFails(t *testing.T) {
	h := newHarness(t)
	old := h.token("user")
	h.requireJSON(h.call("POST", swapUser, `{"username": "cmd_user", "password": "x"}`, as(old)), 400, wrongLogIn)
	h.requireJSON(h.call("POST", swapUser, `{"username": "cmd_user"}`, as(old)), 400, `{"password": ["This field is required."]}`)
	h.session(h.call("GET", validateToken, "", as(old)))
	require.Empty(t, h.hub.disconnects())
}

func TestSwapUser_WithoutATokenIsRefusedWithAnEmptyBody(t *testing.T) {
	h := newHarness(t)
	for _, opts := range [][]option{nil, {header("Authorization", "Bearer x")}} {
		got := h.call("POST", swapUser, credentials("user"), opts...)
		require.Equal(t, 401, got.StatusCode)
		require.Empty(t, got.body)
	}
	h.requireUnauthorized(h.call("POST", swapUser, credentials("user"), as("unknown")), "Invalid Token")
	h.requireUnauthorized(h.call("POST", swapUser, credentials("user"), header("Authorization", "Token")),
		"Invalid token header. No credentials provided.")
}

var errUnavailable = errors.New("the database is down")

// unavailable is an identity system that is down.
type unavailable struct{ auth.Tokens }

func (unavailable) Authenticate(context.Context, string, string) (auth.User, error) {
	return auth.User{}, errUnavailable
}
func (unavailable) Verify(context.Context, string) (auth.Principal, error) {
	return auth.Principal{}, errUnavailable
}
func (unavailable) Authorize(context.Context, auth.Principal, auth.Permission) error {
	return errUnavailable
}

func TestIdentitySystem_Gives503IfItIsDown(t *testing.T) {
	const later = `{"detail": "The manager cannot do this at the moment. Try again in a moment."}`
	h := newHarness(t, func(c *manager.Config) { c.Authenticator = unavailable{} })
	h.requireJSON(h.call("POST", getToken, credentials("user")), 503, later)
	require.Contains(t, h.log.String(), "the database is down")

	h = newHarness(t, func(c *manager.Config) { c.Tokens = unavailable{c.Tokens} })
	h.requireJSON(h.call("GET", validateToken, "", as("x")), 503, later)

	h = newHarness(t, func(c *manager.Config) { c.Authorizer = unavailable{} })
	h.requireJSON(h.call("POST", "/manager/api/cmd/", `{}`, as(h.token("admin"))), 503,
		`{"detail": "The manager cannot do this at the moment. Try again in a moment.", "ack": "The manager cannot do this at the moment. Try again in a moment."}`)
	require.Empty(t, h.commander.calls())
}

func TestBody_ThatDoesNotArriveTimesOut(t *testing.T) {
	h := newHarness(t, func(c *manager.Config) { c.BodyTimeout = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = conn.Write([]byte("POST " + getToken + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"))
	require.NoError(t, err)
	got, err := io.ReadAll(conn)
	require.NoError(t, err, "and the connection is closed")
	require.Contains(t, string(got), "408 Request Timeout")
}

func TestLogIn_WithAnUnusableNameIsRecordedOnce(t *testing.T) {
	h := newHarness(t)
	for range 60 {
		h.requireJSON(h.call("POST", getToken, `{"username": "`+strings.Repeat("A", 151)+`", "password": "x"}`), 400, wrongLogIn)
	}
	require.Len(t, h.auditActions(), 1)
}

// chosen gives each user a configuration, or fails.
type chosen struct{ err error }

func (c *chosen) For(_ context.Context, username string) (json.RawMessage, error) {
	if username == "admin" {
		return nil, c.err
	}
	return json.RawMessage(`{"id": 7, "filename": "of ` + username + `", "content": {"n": 1.50}, "update_timestamp": "2026-03-14T01:59:26Z"}`), c.err
}

func TestLogIn_HasTheConfigurationOfTheUser(t *testing.T) {
	configurations := &chosen{}
	h := newHarness(t, func(c *manager.Config) { c.Configurations = configurations })
	got := h.call("POST", getToken, credentials("user"))
	require.Contains(t, got.body, `"config":{"id":7,"filename":"of user","content":{"n":1.50},`)
	require.Contains(t, h.call("GET", validateToken, "", as(h.token("admin"))).body, `"config":null`, "there is none")
	configurations.err = errors.New("no disk")
	got = h.call("GET", validateToken, "", as(h.token("user")))
	require.Equal(t, 200, got.StatusCode, "nobody is logged out for that")
	require.Contains(t, got.body, `"config":null`)
	require.Contains(t, h.log.String(), "no disk")
	configurations.err = nil
	require.Contains(t, h.call("GET", validateToken, "", as(h.token("user"))).body, "of user")
}
