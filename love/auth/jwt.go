package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/rubin-love/love-go/love"
)

// MaxTokenBytes is the length of the longest token that is accepted.
const MaxTokenBytes = 8192

// DefaultTokenLifetime is how long a token lives from its creation, not from
// its last use (manager protocol, section 7).
const DefaultTokenLifetime = 720 * time.Hour

// JWT is the [Tokens] whose tokens are signed JSON web tokens (HS256). It is
// safe for concurrent use.
type JWT struct {
	keys     Keyring
	fixed    *fixedKeys // keys, if they were given as options
	users    Directory
	ledger   Ledger
	clock    love.Clock
	issuer   string
	audience string
	lifetime time.Duration
	parser   *jwt.Parser
	seen     claimsCache
}

// JWTOption changes a default of a [JWT].
type JWTOption func(*JWT)

// WithTokenLifetime sets how long a token lives. Default: [DefaultTokenLifetime].
func WithTokenLifetime(d time.Duration) JWTOption { return func(j *JWT) { j.lifetime = d } }

// WithTokenIssuer sets the issuer and the audience of the tokens; a token that
// names others is refused. Default: "loved" and "love-manager". Change it when
// several observatories share a key.
func WithTokenIssuer(issuer, audience string) JWTOption {
	return func(j *JWT) { j.issuer, j.audience = issuer, audience }
}

// WithOldKeys also accepts tokens signed with earlier keys; new ones are
// signed with the key of [NewJWT]. Default: none. A key can be dropped a
// token's lifetime after it was replaced.
func WithOldKeys(keys ...[]byte) JWTOption {
	return func(j *JWT) {
		for _, k := range keys {
			j.fixed.old = append(j.fixed.old, KeyOf(k, time.Time{}))
		}
	}
}

// WithKeyring takes the keys from a keyring, which can rotate them, instead of
// the key of [NewJWT]. Default: that key.
func WithKeyring(k Keyring) JWTOption { return func(j *JWT) { j.keys = k } }

// WithLedger sets where tokens are remembered. Default: in memory, for the
// life of the process.
func WithLedger(l Ledger) JWTOption { return func(j *JWT) { j.ledger = l } }

// WithTokenClock sets the clock. Default: the system's.
func WithTokenClock(c love.Clock) JWTOption { return func(j *JWT) { j.clock = c } }

// NewJWT makes the token service for the users of a directory. The key should
// pass [CheckKey]; an empty one is replaced by a random key, so that the
// tokens die with the process.
func NewJWT(key []byte, users Directory, opts ...JWTOption) *JWT {
	if len(key) == 0 {
		key = random(minKeyBytes)
	}
	fixed := &fixedKeys{signing: KeyOf(key, time.Time{})}
	j := &JWT{
		keys:     fixed,
		fixed:    fixed,
		users:    users,
		clock:    love.SystemClock{},
		issuer:   "loved",
		audience: "love-manager",
		lifetime: DefaultTokenLifetime,
		parser: jwt.NewParser(
			jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
			jwt.WithStrictDecoding(),
			// The claims are checked by read and Verify, which have to tell a token
			// that is only expired from one that is also wrong.
			jwt.WithoutClaimsValidation(),
		),
	}
	for _, o := range opts {
		o(j)
	}
	if j.ledger == nil {
		j.ledger = NewMemoryLedger(j.clock)
	}
	return j
}

// Issue implements [Tokens].
func (j *JWT) Issue(ctx context.Context, u User) (string, error) {
	key, err := j.keys.SigningKey(ctx)
	if err != nil {
		return "", fmt.Errorf("issuing a token for %q: %w", u.Username, err)
	}
	now := j.clock.Now()
	claims := jwt.RegisteredClaims{
		Issuer:    j.issuer,
		Subject:   u.Username,
		Audience:  jwt.ClaimStrings{j.audience},
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(j.lifetime)),
		ID:        rand.Text(),
	}
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	t.Header["kid"] = key.ID
	token, err := t.SignedString(key.Secret)
	if err != nil {
		return "", fmt.Errorf("issuing a token for %q: %w", u.Username, err)
	}
	if len(token) > MaxTokenBytes {
		return "", fmt.Errorf("issuing a token: the user name of %d bytes is too long for one", len(u.Username))
	}
	info := TokenInfo{ID: claims.ID, Username: u.Username, Issued: now, Expires: claims.ExpiresAt.Time}
	if err := j.ledger.Issued(ctx, info); err != nil {
		return "", fmt.Errorf("noting a token for %q: %w", u.Username, err)
	}
	return token, nil
}

// Verify implements [Tokens]. It revokes a token that it finds expired: the
// first call returns ErrExpired, with a Principal that names the user, later
// ones return ErrToken (protocol, section 3).
func (j *JWT) Verify(ctx context.Context, token string) (Principal, error) {
	claims, err := j.read(ctx, token)
	if err != nil {
		return Principal{}, err
	}
	dead, err := j.ledger.Revoked(ctx, claims.ID)
	if err != nil {
		return Principal{}, fmt.Errorf("checking whether a token was revoked: %w", err)
	}
	if dead {
		return Principal{}, ErrToken
	}
	if !j.clock.Now().Before(claims.ExpiresAt.Time) {
		if first, err := j.kill(ctx, claims.ID, claims.ExpiresAt.Time); err != nil {
			return Principal{}, err
		} else if !first { // another call has just revoked it
			return Principal{}, ErrToken
		}
		return Principal{User: User{Username: claims.Subject}, TokenID: claims.ID, Expires: claims.ExpiresAt.Time}, ErrExpired
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
	claims, err := j.read(ctx, token)
	if err != nil {
		return err
	}
	_, err = j.kill(ctx, claims.ID, claims.ExpiresAt.Time)
	return err
}

// RevokeID implements [TokenAdmin].
func (j *JWT) RevokeID(ctx context.Context, tokenID string) error {
	all, err := j.ledger.Tokens(ctx, "")
	if err != nil {
		return fmt.Errorf("looking for a token: %w", err)
	}
	i := slices.IndexFunc(all, func(t TokenInfo) bool { return t.ID == tokenID && !t.Revoked })
	if i < 0 {
		return ErrToken
	}
	_, err = j.kill(ctx, tokenID, all[i].Expires)
	return err
}

// RevokeAll implements [TokenAdmin].
func (j *JWT) RevokeAll(ctx context.Context, username string) (n int, err error) {
	all, err := j.Issued(ctx, username)
	if err != nil {
		return 0, err
	}
	for _, t := range all {
		first, err := j.kill(ctx, t.ID, t.Expires)
		if err != nil {
			return n, err
		}
		if first {
			n++
		}
	}
	return n, nil
}

// Issued implements [TokenAdmin].
func (j *JWT) Issued(ctx context.Context, username string) ([]TokenInfo, error) {
	all, err := j.ledger.Tokens(ctx, username)
	if err != nil {
		return nil, fmt.Errorf("listing tokens: %w", err)
	}
	now := j.clock.Now()
	return slices.DeleteFunc(all, func(t TokenInfo) bool { return t.Revoked || !now.Before(t.Expires) }), nil
}

// RotateKey implements [TokenAdmin].
func (j *JWT) RotateKey(ctx context.Context) (keyID string, err error) {
	k, err := j.keys.Rotate(ctx, j.lifetime)
	if err != nil {
		return "", fmt.Errorf("changing the key that signs tokens: %w", err)
	}
	return k.ID, nil
}

func (j *JWT) kill(ctx context.Context, id string, expires time.Time) (first bool, err error) {
	first, err = j.ledger.Revoke(ctx, id, expires)
	if err != nil {
		return false, fmt.Errorf("revoking a token: %w", err)
	}
	return first, nil
}

// Watch implements [Tokens].
func (j *JWT) Watch(f func(tokenID string)) (cancel func()) { return j.ledger.WatchTokens(f) }
