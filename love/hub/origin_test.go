package hub_test

import (
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/gobwas/ws"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/hub"
)

// cookieGate admits whoever has a cookie, which browsers add by themselves.
var cookieGate = hub.GateFunc(func(r *http.Request) (auth.Principal, error) {
	c, err := r.Cookie("session")
	if err != nil {
		return auth.Principal{}, errors.New("log in first")
	}
	return auth.Principal{User: auth.User{Username: c.Value}}, nil
})

func TestAForeignPageCannotUseACredentialThatTravelsByItself(t *testing.T) {
	builtIn := auth.Gate{ProcessPassword: "process"}
	both := auth.Gate{ProcessPassword: "process", Other: cookieGate}
	for name, c := range map[string]struct {
		gate   hub.Gate
		opts   []hub.Option
		host   string
		origin string
		query  string
		status int
	}{
		"a foreign page":                        {gate: cookieGate, host: "love.example", origin: "https://evil.example", status: 403},
		"a page of the host":                    {gate: cookieGate, host: "love.example", origin: "https://love.example", status: 101},
		"a page of the host, in capitals":       {gate: cookieGate, host: "LOVE.example", origin: "https://love.example", status: 101},
		"a page behind a proxy that names 443":  {gate: cookieGate, host: "love.example:443", origin: "https://love.example", status: 101},
		"another port":                          {gate: cookieGate, host: "love.example:8000", origin: "http://love.example:9000", status: 403},
		"the same port":                         {gate: cookieGate, host: "love.example:8000", origin: "http://love.example:8000", status: 101},
		"a host that begins like the manager's": {gate: cookieGate, host: "love.example", origin: "https://love.example.evil.example", status: 403},
		"a page without an origin":              {gate: cookieGate, host: "love.example", origin: "null", status: 403},
		"a program":                             {gate: cookieGate, host: "love.example", status: 101},
		"an origin that is none":                {gate: cookieGate, host: "love.example", origin: "://", status: 403},
		"a page that is allowed": {gate: cookieGate, host: "love.example", origin: "https://other.example", status: 101,
			opts: []hub.Option{hub.WithOrigins(func(o string) bool { return o == "https://other.example" })}},
		"the built-in gate, from anywhere":           {gate: builtIn, host: "love.example", origin: "https://evil.example", query: "password=process", status: 101},
		"the built-in gate beside a cookie":          {gate: both, host: "love.example", origin: "https://evil.example", query: "password=process", status: 101},
		"a cookie beside the built-in gate":          {gate: both, host: "love.example", origin: "https://evil.example", status: 403},
		"a cookie beside the built-in gate, at home": {gate: both, host: "love.example", origin: "https://love.example", status: 101},
		"a wrong password does not fall back":        {gate: both, host: "love.example", origin: "https://evil.example", query: "password=wrong", status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			var log testlog.Buffer
			_, url := start(t, append(c.opts, hub.WithGate(c.gate), hub.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))...)
			h := handshake("Cookie", "session=ada", "Origin", c.origin, "Host", c.host)
			resp, body := ask(t, "GET", url, c.query, h)
			require.Equal(t, c.status, resp.StatusCode, body)
			if c.status == 403 && c.query == "" {
				require.JSONEq(t, `{"detail":"pages of another origin than the manager's may not connect: it must allow this one"}`, body)
				require.Contains(t, log.String(), " origin="+c.origin+" host="+c.host+" ")
			}
		})
	}
}

func TestAGateThatAdmitsNobodyRefuses(t *testing.T) {
	var log testlog.Buffer
	_, url := start(t, hub.WithLogger(slog.New(slog.NewTextHandler(&log, nil))), hub.WithGate(hub.GateFunc(func(*http.Request) (auth.Principal, error) {
		return auth.Principal{}, nil
	})))
	resp, body := ask(t, "GET", url, "", handshake())
	require.Equal(t, 403, resp.StatusCode)
	require.JSONEq(t, `{"detail":"the manager does not know who you are"}`, body)
	require.Contains(t, log.String(), "level=ERROR")
}

func TestAUserWhoIsWithdrawnIsDisconnected(t *testing.T) {
	h, url := start(t)
	ada, bob := dial(t, url, "token=ada"), dial(t, url, "token=bob")
	process := dialProcess(t, url)
	ada.sync() // a handshake is answered before the hub has the session
	bob.sync()
	require.ElementsMatch(t, []string{"ada", "bob"}, h.Usernames())
	h.DisconnectUser("ada")
	code, _ := ada.waitClosed()
	require.Equal(t, ws.StatusNormalClosure, code)
	bob.sync()
	process.sync()
}
