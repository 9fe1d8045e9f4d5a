package jwt_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"maps"
	"strings"
	"testing"
	"time"

	golangjwt "github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/lovetest"
)

// The attacker knows the format, the key's ID and every claim of a good token,
// in some cases even the key; each forgery is wrong in one point.

type header = map[string]any

func forge(t *testing.T, method golangjwt.SigningMethod, key any, h header, claims golangjwt.MapClaims) string {
	t.Helper()
	token := golangjwt.NewWithClaims(method, claims)
	maps.Copy(token.Header, h)
	text, err := token.SignedString(key)
	require.NoError(t, err)
	return text
}

// goodParts are the header and the claims of a token that was really issued.
func goodParts(t *testing.T, token string) (header, golangjwt.MapClaims) {
	t.Helper()
	claims := golangjwt.MapClaims{}
	parsed, _, err := golangjwt.NewParser().ParseUnverified(token, claims)
	require.NoError(t, err)
	return parsed.Header, claims
}

func without(c golangjwt.MapClaims, key string) golangjwt.MapClaims { return with(c, key, nil) }

func with(c golangjwt.MapClaims, key string, value any) golangjwt.MapClaims {
	c = maps.Clone(c)
	if value == nil {
		delete(c, key)
	} else {
		c[key] = value
	}
	return c
}

func TestAttack_AForgedTokenIsUnknown(t *testing.T) {
	tokens := jwt.New(key, users(t))
	good := issue(t, tokens, "admin")
	head, claims := goodParts(t, good)
	kid := header{"kid": head["kid"]}
	signed := func(h header, c golangjwt.MapClaims) string {
		return forge(t, golangjwt.SigningMethodHS256, key, h, c)
	}
	_, err := tokens.Verify(t.Context(), signed(kid, claims))
	require.NoError(t, err, "the forging works: with the key, the token is accepted")

	_, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	other := []byte(strings.Repeat("x", 32))
	part := strings.Split(good, ".")

	for name, forged := range map[string]string{
		"empty":                    "",
		"not a token":              "0123456789012345678901234567890123456789",
		"dots":                     "..",
		"two parts":                part[0] + "." + part[1],
		"four parts":               good + "." + part[2],
		"truncated":                good[:len(good)-1],
		"lengthened":               good + "fake",
		"spaces":                   good + " ",
		"signature removed":        part[0] + "." + part[1] + ".",
		"padded base64":            good + "=",
		"unused last bits":         good[:len(good)-1] + withUnusedBit(good[len(good)-1]),
		"alg none":                 forge(t, golangjwt.SigningMethodNone, golangjwt.UnsafeAllowNoneSignatureType, kid, claims),
		"alg None, old signature":  rawHeader(`{"alg":"None","typ":"JWT","kid":"`+head["kid"].(string)+`"}`) + "." + part[1] + "." + part[2],
		"no alg":                   rawHeader(`{"typ":"JWT","kid":"`+head["kid"].(string)+`"}`) + "." + part[1] + "." + part[2],
		"HS512 with our key":       forge(t, golangjwt.SigningMethodHS512, key, kid, claims),
		"RS256 of a stranger":      forge(t, golangjwt.SigningMethodRS256, rsaKey, kid, claims),
		"EdDSA of a stranger":      forge(t, golangjwt.SigningMethodEdDSA, edPrivate, kid, claims),
		"other key, our kid":       forge(t, golangjwt.SigningMethodHS256, other, kid, claims),
		"empty key, our kid":       forge(t, golangjwt.SigningMethodHS256, []byte{}, kid, claims),
		"other key, its own kid":   forge(t, golangjwt.SigningMethodHS256, other, header{"kid": "stranger"}, claims),
		"kid is a path":            forge(t, golangjwt.SigningMethodHS256, []byte{}, header{"kid": "/dev/null"}, claims),
		"kid is a number":          signed(header{"kid": 1}, claims),
		"kid is missing":           signed(nil, claims),
		"kid is unknown":           signed(header{"kid": "stranger"}, claims),
		"key inside (jwk)":         forge(t, golangjwt.SigningMethodHS256, other, header{"kid": head["kid"], "jwk": header{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(other)}}, claims),
		"key elsewhere (jku)":      forge(t, golangjwt.SigningMethodHS256, other, header{"kid": head["kid"], "jku": "https://example.org/keys"}, claims),
		"no exp":                   signed(kid, without(claims, "exp")),
		"exp is a text":            signed(kid, with(claims, "exp", "tomorrow")),
		"no aud":                   signed(kid, without(claims, "aud")),
		"aud of another":           signed(kid, with(claims, "aud", "grafana")),
		"no iss":                   signed(kid, without(claims, "iss")),
		"iss of another":           signed(kid, with(claims, "iss", "loved-tucson")),
		"no jti":                   signed(kid, without(claims, "jti")),
		"empty jti":                signed(kid, with(claims, "jti", "")),
		"no sub":                   signed(kid, without(claims, "sub")),
		"expired and of another":   signed(kid, with(with(claims, "exp", 1), "iss", "loved-tucson")),
		"expired, wrong signature": forge(t, golangjwt.SigningMethodHS256, other, kid, with(claims, "exp", 1)),
		"very long":                signed(kid, with(claims, "pad", strings.Repeat("a", 8192))),
		"long nonsense":            strings.Repeat("A", 1<<20),
		"many dots":                strings.Repeat(".", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tokens.Verify(t.Context(), forged)
			require.Equal(t, auth.ErrToken, err, "the error gives no hint")
			require.Equal(t, auth.ErrToken, tokens.Revoke(t.Context(), forged))
		})
	}
	_, err = tokens.Verify(t.Context(), good)
	require.NoError(t, err, "the good token has survived all of that")
}

func TestAttack_ATokenOfAnotherInstanceIsUnknown(t *testing.T) {
	u := users(t)
	here, there := jwt.New(key, u), jwt.New([]byte(strings.Repeat("t", 32)), u)
	_, err := here.Verify(t.Context(), issue(t, there, "admin"))
	require.ErrorIs(t, err, auth.ErrToken)

	sameKey := jwt.New(key, u, jwt.WithIssuer("loved-tucson", "love-manager"))
	_, err = here.Verify(t.Context(), issue(t, sameKey, "admin"))
	require.ErrorIs(t, err, auth.ErrToken)
}

func TestAttack_AClockSetBackDoesNotReviveAToken(t *testing.T) {
	c := lovetest.NewClock(start)
	tokens := jwt.New(key, users(t), jwt.WithClock(c), jwt.WithLifetime(time.Minute))
	token := issue(t, tokens, "user")
	c.Advance(time.Hour)
	_, err := tokens.Verify(t.Context(), token)
	require.ErrorIs(t, err, auth.ErrExpired)
	c.Advance(-time.Hour)
	_, err = tokens.Verify(t.Context(), token)
	require.ErrorIs(t, err, auth.ErrToken)
}

func rawHeader(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }

// withUnusedBit is a base64 character that differs only in bits which a lenient
// decoder drops: the last of 43 characters carries four bits of the signature.
func withUnusedBit(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)^1])
}

func FuzzVerify(f *testing.F) {
	u := users(f)
	tokens := jwt.New(key, u)
	f.Add("")
	f.Add("a.b.c")
	f.Add(rawHeader(`{"alg":"none"}`) + "." + rawHeader(`{"sub":"admin"}`) + ".")
	f.Add(rawHeader(`{"alg":"HS256","kid":[]}`) + "." + rawHeader(`[]`) + ".AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		_, err := tokens.Verify(t.Context(), token)
		require.Equal(t, auth.ErrToken, err)
	})
}
