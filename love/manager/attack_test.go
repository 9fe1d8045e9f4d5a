package manager_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

// What a forger may try is in love/auth; here it is what the API answers.

func TestAttack_NoForgedTokenOpensAnyRoute(t *testing.T) {
	r := newRig(t)
	good := r.token("admin")
	claims := jwt.MapClaims{}
	parsed, _, err := jwt.NewParser().ParseUnverified(good, claims)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey)})
	forge := func(method jwt.SigningMethod, key any, header map[string]any, change jwt.MapClaims) string {
		c := jwt.MapClaims{}
		for k, v := range claims {
			c[k] = v
		}
		for k, v := range change {
			c[k] = v
			if v == nil {
				delete(c, k)
			}
		}
		token := jwt.NewWithClaims(method, c)
		token.Header["kid"] = parsed.Header["kid"]
		for k, v := range header {
			token.Header[k] = v
		}
		text, err := token.SignedString(key)
		require.NoError(t, err)
		return text
	}
	stranger := []byte(strings.Repeat("s", 32))
	other, err := auth.NewJWT(stranger, r.users).Issue(t.Context(), auth.User{Username: "admin"})
	require.NoError(t, err)
	for name, token := range map[string]string{
		"alg none":             forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
		"RS256":                forge(jwt.SigningMethodRS256, rsaKey, nil, nil),
		"HS256, a public key":  forge(jwt.SigningMethodHS256, public, nil, nil),
		"foreign kid":          forge(jwt.SigningMethodHS256, stranger, map[string]any{"kid": "stranger"}, nil),
		"jku":                  forge(jwt.SigningMethodHS256, stranger, map[string]any{"jku": "https://example.org/keys"}, nil),
		"jwk":                  forge(jwt.SigningMethodHS256, stranger, map[string]any{"jwk": map[string]any{"kty": "oct", "k": "c3Nz"}}, nil),
		"no exp":               forge(jwt.SigningMethodHS256, stranger, nil, jwt.MapClaims{"exp": nil}),
		"no aud":               forge(jwt.SigningMethodHS256, stranger, nil, jwt.MapClaims{"aud": nil}),
		"no iss":               forge(jwt.SigningMethodHS256, stranger, nil, jwt.MapClaims{"iss": nil}),
		"of another instance":  other,
		"very long":            good + strings.Repeat("A", auth.MaxTokenBytes),
		"another user's claim": forge(jwt.SigningMethodHS256, stranger, nil, jwt.MapClaims{"sub": "cmd_user"}),
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{validateToken, adminUsers, cmd, logout, swapUser, "/manager/api/hub/"} {
				got := r.call("POST", path, "", as(token))
				require.Equal(t, 401, got.StatusCode)
				require.JSONEq(t, `{"detail": "Invalid Token"}`, got.body)
			}
		})
	}
	r.session(r.call("GET", validateToken, "", as(good)))
	require.Empty(t, r.commander.asked())
}

func TestAttack_AnAnswerToALogInTellsNobodyWhoExists(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.users.SetActive(t.Context(), "cmd_user", false))
	var answers []string
	for _, name := range []string{"user", "cmd_user", "nobody", "' OR 1=1 --", "*)(uid=*", "../admin"} {
		got := r.call("POST", getToken, fmt.Sprintf(`{"username": %q, "password": "wrong"}`, name))
		got.Header.Del("Date")
		answers = append(answers, fmt.Sprint(got.StatusCode, got.Header, got.body))
	}
	for _, a := range answers {
		require.Equal(t, answers[0], a)
	}
}

func TestAttack_GuessingOnAndOnIsSlow(t *testing.T) {
	r := newRig(t)
	tried := 0
	for range 100 {
		if r.call("POST", getToken, `{"username": "admin", "password": "guess"}`).StatusCode == 400 {
			tried++
		}
		r.clock.Advance(time.Second)
	}
	require.LessOrEqual(t, tried, 20, "of a hundred guesses in a hundred seconds")
}
