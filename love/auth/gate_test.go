package auth_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
)

func issue(t *testing.T, tokens auth.Tokens, name string) string {
	t.Helper()
	token, err := tokens.Issue(t.Context(), auth.User{Username: name})
	require.NoError(t, err)
	return token
}

func TestGate_AdmitsByTokenThenByPassword(t *testing.T) {
	tokens := jwt.New(nil, users(t))
	token := issue(t, tokens, "user")
	revoked := issue(t, tokens, "user")
	require.NoError(t, tokens.Revoke(t.Context(), revoked))
	const pass = "p&ss w+rd"
	gate := auth.Gate{Tokens: tokens, ProcessPassword: pass}
	esc := url.QueryEscape(pass)

	for name, c := range map[string]struct{ query, who string }{
		"token":                         {"token=" + token, "user"},
		"password, form encoded":        {"password=" + esc, "process"},
		"both good: the token counts":   {"password=" + esc + "&token=" + token, "user"},
		"bad token, good password":      {"token=" + revoked + "&password=" + esc, "process"},
		"good token, bad password":      {"token=" + token + "&password=x", "user"},
		"the first of two tokens":       {"token=" + token + "&token=x", "user"},
		"the first of two passwords":    {"password=" + esc + "&password=x", "process"},
		"with other parameters":         {"nan=null&token=" + token, "user"},
		"the second of two tokens":      {"token=x&token=" + token, ""},
		"the second of two passwords":   {"password=x&password=" + esc, ""},
		"nothing":                       {"", ""},
		"empty token":                   {"token=", ""},
		"empty password":                {"password=", ""},
		"unknown token":                 {"token=x", ""},
		"revoked token":                 {"token=" + revoked, ""},
		"wrong password":                {"password=x", ""},
		"password with a tail":          {"password=" + esc + "x", ""},
		"password as token":             {"token=" + esc, ""},
		"token as password":             {"password=" + token, ""},
		"undecodable":                   {"password=%zz", ""},
		"names of parameters have case": {"Token=" + token, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := gate.Admit(httptest.NewRequest("GET", "/manager/ws/subscription?"+c.query, nil))
			if c.who == "" {
				require.Error(t, err)
				require.NotContains(t, err.Error(), pass)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.who, p.Name())
			require.Equal(t, c.who == "process", p.Process)
			require.Equal(t, c.who == "user", p.TokenID != "")
			require.Equal(t, "192.0.2.1", p.Address)
		})
	}
}

// The right values are those of urllib.parse.parse_qs, with which the Python
// manager reads the query.
func TestGate_ReadsTheQueryAsThePythonManagerDoes(t *testing.T) {
	tokens := jwt.New(nil, users(t))
	token := issue(t, tokens, "user")
	for query, password := range map[string]string{
		"password=100%sure":                 "100%sure",
		"password=a;b":                      "a;b",
		"password=%zz":                      "%zz",
		"password=a%":                       "a%",
		"password=a%4":                      "a%4",
		"password=a%+1":                     "a% 1",
		"password=%c3%a9":                   "é",
		"password=é":                        "é",
		"password=%ff":                      "\uFFFD",
		"password=a=b":                      "a=b",
		"password=a%2Bb":                    "a+b",
		"password=a%20b":                    "a b",
		"password=a+b":                      "a b",
		"p%61ssword=x":                      "x",
		"password&password=x":               "x",
		"password=&password=x":              "x",
		"x=%zz&password=x":                  "x",
		"password=x;token=" + token:         "x;token=" + token,
		"token=%20" + token + "&password=x": "x",
	} {
		p, err := auth.Gate{Tokens: tokens, ProcessPassword: password}.Admit(httptest.NewRequest("GET", "/?"+query, nil))
		require.NoError(t, err, query)
		require.True(t, p.Process, query)
	}
	for _, query := range []string{"token=%20" + token, "token=" + token + "+", "token=" + token + "%0A"} {
		_, err := auth.Gate{Tokens: tokens}.Admit(httptest.NewRequest("GET", "/?"+query, nil))
		require.ErrorIs(t, err, auth.ErrToken, query)
	}
}

func TestGate_WithoutAPasswordAdmitsNoProcess(t *testing.T) {
	for _, query := range []string{"", "?password=", "?password=x", "?token=x"} {
		_, err := auth.Gate{}.Admit(httptest.NewRequest("GET", "/"+query, nil))
		require.ErrorIs(t, err, auth.ErrCredentials)
	}
}

func TestGate_ReportsWhatWasWrongButNotWhatIsBroken(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	tokens := jwt.New(key, brokenDirectory{})
	_, err := auth.Gate{Tokens: tokens}.Admit(httptest.NewRequest("GET", "/?token="+issue(t, jwt.New(key, users(t)), "user"), nil))
	require.ErrorIs(t, err, errAway)
	require.NotContains(t, err.Error(), "database")

	_, err = auth.Gate{Tokens: tokens}.Admit(httptest.NewRequest("GET", "/?token=x", nil))
	require.Equal(t, auth.ErrToken, err)
}

// cookies is a gate of a team's own, for what has neither a token nor a password.
type cookies struct{ anyOrigin bool }

func (cookies) Admit(r *http.Request) (auth.Principal, error) {
	c, err := r.Cookie("badge")
	if err != nil {
		return auth.Principal{}, err
	}
	return auth.Principal{User: auth.User{Username: c.Value}}, nil
}

func (c cookies) AnyOrigin(*http.Request) bool { return c.anyOrigin }

func TestGate_AnotherAdmitsWhatHasNeitherTokenNorPassword(t *testing.T) {
	request := func(query string) *http.Request {
		r := httptest.NewRequest("GET", "/?"+query, nil)
		r.AddCookie(&http.Cookie{Name: "badge", Value: "ada"})
		return r
	}
	g := auth.Gate{ProcessPassword: "secret", Other: cookies{}}
	p, err := g.Admit(request("nan=null"))
	require.NoError(t, err)
	require.Equal(t, "ada", p.User.Username)
	_, err = g.Admit(httptest.NewRequest("GET", "/", nil))
	require.ErrorIs(t, err, http.ErrNoCookie)
	for _, wrong := range []string{"token=x", "password=x"} {
		_, err = g.Admit(request(wrong))
		require.ErrorIs(t, err, auth.ErrCredentials, "a credential that is given is the one that counts")
		require.True(t, g.AnyOrigin(request(wrong)))
	}
	require.False(t, g.AnyOrigin(request("")))
	require.True(t, auth.Gate{Other: cookies{anyOrigin: true}}.AnyOrigin(request("")))
	require.True(t, auth.Gate{}.AnyOrigin(request("")))
}
