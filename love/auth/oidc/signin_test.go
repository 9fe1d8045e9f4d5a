package oidc_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/oidc"
)

func TestSignIn_LeadsToASessionWithTheMappedGroups(t *testing.T) {
	h := newHarness(t)
	b := h.browser()
	info := b.call("GET", "/manager/api/oidc/", "")
	require.JSONEq(t, `{"name":"the site","login":"/manager/api/oidc/login","device":true}`, info.body)

	h.issuer.set(func() { h.issuer.claims = map[string]any{"groups": []string{"operators", "staff"}} })
	asked := b.begin("?next=" + url.QueryEscape("/?a=b#/commands"))
	require.Equal(t, "openid profile email", asked.Get("scope"))
	require.Equal(t, "S256", asked.Get("code_challenge_method"))
	require.Equal(t, h.url+oidc.CallbackPath, asked.Get("redirect_uri"))
	got := b.comeBack(b.agree(asked))
	require.Equal(t, 303, got.StatusCode, got.body)
	require.Equal(t, "/?a=b&signin=done#/commands", got.Header.Get("Location"))

	s := b.fetchToken()
	require.Equal(t, "ada", s.User.Username)
	require.Equal(t, "Ada", s.User.FirstName)
	require.True(t, s.Permissions.Commands, "by operators")
	require.Equal(t, 200, b.call("GET", "/manager/api/validate-token/", "", as(s.Token)...).StatusCode)
	require.Equal(t, 403, b.call("POST", "/manager/api/oidc/token/", "{}").StatusCode, "the token is given once")
	require.Contains(t, h.auditText(), "OIDC|user added|ada|done|groups: cmd, ui_framework")
	require.Contains(t, h.auditText(), "ada|log-in||done|by the site")

	require.Equal(t, 204, b.call("DELETE", "/manager/api/logout/", "", as(s.Token)...).StatusCode)
	require.Equal(t, 401, b.call("GET", "/manager/api/validate-token/", "", as(s.Token)...).StatusCode)
}

func TestSignIn_TakesAwayWhatTheProviderTakesAway(t *testing.T) {
	h := newHarness(t)
	require.True(t, h.browser().signInAs(map[string]any{"groups": []string{"operators"}}).Permissions.Commands)
	require.NoError(t, h.users.Store().PutGroup(t.Context(), auth.Group{Name: "night"}))
	require.NoError(t, h.users.Store().UpdateAccount(t.Context(), "ada", func(a *auth.Account) error {
		a.Groups = append(a.Groups, "night")
		return nil
	}))
	require.False(t, h.browser().signInAs(map[string]any{"groups": []string{"staff"}}).Permissions.Commands)
	u, err := h.users.Lookup(t.Context(), "ada")
	require.NoError(t, err)
	require.Equal(t, []string{"night"}, u.Groups, "what was given here stays")
	require.Contains(t, h.auditText(), "OIDC|permission revoked|ada|done|groups: cmd, ui_framework")
}

func TestSignIn_AsksForWhatTheIDTokenLacks(t *testing.T) {
	h := newHarness(t)
	h.issuer.set(func() {
		h.issuer.userInfo = map[string]any{"sub": "4711", "preferred_username": "eve", "groups": []string{"operators"}, "email": "not this one"}
	})
	s := h.browser().signInAs(map[string]any{"preferred_username": nil})
	require.Equal(t, "eve", s.User.Username)
	require.Equal(t, "ada@example.org", s.User.Email, "the ID token counts first")
	require.True(t, s.Permissions.Commands)

	h.issuer.set(func() { h.issuer.userInfo["sub"] = "4712" })
	b := h.browser()
	b.refused(b.comeBack(b.agree(b.begin(""))), 503, "cannot be asked")
}

func TestSignIn_GroupsOfTheClaimsThatProvidersHave(t *testing.T) {
	for name, c := range map[string]struct {
		claim  string
		claims map[string]any
		is     bool
	}{
		"a list":                   {"", map[string]any{"groups": []string{"x", "operators"}}, true},
		"one text":                 {"", map[string]any{"groups": "operators"}, true},
		"roles of Keycloak":        {"realm_access.roles", map[string]any{"realm_access": map[string]any{"roles": []string{"operators"}}}, true},
		"a name with dots":         {"https://site.example/groups", map[string]any{"https://site.example/groups": []string{"operators"}}, true},
		"none":                     {"", nil, false},
		"null":                     {"", map[string]any{"groups": nil}, false},
		"a part of the name":       {"", map[string]any{"groups": []string{"operator", "operators2", "Operators"}}, false},
		"a text with many":         {"", map[string]any{"groups": "operators staff"}, false},
		"not a list":               {"", map[string]any{"groups": map[string]any{"operators": true}}, false},
		"a list in a list":         {"", map[string]any{"groups": []any{[]string{"operators"}, 1, nil}}, false},
		"a path through no object": {"groups.x", map[string]any{"groups": []string{"operators"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, func(s *setup, _ *harness) { s.config.Mapping.GroupsClaim = c.claim })
			require.Equal(t, c.is, h.browser().signInAs(c.claims).Permissions.Commands)
		})
	}
}

func TestSignIn_WhoIsNotTheUserOfTheNameIsRefused(t *testing.T) {
	h := newHarness(t)
	h.browser().signInAs(nil)
	_, err := h.users.Provision(t.Context(), auth.User{Username: "bob"}) // of LDAP
	require.NoError(t, err)
	for why, c := range map[string]struct {
		claims map[string]any
		text   string
	}{
		"a local user with a password":       {map[string]any{"preferred_username": "admin"}, "is not yours"},
		"a user of LDAP":                     {map[string]any{"preferred_username": "bob"}, "is not yours"},
		"another subject with the name":      {map[string]any{"sub": "4712"}, "is not yours"},
		"a name that looks like another":     {map[string]any{"preferred_username": "аdmin", "sub": "5"}, "is not yours"},
		"the name of processes":              {map[string]any{"preferred_username": "process", "sub": "6"}, "is not yours"},
		"a name that cannot be used":         {map[string]any{"preferred_username": "a b"}, "cannot be used"},
		"no name":                            {map[string]any{"preferred_username": ""}, "no claim"},
		"a name that is no text":             {map[string]any{"preferred_username": 1}, "no claim"},
		"an e-mail address with line breaks": {map[string]any{"email": "a\r\nb"}, "cannot be used"},
	} {
		h.issuer.set(func() { h.issuer.claims = c.claims })
		b := h.browser()
		got := b.comeBack(b.agree(b.begin("")))
		require.Contains(t, got.body, c.text, why)
		b.refused(got, 403, c.text)
	}
	require.Contains(t, h.auditText(), "the site|log-in||refused|")
}

func TestSignIn_AdoptsTheUsersOfLDAPIfItMay(t *testing.T) {
	h := newHarness(t, func(s *setup, _ *harness) { s.config.Mapping.Adopt = true })
	_, err := h.users.Provision(t.Context(), auth.User{Username: "ada"})
	require.NoError(t, err)
	h.browser().signInAs(nil)
	_, err = h.users.Provision(t.Context(), auth.User{Username: "ada"})
	require.ErrorIs(t, err, auth.ErrCredentials, "from now on it is the provider's")
}

func TestSignIn_OnlyOfTheRequiredGroups(t *testing.T) {
	h := newHarness(t, func(s *setup, _ *harness) { s.config.Mapping.Required = []string{"staff"} })
	h.issuer.set(func() { h.issuer.claims = map[string]any{"groups": []string{"guests"}} })
	b := h.browser()
	b.refused(b.comeBack(b.agree(b.begin(""))), 403, "none of the groups that may log in")
	b.signInAs(map[string]any{"groups": []string{"staff"}})
}

func TestSignIn_TheTokenEndsAfterTheSession(t *testing.T) {
	h := newHarness(t, func(s *setup, _ *harness) { s.config.Session = time.Hour })
	b := h.browser()
	s := b.signInAs(nil)
	h.clock.Advance(time.Hour - time.Second)
	require.Equal(t, 200, b.call("GET", "/manager/api/validate-token/", "", as(s.Token)...).StatusCode)
	h.clock.Advance(time.Second)
	require.Equal(t, 401, b.call("GET", "/manager/api/validate-token/", "", as(s.Token)...).StatusCode)
}

func TestSignIn_ADisabledUserIsRefusedAndLosesTheToken(t *testing.T) {
	h := newHarness(t)
	b := h.browser()
	s := b.signInAs(nil)
	granted := h.browser()
	require.Equal(t, 303, granted.comeBack(granted.agree(granted.begin(""))).StatusCode)
	require.NoError(t, h.users.SetActive(t.Context(), "ada", false))
	require.Equal(t, 401, b.call("GET", "/manager/api/validate-token/", "", as(s.Token)...).StatusCode)
	require.Equal(t, 403, granted.call("POST", "/manager/api/oidc/token/", "{}").StatusCode, "a grant is no token yet")
	b.refused(b.comeBack(b.agree(b.begin(""))), 403, "disabled")
}

func TestSignIn_WhatChangedSinceTheProviderAgreedCounts(t *testing.T) {
	h := newHarness(t)
	h.browser().signInAs(nil)
	b := h.browser()
	require.Equal(t, 303, b.comeBack(b.agree(b.begin(""))).StatusCode)
	require.NoError(t, h.users.EndTokens(t.Context(), "ada"))
	require.Equal(t, 403, b.call("POST", "/manager/api/oidc/token/", "{}").StatusCode)
}

func TestSignIn_ReturnsToOwnPathsOnly(t *testing.T) {
	for _, prefix := range []string{"", "/love"} {
		h := newHarness(t, func(s *setup, _ *harness) { s.server.URLPrefix = prefix; s.config.PublicURL += prefix })
		login := prefix + "/manager/api/oidc/login?next="
		for _, next := range []string{
			"https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "evil.example", "/\r\n/evil.example",
			"/\t/evil.example", " /", "/a//b", "/../x", "/é", "http:/x", "/" + strings.Repeat("a", 1024), "?x", "#x", prefix + "//evil.example",
		} {
			got := h.browser().call("GET", login+url.QueryEscape(next), "")
			require.Equal(t, 400, got.StatusCode, "%q: %s", next, got.Header.Get("Location"))
			require.Contains(t, got.body, "path of this manager")
		}
		if prefix != "" {
			require.Equal(t, 400, h.browser().call("GET", login+"/", "").StatusCode, "that is not below the prefix")
		}
		require.Equal(t, 400, h.browser().call("GET", login+"/&next=/", "").StatusCode)
		require.Equal(t, 303, h.browser().call("GET", login+url.QueryEscape(prefix+"/page?x=1"), "").StatusCode)
	}
}

func TestSignIn_CookiesOfAManagerBehindHTTPS(t *testing.T) {
	h := newHarness(t, func(s *setup, _ *harness) { s.config.PublicURL = "https://love.example" })
	got := h.browser().call("GET", "/manager/api/oidc/login", "")
	require.Equal(t, 303, got.StatusCode)
	cookie := got.Cookies()[0]
	require.Equal(t, "__Host-love-attempt", cookie.Name)
	require.True(t, cookie.Secure && cookie.HttpOnly && cookie.Path == "/" && cookie.Domain == "" && cookie.SameSite == http.SameSiteLaxMode)
	require.Equal(t, 600, cookie.MaxAge)
	require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
}

func TestSignIn_AnotherPageOfTheSiteGetsNoToken(t *testing.T) {
	h := newHarness(t)
	b := h.browser()
	require.Equal(t, 303, b.comeBack(b.agree(b.begin(""))).StatusCode)
	got := b.call("POST", "/manager/api/oidc/token/", "{}", "Origin", "https://other.example")
	require.Equal(t, 403, got.StatusCode)
	require.NotEmpty(t, b.fetchToken().Token, "the manager's own page still does")
}

func TestSignIn_WithoutAProviderThereIsNone(t *testing.T) {
	h := newHarness(t)
	_, err := oidc.New(oidc.Config{Issuer: h.issuer.URL, ClientID: "x", PublicURL: h.url}, h.users)
	require.ErrorContains(t, err, "not secured")
	for text, change := range map[string]func(*oidc.Config){
		"not of the form":    func(c *oidc.Config) { c.Issuer = "id.example" },
		"client ID":          func(c *oidc.Config) { c.ClientID = "" },
		"public URL":         func(c *oidc.Config) { c.PublicURL = "" },
		"prompt":             func(c *oidc.Config) { c.Prompt = "x" },
		"must have no user":  func(c *oidc.Config) { c.Issuer = "https://a:b@id.example" },
		"must have no query": func(c *oidc.Config) { c.PublicURL = "https://love.example/?x" },
		"above 0":            func(c *oidc.Config) { c.Session = -1 },
	} {
		c := oidc.Config{Issuer: "https://id.example", ClientID: "love", PublicURL: "https://love.example"}
		change(&c)
		_, err := oidc.New(c, h.users)
		require.ErrorContains(t, err, text)
		require.NotContains(t, err.Error(), "a:b@")
	}
}

func TestSignIn_BesideAFrontendAPageFetchesTheToken(t *testing.T) {
	frontend := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	h := newHarness(t, func(s *setup, _ *harness) { s.server.Frontend = frontend })
	b := h.browser()
	got := b.comeBack(b.agree(b.begin("?next=" + url.QueryEscape(`/uif?x="</script>`+"`")))) // a path all the same
	require.Equal(t, 200, got.StatusCode)
	require.Regexp(t, `script-src 'nonce-\w+'`, got.Header.Get("Content-Security-Policy"))
	require.NotContains(t, got.body, `x="</script>`)
	require.NotEmpty(t, b.fetchToken().Token)
	got = b.comeBack(b.agree(b.begin("?next=/page/")))
	require.Equal(t, "/page/?signin=done", got.Header.Get("Location"), "our own page fetches it itself")
}

func TestSignIn_BeginsAtOneManagerAndEndsAtAnother(t *testing.T) {
	key := []byte("a key of thirty-two bytes or more.")
	first := newHarness(t, func(s *setup, _ *harness) { s.server.SecretKey = key })
	second := newHarness(t, func(s *setup, h *harness) {
		h.store, h.users, h.clock = first.store, first.users, first.clock
		s.server.Storage, s.server.Users, s.server.Clock, s.server.SecretKey = first.store, first.users, first.clock, key
		s.config.Issuer, s.config.PublicURL = first.issuer.URL, first.url
	})
	b := first.browser() // the proxy in front sends it here or there
	answer := b.agree(b.begin(""))
	b.h = second
	require.Equal(t, 303, b.comeBack(answer).StatusCode)
	b.h = first
	token := b.fetchToken().Token
	require.Equal(t, 200, second.status(token))
	b.h = second
	require.Equal(t, 403, b.call("POST", "/manager/api/oidc/token/", "{}").StatusCode, "the cookie is gone")
}
