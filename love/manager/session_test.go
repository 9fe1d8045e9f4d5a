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

// session is what a client reads of a log-in's answer.
type session struct {
	User        map[string]string `json:"user"`
	Token       string            `json:"token"`
	Permissions map[string]bool   `json:"permissions"`
	TimeData    love.TimeData     `json:"time_data"`
	Config      map[string]any    `json:"config"`
}

func (r *rig) session(got response) session {
	r.t.Helper()
	require.Equal(r.t, 200, got.StatusCode, got.body)
	require.Equal(r.t, "application/json", got.Header.Get("Content-Type"))
	require.Equal(r.t, "no-store", got.Header.Get("Cache-Control"))
	var s session
	dec := json.NewDecoder(strings.NewReader(got.body))
	dec.DisallowUnknownFields()
	require.NoError(r.t, dec.Decode(&s))
	return s
}

func TestGetToken_AnswersWithAllThatAScreenNeeds(t *testing.T) {
	r := newRig(t)
	for user, mayCommand := range map[string]bool{"admin": true, "user": false, "cmd_user": true} {
		s := r.session(r.call("POST", getToken, credentials(user)))
		require.Equal(t, map[string]string{"username": user, "email": user + "@fake.com", "first_name": "", "last_name": ""}, s.User)
		require.Equal(t, map[string]bool{"execute_commands": mayCommand}, s.Permissions)
		require.Equal(t, love.TimeDataAt(start), s.TimeData)
		require.InDelta(t, 1, s.Config["id"], 0)
		require.Equal(t, "2026-03-14T01:59:26Z", s.Config["update_timestamp"])
		require.IsType(t, "", s.Config["filename"])
		require.IsType(t, map[string]any{}, s.Config["content"])
		p, err := r.tokens.Verify(t.Context(), s.Token)
		require.NoError(t, err)
		require.Equal(t, user, p.User.Username)
	}
}

func TestGetToken_EveryLogInGetsItsOwnToken(t *testing.T) {
	r := newRig(t)
	a := r.session(r.call("POST", getToken, credentials("user"))).Token
	b := r.session(r.call("POST", getToken, credentials("user"))).Token
	require.NotEqual(t, a, b)
	r.call("DELETE", logout, "", as(a))
	r.session(r.call("GET", validateToken, "", as(b)))
}

func TestGetToken_RefusesWithATextPerField(t *testing.T) {
	const required, blank = `["This field is required."]`, `["This field may not be blank."]`
	r := newRig(t)
	require.NoError(t, r.users.SetActive(t.Context(), "cmd_user", false))
	for name, c := range map[string]struct{ body, want string }{
		"wrong password":    {`{"username": "user", "password": "x"}`, wrongLogIn},
		"unknown user":      {`{"username": "nobody", "password": "x"}`, wrongLogIn},
		"disabled user":     {credentials("cmd_user"), wrongLogIn},
		"no password":       {`{"username": "user"}`, `{"password": ` + required + `}`},
		"no user name":      {`{"password": "x"}`, `{"username": ` + required + `}`},
		"keys have a case":  {`{"Username": "user", "password": "x"}`, `{"username": ` + required + `}`},
		"nothing":           {`{}`, `{"username": ` + required + `, "password": ` + required + `}`},
		"no body":           {``, `{"username": ` + required + `, "password": ` + required + `}`},
		"blank":             {`{"username": "", "password": ""}`, `{"username": ` + blank + `, "password": ` + blank + `}`},
		"only spaces":       {`{"username": "  ", "password": "x"}`, `{"username": ` + blank + `}`},
		"null":              {`{"username": null, "password": "x"}`, `{"username": ["This field may not be null."]}`},
		"a list":            {`{"username": ["user"], "password": true}`, `{"username": ["Not a valid string."], "password": ["Not a valid string."]}`},
		"numbers are texts": {`{"username": 1, "password": 2.5}`, wrongLogIn},
		"no object":         {`["user"]`, `{"non_field_errors": ["Invalid data. Expected an object, but got a list."]}`},
		"text instead":      {`"user"`, `{"non_field_errors": ["Invalid data. Expected an object, but got a text."]}`},
		"a key twice":       {`{"username": "user", "password": "secret of user", "password": "x"}`, `{"detail": "JSON parse error - the key \"password\" occurs twice"}`},
	} {
		t.Run(name, func(t *testing.T) { r.is(r.call("POST", getToken, c.body), 400, c.want) })
	}
}

func TestGetToken_AcceptsForms(t *testing.T) {
	r := newRig(t)
	form := url.Values{"username": {"x", "user"}, "password": {"secret of user"}}.Encode()
	s := r.session(r.call("POST", getToken, form, header("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")))
	require.Equal(t, "user", s.User["username"], "of a repeated field the last one counts")

	var body bytes.Buffer
	mw := multipart.NewWriter(&body)
	require.NoError(t, mw.WriteField("username", "user"))
	require.NoError(t, mw.WriteField("password", "secret of user"))
	require.NoError(t, mw.Close())
	r.session(r.call("POST", getToken, body.String(), header("Content-Type", mw.FormDataContentType())))

	r.is(r.call("POST", getToken+"?username=user&password=x", "a=b", header("Content-Type", "application/x-www-form-urlencoded")),
		400, `{"username": ["This field is required."], "password": ["This field is required."]}`)
}

func TestGetToken_IgnoresAStaleAuthorizationHeader(t *testing.T) {
	r := newRig(t)
	for _, value := range []string{"Token stale", "Token", "Token a b", "Bearer x"} {
		r.session(r.call("POST", getToken, credentials("user"), header("Authorization", value)))
	}
}

func TestValidateToken_AnswersLikeALogInForTheTokenUsed(t *testing.T) {
	r := newRig(t)
	token := r.token("cmd_user")
	for flags, withConfig := range map[string]bool{"": true, "no_config/": false, "no-config/": false, "other/": true} {
		got := r.call("GET", validateToken+flags, "", as(token))
		s := r.session(got)
		require.Equal(t, token, s.Token)
		require.Equal(t, "cmd_user", s.User["username"])
		require.Equal(t, map[string]bool{"execute_commands": true}, s.Permissions)
		require.Equal(t, withConfig, s.Config != nil, flags)
		require.Contains(t, got.body, `"config":`)
	}
}

func TestAuthorization_EachBadHeaderHasItsText(t *testing.T) {
	r := newRig(t)
	token, gone, idle := r.token("user"), r.token("user"), r.token("cmd_user")
	require.NoError(t, r.tokens.Revoke(t.Context(), gone))
	require.NoError(t, r.users.SetActive(t.Context(), "cmd_user", false))

	r.unauthorized(r.call("GET", validateToken, ""), noCredentials)
	for value, text := range map[string]string{
		"":                         noCredentials,
		"Bearer " + token:          noCredentials,
		"Basic dXNlcjp4":           noCredentials,
		token:                      noCredentials,
		"Token":                    "Invalid token header. No credentials provided.",
		"Token a b":                "Invalid token header. Token string should not contain spaces.",
		"Token " + token + " more": "Invalid token header. Token string should not contain spaces.",
		"Token unknown":            "Invalid Token",
		"Token " + token + "x":     "Invalid Token",
		"Token " + gone:            "Invalid Token",
		"Token \xff\xfe":           "Invalid Token",
		"Token " + manyA(9000):     "Invalid Token",
		"Token " + idle:            "User is not active",
	} {
		r.unauthorized(r.call("GET", validateToken, "", header("Authorization", value)), text)
	}
	for _, keyword := range []string{"Token ", "token ", "TOKEN ", "Token  "} {
		r.session(r.call("GET", validateToken, "", header("Authorization", keyword+token)))
	}
}

func manyA(n int) string { return strings.Repeat("A", n) }

func TestAuthorization_AnExpiredTokenIsToldOnceAndItsSocketsClose(t *testing.T) {
	r := newRig(t)
	token := r.token("user")
	p, err := r.tokens.Verify(t.Context(), token)
	require.NoError(t, err)
	r.clock.Advance(720 * time.Hour)
	r.unauthorized(r.call("GET", validateToken, "", as(token)), "The Token is expired")
	r.unauthorized(r.call("GET", validateToken, "", as(token)), "Invalid Token")
	require.Equal(t, []string{p.TokenID}, r.hub.closed())
}

func TestLogout_DeletesTheTokenAndClosesItsSockets(t *testing.T) {
	r := newRig(t)
	token, other := r.token("user"), r.token("user")
	p, err := r.tokens.Verify(t.Context(), token)
	require.NoError(t, err)

	got := r.call("DELETE", logout, "", as(token))
	require.Equal(t, 204, got.StatusCode)
	require.Empty(t, got.body)
	require.NotContains(t, got.Header, "Content-Length")
	require.Equal(t, []string{p.TokenID}, r.hub.closed())
	r.unauthorized(r.call("GET", validateToken, "", as(token)), "Invalid Token")
	r.unauthorized(r.call("DELETE", logout, "", as(token)), "Invalid Token")
	r.session(r.call("GET", validateToken, "", as(other)))
}

func TestSwapUser_GivesTheNewUserATokenAndEndsTheOld(t *testing.T) {
	for flags, withConfig := range map[string]bool{"": true, "no_config/": false, "other/": true} {
		r := newRig(t)
		old := r.token("user")
		p, err := r.tokens.Verify(t.Context(), old)
		require.NoError(t, err)
		s := r.session(r.call("POST", swapUser+flags, credentials("cmd_user"), as(old)))
		require.Equal(t, "cmd_user", s.User["username"])
		require.True(t, s.Permissions["execute_commands"])
		require.Equal(t, withConfig, s.Config != nil)
		require.Equal(t, []string{p.TokenID}, r.hub.closed())
		r.unauthorized(r.call("GET", validateToken, "", as(old)), "Invalid Token")
		r.session(r.call("GET", validateToken, "", as(s.Token)))
	}
}

func TestSwapUser_ThatFailsKeepsTheOldToken(t *testing.T) {
	r := newRig(t)
	old := r.token("user")
	r.is(r.call("POST", swapUser, `{"username": "cmd_user", "password": "x"}`, as(old)), 400, wrongLogIn)
	r.is(r.call("POST", swapUser, `{"username": "cmd_user"}`, as(old)), 400, `{"password": ["This field is required."]}`)
	r.session(r.call("GET", validateToken, "", as(old)))
	require.Empty(t, r.hub.closed())
}

func TestSwapUser_WithoutATokenIsRefusedWithoutABody(t *testing.T) {
	r := newRig(t)
	for _, opts := range [][]option{nil, {header("Authorization", "Bearer x")}} {
		got := r.call("POST", swapUser, credentials("user"), opts...)
		require.Equal(t, 401, got.StatusCode)
		require.Empty(t, got.body)
	}
	r.unauthorized(r.call("POST", swapUser, credentials("user"), as("unknown")), "Invalid Token")
	r.unauthorized(r.call("POST", swapUser, credentials("user"), header("Authorization", "Token")),
		"Invalid token header. No credentials provided.")
}

var errAway = errors.New("the database is away")

// away is an identity system that cannot be reached.
type away struct{ auth.Tokens }

func (away) Authenticate(context.Context, string, string) (auth.User, error) {
	return auth.User{}, errAway
}
func (away) Verify(context.Context, string) (auth.Principal, error) { return auth.Principal{}, errAway }
func (away) Authorize(context.Context, auth.Principal, auth.Permission) error {
	return errAway
}

func TestIdentitySystem_ThatIsAwayGives503NotWrongCredentials(t *testing.T) {
	const later = `{"detail": "The manager cannot do this at the moment. Try again in a moment."}`
	r := newRig(t, func(c *manager.Config) { c.Authenticator = away{} })
	r.is(r.call("POST", getToken, credentials("user")), 503, later)
	require.Contains(t, r.log.String(), "the database is away")

	r = newRig(t, func(c *manager.Config) { c.Tokens = away{c.Tokens} })
	r.is(r.call("GET", validateToken, "", as("x")), 503, later)

	r = newRig(t, func(c *manager.Config) { c.Authorizer = away{} })
	r.is(r.call("POST", "/manager/api/cmd/", `{}`, as(r.token("admin"))), 503,
		`{"detail": "The manager cannot do this at the moment. Try again in a moment.", "ack": "The manager cannot do this at the moment. Try again in a moment."}`)
	require.Empty(t, r.commander.asked())
}

func TestBody_ThatDoesNotComeIsNotWaitedForLong(t *testing.T) {
	r := newRig(t, func(c *manager.Config) { c.BodyTimeout = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = conn.Write([]byte("POST " + getToken + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"))
	require.NoError(t, err)
	got, err := io.ReadAll(conn)
	require.NoError(t, err, "and the connection is closed")
	require.Contains(t, string(got), "408 Request Timeout")
}

func TestLogIn_WithAnEndlessNameIsWrongWithoutATry(t *testing.T) {
	r := newRig(t)
	for range 60 {
		r.is(r.call("POST", getToken, `{"username": "`+manyA(151)+`", "password": "x"}`), 400, wrongLogIn)
	}
	require.Len(t, r.actions(), 1)
}
