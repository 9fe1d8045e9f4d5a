package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/oidc"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/lovetest"
)

// trusting makes the manager trust the tokens of the issuer.
func trusting(change ...func(*oidc.IssuerConfig)) func(*setup, *harness) {
	return func(s *setup, h *harness) {
		c := oidc.IssuerConfig{
			URL: h.issuer.URL, AllowPlain: true, Processes: []string{"producers"},
			Mapping: oidc.Mapping{Groups: map[string][]string{"operators": {auth.GroupCommand}}},
		}
		for _, f := range change {
			f(&c)
		}
		i, err := oidc.NewIssuer(c, h.users, oidc.WithClock(h.clock), oidc.WithLogger(s.server.Logger))
		require.NoError(h.t, err)
		h.t.Cleanup(i.Close)
		s.server.Issuers = append(s.server.Issuers, i)
	}
}

// status returns how the manager answers a request with a token.
func (h *harness) status(token string) int {
	h.t.Helper()
	return h.browser().call("GET", "/manager/api/rights/", "", as(token)...).StatusCode
}

func TestIssuer_ATokenStandsForAUserOfTheManager(t *testing.T) {
	h := newHarness(t, trusting())
	token := h.issuer.token(map[string]any{"sub": "svc-weather", "groups": []string{"operators"}})
	for _, scheme := range []string{"Token ", "Bearer ", "bearer "} {
		got := h.browser().call("GET", "/manager/api/validate-token/", "", "Authorization", scheme+token)
		require.Equal(t, 200, got.StatusCode, got.body)
		require.Contains(t, got.body, `"username":"svc-weather"`)
		require.Contains(t, got.body, `"execute_commands":true`)
	}
	u, err := h.users.Lookup(t.Context(), "svc-weather")
	require.NoError(t, err)
	require.Equal(t, []string{auth.GroupCommand}, u.Groups)

	own := h.browser().signInAs(map[string]any{"sub": "9", "preferred_username": "ana"}).Token
	require.Equal(t, 200, h.status(own), "our own tokens count as before")
	require.Equal(t, 401, h.browser().call("GET", "/manager/api/rights/", "", "Authorization", "Bearer "+own).StatusCode)

	require.NoError(t, h.users.SetActive(t.Context(), "svc-weather", false))
	require.Equal(t, 401, h.status(token), "a user who is disabled here")
}

func TestIssuer_AProcessPublishesAndAUserReceives(t *testing.T) {
	h := newHarness(t, trusting())
	process := must(client.New(h.url, client.WithToken(h.issuer.token(map[string]any{"groups": []string{"producers"}}))))
	user := must(client.New(h.url, client.WithToken(h.issuer.token(map[string]any{"sub": "svc"}))))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	var running sync.WaitGroup
	defer cancel()
	user.OnSubscribed(func(string) {
		running.Go(func() {
			_ = process.Send(ctx, []byte(`{"category":"event","data":[{"csc":"ATDome","salindex":1,"data":{"stream":[{"x":{"value":1}}]}}]}`))
		})
	})
	for _, c := range []*client.Client{process, user} {
		running.Go(func() { _ = c.Run(ctx) })
	}
	for d, err := range user.Subscribe(ctx, love.StreamGroup(love.CategoryEvent, "ATDome", 1, "stream")) {
		require.NoError(t, err)
		require.Equal(t, "event-ATDome-1-stream", d.Group)
		break
	}
	cancel()
	running.Wait()
	_, err := h.users.Lookup(t.Context(), "4711")
	require.ErrorIs(t, err, auth.ErrUnknownUser, "a process is no user")
	require.Equal(t, 403, h.browser().call("GET", "/manager/api/admin/users/", "", as(h.issuer.token(map[string]any{"groups": []string{"producers"}}))...).StatusCode)
}

func TestIssuer_TheAlgorithmsOfPublicKeys(t *testing.T) {
	h := newHarness(t, trusting())
	keys := []signer{
		{"rsa", jose.RS256, rsaKey()}, {"pss", jose.PS512, rsaKey()}, {"ec", jose.ES256, ecKey()}, {"ed", jose.EdDSA, ed25519Key()},
	}
	for _, k := range keys {
		h.issuer.set(func() { h.issuer.keys = append([]signer{k}, keys...) })
		require.Equal(t, 200, h.status(h.issuer.token(map[string]any{"sub": "svc-" + k.id})), k.id)
		h.clock.Advance(10 * time.Second)
	}
	h.issuer.set(func() { h.issuer.keys[0].id = "" }) // of the Ed25519 key
	require.Equal(t, 200, h.status(h.issuer.token(nil)), "without a key ID the fitting keys are tried")
}

func TestIssuer_TokensThatAreRefused(t *testing.T) {
	public := string(must((&jose.JSONWebKey{Key: rsaKey().Public()}).MarshalJSON()))
	type m = map[string]any
	h := newHarness(t, trusting())
	payload := func(h *harness) string {
		_, rest, _ := strings.Cut(h.issuer.token(nil), ".")
		text, _, _ := strings.Cut(rest, ".")
		return string(must(decode(text)))
	}
	for why, token := range map[string]func() string{
		"for nobody":          func() string { return h.issuer.token(m{"aud": nil}) },
		"for somebody else":   func() string { return h.issuer.token(m{"aud": "lover"}) },
		"for our client":      func() string { return h.issuer.token(m{"aud": []string{"Love", "love "}}) },
		"without an end":      func() string { return h.issuer.token(m{"exp": nil}) },
		"whose end is a text": func() string { return h.issuer.token(m{"exp": "soon"}) },
		"too old":             func() string { return h.issuer.token(m{"exp": start.Add(-61 * time.Second).Unix()}) },
		"of the future":       func() string { return h.issuer.token(m{"iat": start.Add(61 * time.Second).Unix()}) },
		"without a subject":   func() string { return h.issuer.token(m{"sub": nil}) },
		"of a long subject":   func() string { return h.issuer.token(m{"sub": strings.Repeat("s", 256)}) },
		"of an unusable name": func() string { return h.issuer.token(m{"sub": "a b"}) },
		"of a local user":     func() string { return h.issuer.token(m{"sub": "admin"}) },
		"of 17 kB":            func() string { return h.issuer.token(m{"x": strings.Repeat("x", 17_000)}) },
		"of a log-out": func() string {
			return signed(t, h.issuer.keys[0], []byte(payload(h)), map[jose.HeaderKey]any{"typ": "logout+jwt"})
		},
		"with a claim twice": func() string {
			return signed(t, h.issuer.keys[0], []byte(strings.Replace(payload(h), "{", `{"sub":"admin",`, 1)), nil)
		},
		"that is a list":   func() string { return signed(t, h.issuer.keys[0], []byte(`["iss"]`), nil) },
		"with alg none":    func() string { return raw(`{"alg":"none","kid":"first"}`, payload(h), nil) },
		"with alg None":    func() string { return raw(`{"alg":"None"}`, payload(h), []byte("x")) },
		"with alg HS256":   func() string { return signed(t, signer{"first", jose.HS256, []byte(public)}, []byte(payload(h)), nil) },
		"with another alg": func() string { return signed(t, signer{"first", jose.ES256, ecKey()}, []byte(payload(h)), nil) },
		"with another key": func() string { return signed(t, signer{"first", jose.RS256, otherRSA()}, []byte(payload(h)), nil) },
		"with its own key": func() string {
			return signed(t, signer{"", jose.RS256, jose.JSONWebKey{Key: otherRSA()}}, []byte(payload(h)), map[jose.HeaderKey]any{"jwk": jose.JSONWebKey{Key: otherRSA().Public()}})
		},
		"with keys elsewhere": func() string {
			return signed(t, signer{"first", jose.RS256, otherRSA()}, []byte(payload(h)), map[jose.HeaderKey]any{"jku": "https://evil.example/"})
		},
		"without a signature": func() string { s := h.issuer.token(nil); return s[:strings.LastIndex(s, ".")+1] },
		"with a line break":   func() string { return h.issuer.token(nil) + "\n" },
		"critical": func() string {
			return signed(t, h.issuer.keys[0], []byte(payload(h)), map[jose.HeaderKey]any{"crit": []string{"exp"}})
		},
		"of another issuer":   func() string { return h.issuer.token(m{"iss": "https://evil.example"}) },
		"of an issuer's path": func() string { return h.issuer.token(m{"iss": h.issuer.URL + "/"}) },
	} {
		_, err := h.server.Tokens().Verify(t.Context(), token())
		require.Error(t, err, why)
		require.True(t, errors.Is(err, auth.ErrToken) || errors.Is(err, auth.ErrExpired), "%s: %v", why, err)
	}
	accounts, err := h.users.Store().Accounts(t.Context())
	require.NoError(t, err)
	require.Len(t, accounts, 1, "nobody was created")
	require.Equal(t, 200, h.status(h.issuer.token(nil)), "a good one still counts")
	require.Contains(t, h.log.String(), "a token of a trusted issuer is refused")
}

func TestIssuer_AClockMayBeAMinuteOff(t *testing.T) {
	h := newHarness(t, trusting())
	require.Equal(t, 200, h.status(h.issuer.token(map[string]any{"iat": start.Add(59 * time.Second).Unix(), "sub": "a"})))
	require.Equal(t, 200, h.status(h.issuer.token(map[string]any{"exp": start.Add(-59 * time.Second).Unix(), "sub": "b"})))

	token := h.issuer.token(map[string]any{"exp": start.Add(time.Hour).Unix(), "sub": "c"})
	require.Equal(t, 200, h.status(token))
	h.clock.Advance(time.Hour + time.Minute)
	_, err := h.server.Tokens().Verify(t.Context(), token)
	require.ErrorIs(t, err, auth.ErrExpired, "it is not remembered beyond its end")
}

func TestIssuer_ANewKeyIsFoundAndAWithdrawnOneForgotten(t *testing.T) {
	h := newHarness(t, trusting())
	old := h.issuer.token(map[string]any{"exp": start.Add(24 * time.Hour).Unix()})
	require.Equal(t, 200, h.status(old))
	require.Equal(t, 1, h.issuer.requests("/keys"))

	h.issuer.set(func() { h.issuer.keys = []signer{{"second", jose.ES256, ecKey()}} })
	fresh := h.issuer.token(map[string]any{"sub": "svc"})
	require.Equal(t, 401, h.status(fresh), "keys are read every ten seconds at most")
	require.Equal(t, 1, h.issuer.requests("/keys"))
	h.clock.Advance(10 * time.Second)
	require.Equal(t, 200, h.status(fresh))
	for range 50 { // anybody can name a key that does not exist
		require.Equal(t, 401, h.status(signed(t, signer{"nobody's", jose.RS256, otherRSA()}, []byte(`{"iss":"`+h.issuer.URL+`"}`), nil)))
	}
	require.Equal(t, 2, h.issuer.requests("/keys"))
	require.Equal(t, 200, h.status(old), "it was verified within the hour")
	h.clock.Advance(time.Hour)
	require.Equal(t, 401, h.status(old), "the issuer has withdrawn its key")
}

func TestIssuer_WhatHoldsWhileItIsAway(t *testing.T) {
	h := newHarness(t, trusting())
	away := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	h.issuer.set(func() { h.issuer.answer["/keys"] = away })
	require.Equal(t, 503, h.status(h.issuer.token(nil)), "it cannot be checked")
	require.Contains(t, h.browser().call("GET", "/readyz", "").body, "trusted issuer 127.0.0.1: ")
	h.issuer.set(func() { clear(h.issuer.answer) })
	h.clock.Advance(10 * time.Second)
	require.Equal(t, 200, h.status(h.issuer.token(nil)))
	require.Contains(t, h.browser().call("GET", "/readyz", "").body, "trusted issuer 127.0.0.1: ok")

	h.issuer.set(func() { h.issuer.answer["/keys"] = away })
	h.clock.Advance(23 * time.Hour)
	require.Equal(t, 200, h.status(h.issuer.token(nil)), "its keys hold for a day")
	h.clock.Advance(time.Hour)
	require.Equal(t, 503, h.status(h.issuer.token(nil)), "but no longer")
}

func TestIssuer_ALogOutEndsTheTokenHere(t *testing.T) {
	h := newHarness(t, trusting())
	token := h.issuer.token(nil)
	require.Equal(t, 204, h.browser().call("DELETE", "/manager/api/logout/", "", as(token)...).StatusCode)
	require.Equal(t, 401, h.status(token))
	require.Equal(t, 200, h.status(h.issuer.token(map[string]any{"jti": "another"})))
}

func TestIssuer_AnotherAudienceAndName(t *testing.T) {
	h := newHarness(t, trusting(func(c *oidc.IssuerConfig) {
		c.Audience, c.Mapping.NameClaim, c.Mapping.Required = "love-manager", "azp", []string{"services"}
	}))
	require.Equal(t, 401, h.status(h.issuer.token(map[string]any{"azp": "svc", "groups": "services"})))
	require.Equal(t, 401, h.status(h.issuer.token(map[string]any{"aud": "love-manager", "azp": "svc"})), "it is not of the required group")
	require.Equal(t, 200, h.status(h.issuer.token(map[string]any{"aud": []string{"love-manager", "x"}, "azp": "svc", "groups": "services"})))
	_, err := h.users.Lookup(t.Context(), "svc")
	require.NoError(t, err)
	_, err = oidc.NewIssuer(oidc.IssuerConfig{URL: "http://id.example"}, h.users)
	require.ErrorContains(t, err, "not secured")
}

func TestOwnTokensBesideAnIssuerPassTheConformanceSuite(t *testing.T) {
	i := must(oidc.NewIssuer(oidc.IssuerConfig{URL: "https://id.example"}, auth.NewUsers(auth.NewMemoryUserStore(), nil)))
	lovetest.RunTokens(t, func(_ *testing.T, users auth.Directory, clock love.Clock) auth.Tokens {
		return auth.WithIssuers(jwt.New(nil, users, jwt.WithClock(clock)), clock, i)
	})
}
