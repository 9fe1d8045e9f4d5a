package jwt

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	golangjwt "github.com/golang-jwt/jwt/v5"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// MaxBytes is the length of the longest token that is accepted.
const MaxBytes = 8192

// DefaultLifetime is how long a token lives from its creation, not from its last use
// (docs/protocol/manager.md#revocation).
const DefaultLifetime = 720 * time.Hour

// Tokens issues, verifies and revokes tokens. It is safe for concurrent use.
type Tokens struct {
	keys     Keyring
	fixed    *fixedKeys // keys, if they were given as options
	users    auth.Directory
	store    TokenStore
	clock    love.Clock
	issuer   string
	audience string
	lifetime time.Duration
	parser   *golangjwt.Parser
	cache    claimsCache
}

var (
	_ auth.Tokens     = (*Tokens)(nil)
	_ auth.TokenAdmin = (*Tokens)(nil)

	_ auth.LifetimeTokens = (*Tokens)(nil)
)

// Option changes a default of [Tokens].
type Option func(*Tokens)

// WithLifetime sets how long a token lives. Default: [DefaultLifetime].
func WithLifetime(d time.Duration) Option { return func(t *Tokens) { t.lifetime = d } }

// WithIssuer sets the issuer and the audience of the tokens; a token that names
// others is refused. Default: "loved" and "love-manager". Change it when several
// observatories share a key.
func WithIssuer(issuer, audience string) Option {
	return func(t *Tokens) { t.issuer, t.audience = issuer, audience }
}

// WithOldKeys also accepts tokens signed with earlier keys; new ones are signed
// with the key of [New]. Default: none. A key can be dropped a token's lifetime
// after it was replaced.
func WithOldKeys(keys ...[]byte) Option {
	return func(t *Tokens) {
		for _, k := range keys {
			t.fixed.old = append(t.fixed.old, KeyOf(k, time.Time{}))
		}
	}
}

// WithKeyring takes the keys from a keyring, which can rotate them, instead of
// the key of [New]. Default: that key.
func WithKeyring(k Keyring) Option { return func(t *Tokens) { t.keys = k } }

// WithTokenStore sets where tokens are kept. Default: a [MemoryTokenStore].
func WithTokenStore(s TokenStore) Option { return func(t *Tokens) { t.store = s } }

// WithClock sets the clock. Default: the system's.
func WithClock(c love.Clock) Option { return func(t *Tokens) { t.clock = c } }

// New makes the token service for the users of a directory. The key should pass
// [CheckKey]; an empty one is replaced by a random key, so that the tokens end
// with the process.
func New(key []byte, users auth.Directory, opts ...Option) *Tokens {
	if len(key) == 0 {
		key = random(minKeyBytes)
	}
	fixed := &fixedKeys{signing: KeyOf(key, time.Time{})}
	t := &Tokens{
		keys:     fixed,
		fixed:    fixed,
		users:    users,
		clock:    love.SystemClock{},
		issuer:   "loved",
		audience: "love-manager",
		lifetime: DefaultLifetime,
		parser: golangjwt.NewParser(
			golangjwt.WithValidMethods([]string{golangjwt.SigningMethodHS256.Alg()}),
			golangjwt.WithStrictDecoding(),
			// The claims are checked by read and Verify, which distinguish a token that
			// is only expired from one that is also wrong.
			golangjwt.WithoutClaimsValidation(),
		),
	}
	for _, o := range opts {
		o(t)
	}
	if t.store == nil {
		t.store = NewMemoryTokenStore(t.clock)
	}
	return t
}

// Issue implements auth.Tokens.
func (t *Tokens) Issue(ctx context.Context, u auth.User) (string, error) {
	return t.IssueFor(ctx, u, t.lifetime)
}

// IssueFor implements auth.LifetimeTokens.
func (t *Tokens) IssueFor(ctx context.Context, u auth.User, lifetime time.Duration) (string, error) {
	key, err := t.keys.SigningKey(ctx)
	if err != nil {
		return "", fmt.Errorf("issuing a token for %q: %w", u.Username, err)
	}
	version, err := t.versionOf(ctx, u)
	if err != nil {
		return "", fmt.Errorf("issuing a token for %q: %w", u.Username, err)
	}
	now := t.clock.Now()
	claims := claims{Version: version, RegisteredClaims: golangjwt.RegisteredClaims{
		Issuer:    t.issuer,
		Subject:   u.Username,
		Audience:  golangjwt.ClaimStrings{t.audience},
		IssuedAt:  golangjwt.NewNumericDate(now),
		ExpiresAt: golangjwt.NewNumericDate(now.Add(min(lifetime, t.lifetime))),
		ID:        rand.Text(),
	}}
	unsigned := golangjwt.NewWithClaims(golangjwt.SigningMethodHS256, claims)
	unsigned.Header["kid"] = key.ID
	token, err := unsigned.SignedString(key.Secret)
	if err != nil {
		return "", fmt.Errorf("issuing a token for %q: %w", u.Username, err)
	}
	if len(token) > MaxBytes {
		return "", fmt.Errorf("issuing a token: the user name of %d bytes is too long for one", len(u.Username))
	}
	info := auth.TokenInfo{ID: claims.ID, Username: u.Username, Version: version, Issued: now, Expires: claims.ExpiresAt.Time}
	if err := t.store.Add(ctx, info); err != nil {
		return "", fmt.Errorf("storing a token for %q: %w", u.Username, err)
	}
	if err := t.checkVersion(ctx, info); err != nil {
		return "", fmt.Errorf("issuing a token for %q: %w", u.Username, err)
	}
	return token, nil
}

// versionOf returns the version of the credentials that a log-in was checked with;
// without one the caller vouches for the user as of now.
func (t *Tokens) versionOf(ctx context.Context, u auth.User) (int64, error) {
	if u.Version != 0 {
		return u.Version, nil
	}
	now, err := t.users.Lookup(ctx, u.Username)
	if errors.Is(err, auth.ErrUnknownUser) || errors.Is(err, auth.ErrInactive) {
		return 0, nil // Verify refuses the token for as long as that is so
	}
	return now.Version, err
}

// checkVersion takes back a token whose user has changed before the token was
// added. A store that also keeps the users has checked that, but others have not.
func (t *Tokens) checkVersion(ctx context.Context, i auth.TokenInfo) error {
	if i.Version == 0 {
		return nil
	}
	switch now, err := t.users.Lookup(ctx, i.Username); {
	case err == nil && now.Version == i.Version:
		return nil
	case err == nil, errors.Is(err, auth.ErrUnknownUser), errors.Is(err, auth.ErrInactive):
		_, err := t.revoke(ctx, i.ID, i.Expires)
		return errors.Join(auth.ErrSuperseded, err)
	default:
		return err
	}
}

// Verify implements auth.Tokens. It revokes a token that it finds expired: the first
// call returns ErrExpired, with a Principal that names the user, later ones return
// ErrToken (docs/protocol/manager.md#http).
func (t *Tokens) Verify(ctx context.Context, token string) (auth.Principal, error) {
	claims, err := t.read(ctx, token)
	if err != nil {
		return auth.Principal{}, err
	}
	revoked, err := t.store.Revoked(ctx, claims.ID)
	if err != nil {
		return auth.Principal{}, fmt.Errorf("checking whether a token was revoked: %w", err)
	}
	if revoked {
		return auth.Principal{}, auth.ErrToken
	}
	if !t.clock.Now().Before(claims.ExpiresAt.Time) {
		if first, err := t.revoke(ctx, claims.ID, claims.ExpiresAt.Time); err != nil && !errors.Is(err, auth.ErrUnrecorded) {
			return auth.Principal{}, err
		} else if !first { // another call has just revoked it
			return auth.Principal{}, auth.ErrToken
		}
		return auth.Principal{User: auth.User{Username: claims.Subject}, TokenID: claims.ID, Expires: claims.ExpiresAt.Time}, auth.ErrExpired
	}
	u, err := t.users.Lookup(ctx, claims.Subject)
	switch {
	case errors.Is(err, auth.ErrUnknownUser):
		return auth.Principal{}, auth.ErrToken
	case errors.Is(err, auth.ErrInactive):
		return auth.Principal{}, auth.ErrInactive
	case err != nil:
		return auth.Principal{}, fmt.Errorf("looking up the user of a token: %w", err)
	}
	version := max(claims.Version, firstVersion)
	if version < u.TokensFrom {
		return auth.Principal{}, auth.ErrToken
	}
	return auth.Principal{User: u, TokenID: claims.ID, Version: version, Expires: claims.ExpiresAt.Time}, nil
}

// Revoke implements auth.Tokens.
func (t *Tokens) Revoke(ctx context.Context, token string) error {
	claims, err := t.read(ctx, token)
	if err != nil {
		return err
	}
	_, err = t.revoke(ctx, claims.ID, claims.ExpiresAt.Time)
	return err
}

func (t *Tokens) revoke(ctx context.Context, id string, expires time.Time) (first bool, err error) {
	first, err = t.store.Revoke(ctx, id, expires)
	if err != nil {
		return first, fmt.Errorf("revoking a token: %w", err)
	}
	return first, nil
}

// Watch implements auth.Tokens.
func (t *Tokens) Watch(f func(tokenID string)) (cancel func()) { return t.store.Watch(f) }
