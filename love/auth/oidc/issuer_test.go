package oidc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
)

// issuer is an OpenID provider whose answers a test can spoil. A real one is in
// tools/oidctest.
type issuer struct {
	*httptest.Server
	t     *testing.T
	clock love.Clock

	mu        sync.Mutex
	keys      []signer
	codes     map[string]code
	claims    map[string]any                // of the next token, over the default ones
	userInfo  map[string]any                // nil: there is no such endpoint
	answer    map[string]http.HandlerFunc   // by path, in place of the usual one
	spoil     func(raw string) string       // changes the ID token
	discovery func(document map[string]any) // changes the document
	asked     map[string]int                // requests by path
	device    string                        // what the device grant answers; "": tokens
	secret    string                        // of the client
}

type code struct{ nonce, challenge string }

// signer is a key with its ID and algorithm.
type signer struct {
	id  string
	alg jose.SignatureAlgorithm
	key any // private
}

var (
	rsaKey     = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	otherRSA   = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })
	ecKey      = sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) })
	ed25519Key = sync.OnceValue(func() ed25519.PrivateKey { _, k, err := ed25519.GenerateKey(rand.Reader); return must(k, err) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newIssuer(t *testing.T, clock love.Clock) *issuer {
	t.Helper()
	i := &issuer{
		t: t, clock: clock, keys: []signer{{"first", jose.RS256, rsaKey()}}, codes: map[string]code{},
		answer: map[string]http.HandlerFunc{}, asked: map[string]int{}, secret: "client secret",
	}
	i.Server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(i.Close)
	return i
}

// set changes something of the issuer.
func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *issuer) requests(path string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked[path]
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.asked[r.URL.Path]++
	spoilt := i.answer[r.URL.Path]
	i.mu.Unlock()
	if spoilt != nil {
		spoilt(w, r)
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		i.serveDiscovery(w)
	case "/keys":
		i.json(w, 200, map[string]any{"keys": i.publicKeys()})
	case "/token":
		i.serveToken(w, r)
	case "/userinfo":
		if r.Header.Get("Authorization") != "Bearer the-access-token" {
			i.json(w, 401, nil)
			return
		}
		i.json(w, 200, i.userInfo)
	case "/device":
		i.json(w, 200, map[string]any{
			"device_code": "the device code", "user_code": "WDJB-MJHT", "verification_uri": i.URL + "/activate", "expires_in": 300, "interval": 5,
		})
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) json(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (i *issuer) serveDiscovery(w http.ResponseWriter) {
	document := map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"device_authorization_endpoint": i.URL + "/device", "id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"},
	}
	if i.userInfo != nil {
		document["userinfo_endpoint"] = i.URL + "/userinfo"
	}
	if i.discovery != nil {
		i.discovery(document)
	}
	i.json(w, 200, document)
}

func (i *issuer) publicKeys() (keys []jose.JSONWebKey) {
	for _, s := range i.keys {
		if private, ok := s.key.(crypto.Signer); ok {
			keys = append(keys, jose.JSONWebKey{Key: private.Public(), KeyID: s.id, Use: "sig"})
		}
	}
	return keys
}

func (i *issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	refuse := func(why string) { i.json(w, 400, map[string]any{"error": why}) }
	id, secret, ok := r.BasicAuth()
	if !ok {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if id != "love" || strings.ReplaceAll(secret, "+", " ") != i.secret {
		i.json(w, 401, map[string]any{"error": "invalid_client"})
		return
	}
	var nonce string
	if r.PostFormValue("grant_type") == "urn:ietf:params:oauth:grant-type:device_code" {
		if i.device != "" || r.PostFormValue("device_code") != "the device code" {
			refuse(i.device)
			return
		}
	} else {
		known, ok := i.codes[r.PostFormValue("code")]
		delete(i.codes, r.PostFormValue("code"))
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != known.challenge {
			refuse("invalid_grant")
			return
		}
		nonce = known.nonce
	}
	claims := map[string]any{"aud": "love", "preferred_username": "ada", "email": "ada@example.org", "given_name": "Ada", "family_name": "Lovelace"}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	maps.Copy(claims, i.claims)
	raw := i.sign(i.keys[0], claims)
	if i.spoil != nil {
		raw = i.spoil(raw)
	}
	i.json(w, 200, map[string]any{"access_token": "the-access-token", "token_type": "Bearer", "id_token": raw, "expires_in": 300})
}

// token returns a token of the issuer for the audience love.
func (i *issuer) token(claims map[string]any) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	all := map[string]any{"aud": "love"}
	maps.Copy(all, claims)
	return i.sign(i.keys[0], all)
}

// sign returns a token with the claims that every token has and the given ones; a nil
// claim is left out.
func (i *issuer) sign(with signer, claims map[string]any) string {
	now := i.clock.Now()
	all := map[string]any{"iss": i.URL, "sub": "4711", "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	maps.Copy(all, claims)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	payload, err := json.Marshal(all)
	require.NoError(i.t, err)
	return signed(i.t, with, payload, nil)
}

func signed(t *testing.T, with signer, payload []byte, headers map[jose.HeaderKey]any) string {
	options := (&jose.SignerOptions{}).WithType("JWT")
	for k, v := range headers {
		options.WithHeader(k, v)
	}
	if with.id != "" {
		options.WithHeader("kid", with.id)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: with.alg, Key: with.key}, options)
	require.NoError(t, err)
	jws, err := s.Sign(payload)
	require.NoError(t, err)
	return must(jws.CompactSerialize())
}

func decode(text string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(text) }

// raw returns a token with any header, and a signature that is none.
func raw(header, payload string, signature []byte) string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(header)) + "." + e.EncodeToString([]byte(payload)) + "." + e.EncodeToString(signature)
}
