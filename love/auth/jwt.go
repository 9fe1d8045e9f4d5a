package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/rubin-love/love-go/love"
)

// MaxTokenBytes is the longest token that is looked at.
const MaxTokenBytes = 8192

// DefaultTokenLifetime is how long a token lives from its creation, not from
// its last use (manager protocol, section 7).
const DefaultTokenLifetime = 720 * time.Hour

// minKeyBytes is the shortest key that HS256 is meant for.
const minKeyBytes = 32

// CheckKey refuses a signing key that is too short to be safe.
func CheckKey(key []byte) error {
	if len(key) < minKeyBytes {
		return fmt.Errorf("the secret key has %d bytes: it needs at least %d random ones, or tokens can be forged", len(key), minKeyBytes)
	}
	return nil
}

// JWT is the [Tokens] whose tokens are signed JSON web tokens (HS256). It is
// safe for concurrent use.
type JWT struct {
	signing  signingKey
	keys     map[string][]byte // every accepted key by its ID
	users    Directory
	revoked  Revocations
	clock    love.Clock
	issuer   string
	audience string
	lifetime time.Duration
	parser   *jwt.Parser
	watchers watchers
}

type signingKey struct {
	id  string
	key []byte
}

// JWTOption changes a [JWT] from its default.
type JWTOption func(*JWT)

// WithTokenLifetime sets how long a token lives. Default: [DefaultTokenLifetime].
func WithTokenLifetime(d time.Duration) JWTOption { return func(j *JWT) { j.lifetime = d } }

// WithTokenIssuer sets who the tokens come from and whom they are for; a token
// that names others is refused. Default: "loved" and "love-manager". Change it
// when several observatories share a key.
func WithTokenIssuer(issuer, audience string) JWTOption {
	return func(j *JWT) { j.issuer, j.audience = issuer, audience }
}

// WithOldKeys accepts tokens signed by keys of before; new ones are signed by
// the key of [NewJWT]. Default: none. Drop a key here after a token's
// lifetime.
func WithOldKeys(keys ...[]byte) JWTOption {
	return func(j *JWT) {
		for _, k := range keys {
			j.keys[keyID(k)] = slices.Clone(k)
		}
	}
}

// WithRevocations sets where dead tokens are remembered. Default: in memory,
// for the life of the process.
func WithRevocations(r Revocations) JWTOption { return func(j *JWT) { j.revoked = r } }

// WithTokenClock sets the clock. Default: that of the system.
func WithTokenClock(c love.Clock) JWTOption { return func(j *JWT) { j.clock = c } }

// NewJWT makes the token service for the users of a directory. The key should
// pass [CheckKey]; an empty one is replaced by a random key, so that the
// tokens die with the process.
func NewJWT(key []byte, users Directory, opts ...JWTOption) *JWT {
	if len(key) == 0 {
		key = random(minKeyBytes)
	}
	j := &JWT{
		signing:  signingKey{id: keyID(key), key: slices.Clone(key)},
		keys:     make(map[string][]byte),
		users:    users,
		clock:    love.SystemClock{},
		issuer:   "loved",
		audience: "love-manager",
		lifetime: DefaultTokenLifetime,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithStrictDecoding(),
			// The claims are checked by check, which has to tell a token that is
			// only expired from one that is also wrong.
			jwt.WithoutClaimsValidation(),
		),
	}
	for _, o := range opts {
		o(j)
	}
	j.keys[j.signing.id] = j.signing.key
	if j.revoked == nil {
		j.revoked = NewMemoryRevocations(j.clock)
	}
	return j
}

// keyID names a key without giving it away.
func keyID(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("id of a token key"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// Issue implements [Tokens].
func (j *JWT) Issue(_ context.Context, u User) (string, error) {
	now := j.clock.Now()
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer:    j.issuer,
		Subject:   u.Username,
		Audience:  jwt.ClaimStrings{j.audience},
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(j.lifetime)),
		ID:        rand.Text(),
	})
	t.Header["kid"] = j.signing.id
	token, err := t.SignedString(j.signing.key)
	if err != nil {
		return "", fmt.Errorf("issuing a token for %q: %w", u.Username, err)
	}
	if len(token) > MaxTokenBytes {
		return "", fmt.Errorf("issuing a token: the user name of %d bytes is too long for one", len(u.Username))
	}
	return token, nil
}

// Verify implements [Tokens]. A token found to be expired is revoked then:
// the first time it is ErrExpired, afterwards ErrToken (protocol, section 3).
func (j *JWT) Verify(ctx context.Context, token string) (Principal, error) {
	claims, err := j.read(token)
	if err != nil {
		return Principal{}, err
	}
	dead, err := j.revoked.Revoked(ctx, claims.ID)
	if err != nil {
		return Principal{}, fmt.Errorf("checking whether a token was revoked: %w", err)
	}
	if dead {
		return Principal{}, ErrToken
	}
	if !j.clock.Now().Before(claims.ExpiresAt.Time) {
		if first, err := j.kill(ctx, claims); err != nil {
			return Principal{}, err
		} else if !first { // somebody else has just seen it
			return Principal{}, ErrToken
		}
		return Principal{}, ErrExpired
	}
	u, err := j.users.Lookup(ctx, claims.Subject)
	switch {
	case errors.Is(err, ErrUnknownUser):
		return Principal{}, ErrToken
	case errors.Is(err, ErrInactive):
		return Principal{}, ErrInactive
	case err != nil:
		return Principal{}, fmt.Errorf("looking up the user of a token: %w", err)
	}
	return Principal{User: u, TokenID: claims.ID, Expires: claims.ExpiresAt.Time}, nil
}

// Revoke implements [Tokens]. Revoking twice is no error.
func (j *JWT) Revoke(ctx context.Context, token string) error {
	claims, err := j.read(token)
	if err != nil {
		return err
	}
	_, err = j.kill(ctx, claims)
	return err
}

func (j *JWT) kill(ctx context.Context, claims *jwt.RegisteredClaims) (first bool, err error) {
	first, err = j.revoked.Revoke(ctx, claims.ID, claims.ExpiresAt.Time)
	if err != nil {
		return false, fmt.Errorf("revoking a token: %w", err)
	}
	if first {
		j.watchers.tell(claims.ID)
	}
	return first, nil
}

// Watch implements [Tokens].
func (j *JWT) Watch(f func(tokenID string)) (cancel func()) { return j.watchers.add(f) }

// read checks everything about a token that does not change with time. Its
// error is ErrToken and nothing more: what was wrong helps nobody but a forger.
func (j *JWT) read(token string) (*jwt.RegisteredClaims, error) {
	if len(token) > MaxTokenBytes {
		return nil, ErrToken
	}
	claims := new(jwt.RegisteredClaims)
	if _, err := j.parser.ParseWithClaims(token, claims, j.key); err != nil {
		return nil, ErrToken
	}
	if claims.Issuer != j.issuer || !slices.Contains(claims.Audience, j.audience) ||
		claims.ID == "" || claims.Subject == "" || claims.ExpiresAt == nil {
		return nil, ErrToken
	}
	return claims, nil
}

// key finds the key that a token names. Nothing else of its header counts: a
// jwk, jku or x5u is not even read.
func (j *JWT) key(t *jwt.Token) (any, error) {
	id, _ := t.Header["kid"].(string)
	key, ok := j.keys[id]
	if !ok {
		return nil, ErrToken
	}
	return key, nil
}
