package oidc_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
)

func TestCallback_OfAnAttemptThatThisBrowserDidNotBegin(t *testing.T) {
	h := newHarness(t)
	b, victim := h.browser(), h.browser()
	answer := b.agree(b.begin(""))
	victim.refused(victim.comeBack(answer), 400, "not begun in this browser")
	victim.begin("")
	victim.refused(victim.comeBack(answer), 400, "not begun in this browser")

	for why, spoil := range map[string]func(url.Values){
		"another state": func(q url.Values) { q.Set("state", "x") },
		"no state":      func(q url.Values) { q.Del("state") },
		"two states":    func(q url.Values) { q.Add("state", q.Get("state")) },
	} {
		b := h.browser()
		answer := b.agree(b.begin(""))
		spoil(answer)
		got := b.comeBack(answer)
		require.Equal(t, 400, got.StatusCode, why)
		b.refused(got, 400, "not begun")
	}
	require.Zero(t, h.issuer.requests("/token"), "the provider was not asked")
}

func TestCallback_AReplayIsRefused(t *testing.T) {
	h := newHarness(t)
	b := h.browser()
	asked := b.begin("")
	kept := b.jar.Cookies(must(url.Parse(h.url)))
	answer := b.agree(asked)
	require.Equal(t, 303, b.comeBack(answer).StatusCode)
	b.fetchToken()
	b.refused(b.comeBack(answer), 400, "used already") // the cookie is gone
	b.jar.SetCookies(must(url.Parse(h.url)), kept)
	b.refused(b.comeBack(b.agree(asked)), 400, "used already")

	other := h.browser() // a code that the provider knows to be used
	answer = other.agree(other.begin(""))
	h.issuer.set(func() { clear(h.issuer.codes) })
	other.refused(other.comeBack(answer), 403, "has been used already, or has expired")
}

func TestCallback_ReplaysCostTries(t *testing.T) {
	h := newHarness(t)
	b := h.browser()
	asked := b.begin("")
	kept := b.jar.Cookies(must(url.Parse(h.url)))
	b.comeBack(b.agree(asked))
	for try := 0; ; try++ {
		require.Less(t, try, 100, "what is remembered of attempts must not be filled by one address")
		b.jar.SetCookies(must(url.Parse(h.url)), kept)
		got := b.comeBack(b.agree(asked))
		if got.StatusCode == 429 {
			return
		}
		require.Equal(t, 400, got.StatusCode)
	}
}

func TestCallback_AfterTenMinutesIsTooLate(t *testing.T) {
	h := newHarness(t)
	b := h.browser()
	answer := b.agree(b.begin(""))
	h.clock.Advance(10 * time.Minute)
	b.refused(b.comeBack(answer), 400, "longer than ten minutes")

	answer = b.agree(b.begin(""))
	require.Equal(t, 303, b.comeBack(answer).StatusCode)
	h.clock.Advance(time.Minute)
	require.Equal(t, 403, b.call("POST", "/manager/api/oidc/token/", "{}").StatusCode, "the token was not fetched in time")
}

func TestCallback_WhatTheProviderAnswersInPlaceOfACode(t *testing.T) {
	h := newHarness(t)
	for _, c := range []struct {
		name, value string
		status      int
		text        string
	}{
		{"error", "access_denied", 403, "did not let you in"},
		{"error", "invalid_scope", 403, "The provider answers: invalid_scope."},
		{"error", `<script>alert("x")</script>`, 403, "an unknown error"},
		{"error", "temporarily_unavailable", 503, "cannot be asked"},
		{"code", "", 403, "no code"},
		{"code", strings.Repeat("a", 5000), 403, "no code"},
		{"iss", "https://evil.example", 403, "another provider"},
	} {
		b := h.browser()
		answer := b.agree(b.begin(""))
		answer.Set(c.name, c.value)
		got := b.comeBack(answer)
		require.NotContains(t, got.body, "<script>")
		b.refused(got, c.status, c.text)
	}
	require.Zero(t, h.issuer.requests("/token"))
}

// A stolen code is worth nothing without the verifier, and a stolen ID token nothing
// without its nonce.
func TestCallback_TokensOfAnotherSignInAreRefused(t *testing.T) {
	h := newHarness(t)
	b := h.browser()
	answer := b.agree(b.begin(""))
	h.issuer.set(func() {
		c := h.issuer.codes[answer.Get("code")]
		h.issuer.codes[answer.Get("code")] = code{c.nonce, "the challenge of somebody else"}
	})
	b.refused(b.comeBack(answer), 403, "used already, or has expired")

	for why, nonce := range map[string]any{"another nonce": "x", "no nonce": nil} {
		h.issuer.set(func() { h.issuer.claims = map[string]any{"nonce": nonce} })
		b := h.browser()
		got := b.comeBack(b.agree(b.begin("")))
		require.Equal(t, 403, got.StatusCode, why)
		b.refused(got, 403, "not of this sign-in")
	}
}

func TestCallback_IDTokensThatAreNotValid(t *testing.T) {
	for why, c := range map[string]struct {
		claims map[string]any
		spoil  func(i *issuer) func(string) string
		text   string
	}{
		"expired":                {claims: map[string]any{"exp": start.Add(-time.Minute - time.Second).Unix()}, text: "not valid"},
		"without an end":         {claims: map[string]any{"exp": nil}, text: "not valid"},
		"of the future":          {claims: map[string]any{"iat": start.Add(2 * time.Minute).Unix()}, text: "not valid"},
		"not valid yet":          {claims: map[string]any{"nbf": start.Add(10 * time.Minute).Unix()}, text: "not valid"},
		"for another audience":   {claims: map[string]any{"aud": "other"}, text: "not valid"},
		"for no audience":        {claims: map[string]any{"aud": nil}, text: "not valid"},
		"for several, not of us": {claims: map[string]any{"aud": []string{"love", "other"}, "azp": "other"}, text: "another program"},
		"of another issuer":      {claims: map[string]any{"iss": "https://evil.example"}, text: "not valid"},
		"of nobody":              {claims: map[string]any{"sub": ""}, text: "not valid"},
		"with another at_hash":   {claims: map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, text: "do not belong together"},
		"of 100 kB":              {claims: map[string]any{"x": strings.Repeat("x", 100_000)}, text: "not valid"},
		"with a changed payload": {spoil: func(*issuer) func(string) string {
			return func(s string) string { return strings.Replace(s, ".ey", ".ez", 1) }
		}, text: "not valid"},
		"without a signature": {spoil: func(*issuer) func(string) string {
			return func(s string) string { return s[:strings.LastIndex(s, ".")+1] }
		}, text: "not valid"},
		"that is garbage": {spoil: func(*issuer) func(string) string { return func(string) string { return "garbage" } }, text: "not valid"},
		"that is a JSON document": {spoil: func(*issuer) func(string) string {
			return func(string) string { return `{"payload":"","signatures":[]}` }
		}, text: "not valid"},
		"signed by somebody else": {spoil: func(i *issuer) func(string) string {
			return func(string) string {
				return i.sign(signer{"first", jose.RS256, otherRSA()}, map[string]any{"aud": "love"})
			}
		}, text: "not valid"},
	} {
		t.Run(why, func(t *testing.T) {
			h := newHarness(t)
			h.issuer.set(func() {
				h.issuer.claims = c.claims
				if c.spoil != nil {
					h.issuer.spoil = c.spoil(h.issuer)
				}
			})
			b := h.browser()
			b.refused(b.comeBack(b.agree(b.begin(""))), 403, c.text)
			_, err := h.users.Lookup(t.Context(), "ada")
			require.Error(t, err, "nobody was created")
		})
	}
}

func TestSignIn_AProviderThatIsAwayOrSpoilt(t *testing.T) {
	answers := func(status int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(text))
		}
	}
	large := func(w http.ResponseWriter, _ *http.Request) {
		for range 10_000 {
			if _, err := w.Write([]byte(`{"a":"` + strings.Repeat("x", 1000) + `"},`)); err != nil {
				return
			}
		}
	}
	ended := make(chan struct{})
	slow := func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-ended:
		}
	}
	t.Cleanup(func() { close(ended) })
	discovery := "/.well-known/openid-configuration"
	for why, c := range map[string]struct {
		path   string
		answer http.HandlerFunc
	}{
		"the description is away":       {discovery, answers(500, "")},
		"the description is garbage":    {discovery, answers(200, "<html>")},
		"the description is of another": {discovery, answers(200, `{"issuer":"https://evil.example"}`)},
		"the description is 10 MB":      {discovery, large},
		"the description has no keys":   {discovery, answers(200, `{}`)},
		"the description leads away": {discovery, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		}},
		"the keys are garbage":   {"/keys", answers(200, "<html>")},
		"the keys are none":      {"/keys", answers(200, `{"keys":[]}`)},
		"the keys are secrets":   {"/keys", answers(200, `{"keys":[{"kty":"oct","k":"AAAA","kid":"first","alg":"HS256"}]}`)},
		"the keys are short":     {"/keys", answers(200, `{"keys":[{"kty":"RSA","kid":"first","e":"AQAB","n":"wQ"}]}`)},
		"the keys are 10 MB":     {"/keys", large},
		"the keys are away":      {"/keys", answers(503, "")},
		"the keys are slow":      {"/keys", slow},
		"the tokens are garbage": {"/token", answers(200, "<html>")},
		"the tokens are none":    {"/token", answers(200, `{"access_token":"x","token_type":"Bearer"}`)},
		"the tokens are 10 MB":   {"/token", large},
		"the tokens are away":    {"/token", answers(502, "")},
		"the client is unknown":  {"/token", answers(401, `{"error":"invalid_client"}`)},
		"the tokens lead away": {"/token", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}},
	} {
		t.Run(why, func(t *testing.T) {
			h := newHarness(t)
			h.issuer.set(func() { h.issuer.answer[c.path] = c.answer })
			b := h.browser()
			if c.path == discovery {
				b.refused(b.call("GET", "/manager/api/oidc/login", ""), 503, "cannot be asked at the moment")
			} else {
				b.refused(b.comeBack(b.agree(b.begin(""))), 503, "cannot be asked at the moment")
			}
			require.Contains(t, h.log.String(), "the identity provider could not be asked")
			got := b.call("POST", "/manager/api/get-token/", `{"username":"admin","password":"local secret of admin"}`)
			require.Equal(t, 200, got.StatusCode, "local users still log in")

			h.issuer.set(func() { clear(h.issuer.answer) })
			h.clock.Advance(10 * time.Second)
			require.Equal(t, "ada", b.signInAs(nil).User.Username, "it is back")
		})
	}
}

func TestSignIn_AProviderThatIsAwayMakesNothingElseFail(t *testing.T) {
	h := newHarness(t)
	b := h.browser()
	s := b.signInAs(nil)
	ready := b.call("GET", "/readyz", "")
	require.Equal(t, 200, ready.StatusCode)
	require.Contains(t, ready.body, "sign-in by the site: ok")
	h.issuer.Close()
	h.clock.Advance(2 * time.Hour)
	require.Equal(t, 200, b.call("GET", "/manager/api/validate-token/", "", as(s.Token)...).StatusCode, "sessions go on")
	ready = b.call("GET", "/readyz", "")
	require.Equal(t, 200, ready.StatusCode, "the manager is ready without it")
	require.Regexp(t, `sign-in by the site: .*connection refused`, ready.body)
	b.refused(b.comeBack(b.agree(b.begin(""))), 503, "log in with a user name and a password of this manager")
}

func TestSignIn_AnErrorPageOfTheProviderIsNoPartOfReadinessOrTheLog(t *testing.T) {
	page := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(502)
		_, _ = w.Write([]byte("a page\ndatabase: broken\n" + strings.Repeat("x", 100_000)))
	}
	h := newHarness(t)
	h.issuer.set(func() {
		h.issuer.userInfo = map[string]any{}
		h.issuer.answer["/userinfo"] = page
	})
	b := h.browser()
	b.refused(b.comeBack(b.agree(b.begin(""))), 503, "cannot be asked at the moment")
	require.Contains(t, h.log.String(), "asking the provider about the user: 502")

	h.issuer.set(func() { h.issuer.answer["/.well-known/openid-configuration"] = page })
	h.clock.Advance(2 * time.Hour) // it is asked again
	ready := b.call("GET", "/readyz", "")
	require.Contains(t, ready.body, "sign-in by the site: 502")
	require.NotContains(t, ready.body, "\ndatabase: broken")
	require.Less(t, len(ready.body), 2000)
	require.NotContains(t, h.log.String(), strings.Repeat("x", 1000))
}

func TestSignIn_TooManyRefusalsFromOneAddress(t *testing.T) {
	h := newHarness(t)
	last := 0
	for range 60 {
		b := h.browser()
		answer := b.begin("")
		answer.Set("error", "access_denied")
		if last = b.comeBack(answer).StatusCode; last != 403 {
			break
		}
	}
	require.Equal(t, 429, last)
}
