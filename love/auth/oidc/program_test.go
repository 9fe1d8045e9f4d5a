package oidc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	devicePath      = "/manager/api/oidc/device/"
	deviceTokenPath = "/manager/api/oidc/device/token/"
)

// beginDevice begins a sign-in without a browser, and returns the body of its questions.
func (b *browser) beginDevice() string {
	b.h.t.Helper()
	got := b.call("POST", devicePath, "{}")
	require.Equal(b.h.t, 200, got.StatusCode, got.body)
	var begun struct {
		Device    string
		UserCode  string `json:"user_code"`
		URI       string `json:"verification_uri"`
		ExpiresIn int    `json:"expires_in"`
		Interval  int
	}
	require.NoError(b.h.t, json.Unmarshal([]byte(got.body), &begun))
	require.Equal(b.h.t, "WDJB-MJHT", begun.UserCode)
	require.Equal(b.h.t, b.h.issuer.URL+"/activate", begun.URI)
	require.Equal(b.h.t, 5, begun.Interval)
	require.InDelta(b.h.t, 300, begun.ExpiresIn, 30)
	require.NotContains(b.h.t, got.body, "the device code")
	return string(must(json.Marshal(map[string]string{"device": begun.Device})))
}

func TestDevice_TheUserAgreesElsewhere(t *testing.T) {
	h := newHarness(t)
	b := h.browser()
	h.issuer.set(func() { h.issuer.device = "authorization_pending" })
	question := b.beginDevice()
	require.Equal(t, 202, b.call("POST", deviceTokenPath, question).StatusCode)
	asked := h.issuer.requests("/token")
	h.issuer.set(func() { h.issuer.device = ""; h.issuer.claims = map[string]any{"groups": "operators"} })
	require.Equal(t, 202, b.call("POST", deviceTokenPath, question).StatusCode, "that is too early")
	require.Equal(t, asked, h.issuer.requests("/token"), "the provider is not asked within its interval")
	h.clock.Advance(5 * time.Second)
	got := b.call("POST", deviceTokenPath, question)
	require.Equal(t, 200, got.StatusCode, got.body)
	var s session
	require.NoError(t, json.Unmarshal([]byte(got.body), &s))
	require.Equal(t, "ada", s.User.Username)
	require.True(t, s.Permissions.Commands)
	require.Equal(t, 200, b.call("GET", "/manager/api/validate-token/", "", as(s.Token)...).StatusCode)
	require.Contains(t, h.auditText(), "ada|log-in||done|by the site")
}

func TestDevice_WhatDoesNotLeadToAToken(t *testing.T) {
	h := newHarness(t)
	for answer, want := range map[string]int{
		"access_denied": 403, "expired_token": 403, "invalid_grant": 403, "slow_down": 202, "server_error": 503, "invalid_client": 503, "<x>": 503,
	} {
		h.issuer.set(func() { h.issuer.device = answer })
		b := h.browser()
		require.Equal(t, want, b.call("POST", deviceTokenPath, b.beginDevice()).StatusCode, answer)
	}
	h.issuer.set(func() { h.issuer.device = "" })
	b := h.browser()
	question := b.beginDevice()
	for body, want := range map[string]int{
		"{}": 400, `{"device":1}`: 403, `{"device":""}`: 400, `{"device":"x"}`: 403, `{"device":"` + question[20:40] + `"}`: 403, "[]": 400,
	} {
		require.Equal(t, want, b.call("POST", deviceTokenPath, body).StatusCode, body)
	}
	h.issuer.set(func() { h.issuer.claims = map[string]any{"nonce": "of a browser"} })
	require.Equal(t, 403, b.call("POST", deviceTokenPath, question).StatusCode)
	h.clock.Advance(5 * time.Minute)
	require.Equal(t, 403, b.call("POST", deviceTokenPath, question).StatusCode, "it took too long")
}

func TestDevice_AProviderWithoutDevicesOrWithBrokenOnes(t *testing.T) {
	h := newHarness(t)
	answers := func(status int, text string) {
		h.issuer.set(func() {
			h.issuer.answer["/device"] = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_, _ = w.Write([]byte(text))
			}
		})
	}
	b := h.browser()
	for text, want := range map[string]int{
		`{"error":"unauthorized_client"}`: 404, `{"error":"invalid_scope"}`: 503, "<html>": 503, "": 503,
	} {
		answers(400, text)
		require.Equal(t, want, b.call("POST", devicePath, "{}").StatusCode, text)
	}
	for _, text := range []string{
		`{}`, `{"device_code":"x","user_code":"y"}`, `{"device_code":"x","user_code":"y","verification_uri":"javascript:alert(1)"}`,
		`{"device_code":"x","user_code":"y","verification_uri":"https://a","expires_in":-1}`,
		`{"device_code":"x","user_code":"\u001b[2J","verification_uri":"https://a"}`, `{"device_code":"x","user_code":"` + strings.Repeat("y", 65) + `","verification_uri":"https://a"}`,
	} {
		answers(200, text)
		require.Equal(t, 503, b.call("POST", devicePath, "{}").StatusCode, text)
	}
	without := newHarness(t)
	without.issuer.set(func() {
		without.issuer.discovery = func(d map[string]any) { delete(d, "device_authorization_endpoint") }
	})
	got := without.browser().call("POST", devicePath, "{}")
	require.Equal(t, 404, got.StatusCode)
	require.Contains(t, got.body, "without a browser")
	require.NotContains(t, without.log.String(), "could not be asked", "it was asked, and has no such sign-in")
}

func TestLoopback_TheProgramProvesThatItBegan(t *testing.T) {
	h := newHarness(t)
	verifier := "a verifier that only the program knows"
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	b, program := h.browser(), h.browser()
	got := b.comeBack(b.agree(b.begin("?port=4711&challenge=" + challenge)))
	require.Equal(t, 303, got.StatusCode, got.body)
	at := must(url.Parse(got.Header.Get("Location")))
	require.Equal(t, "http://127.0.0.1:4711/", at.Scheme+"://"+at.Host+at.Path)
	body := func(code, verifier string) string {
		return string(must(json.Marshal(map[string]string{"code": code, "verifier": verifier})))
	}
	code := at.Query().Get("code")
	for _, wrong := range []string{body(code, "another"), body(code[1:], verifier), body("x", verifier)} {
		require.Equal(t, 403, program.call("POST", "/manager/api/oidc/token/", wrong).StatusCode)
	}
	require.Equal(t, 400, program.call("POST", "/manager/api/oidc/token/", `{"code":"x"}`).StatusCode)
	require.Equal(t, 403, b.call("POST", "/manager/api/oidc/token/", "{}").StatusCode, "the browser has nothing")
	got = program.call("POST", "/manager/api/oidc/token/", body(code, verifier))
	require.Equal(t, 200, got.StatusCode, got.body)
	require.Equal(t, 403, program.call("POST", "/manager/api/oidc/token/", body(code, verifier)).StatusCode, "once")

	for _, query := range []string{
		"?port=0&challenge=" + challenge, "?port=80", "?challenge=" + challenge, "?port=80&challenge=x", "?port=evil.example&challenge=" + challenge,
		"?port=80&next=/&challenge=" + challenge, "?port=80&challenge=" + challenge[1:] + "%2F", "?port=80&port=81&challenge=" + challenge,
	} {
		require.Equal(t, 400, b.call("GET", "/manager/api/oidc/login"+query, "").StatusCode, query)
	}
}
