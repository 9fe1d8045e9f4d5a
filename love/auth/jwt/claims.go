package jwt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	golangjwt "github.com/golang-jwt/jwt/v5"

	"github.com/rubin-love/love-go/love/auth"
)

// claims are those of a token with a valid signature, with the ID of the key that
// signed it.
type claims struct {
	golangjwt.RegisteredClaims
	// Version is that of the user's credentials at the log-in; absent in tokens for
	// users without versions.
	Version int64 `json:"ver,omitempty"`
	keyID   string
}

// firstVersion is the version of a token without one: it was issued before there
// were versions, or its user has none. A store gives higher ones.
const firstVersion = 1

// read checks everything about a token that does not change with time, and
// that its key is still accepted. The error is a bare ErrToken, because
// details would help only a forger, unless the key could not be looked up.
func (t *Tokens) read(ctx context.Context, token string) (*claims, error) {
	if len(token) > MaxBytes {
		return nil, auth.ErrToken
	}
	if c, ok := t.cache.get(token); ok {
		if _, err := t.key(ctx, c.keyID); err != nil {
			return nil, err
		}
		return c, nil
	}
	if strings.ContainsAny(token, "\r\n") { // which the decoder would skip
		return nil, auth.ErrToken
	}
	c := new(claims)
	var keyErr error
	_, err := t.parser.ParseWithClaims(token, c, func(parsed *golangjwt.Token) (any, error) {
		// Nothing else of the header counts: a jwk, jku or x5u is not even read.
		c.keyID, _ = parsed.Header["kid"].(string)
		var key Key
		key, keyErr = t.key(ctx, c.keyID)
		return key.Secret, keyErr
	})
	switch {
	case keyErr != nil:
		return nil, keyErr
	case err != nil, c.Issuer != t.issuer, !slices.Contains(c.Audience, t.audience),
		c.ID == "", c.Subject == "", c.ExpiresAt == nil, !strictPayload(token):
		return nil, auth.ErrToken
	}
	t.cache.put(token, c)
	return c, nil
}

func (t *Tokens) key(ctx context.Context, id string) (Key, error) {
	key, err := t.keys.Key(ctx, id)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Key{}, auth.ErrToken
	case err != nil:
		return Key{}, fmt.Errorf("looking for the key of a token: %w", err)
	}
	return key, nil
}

// cachedTokens is how many tokens a generation of a [claimsCache] holds.
const cachedTokens = 4096

// claimsCache saves checking the signatures of tokens that were seen before. It
// does not know whether they are still valid. It holds two generations and drops
// the older one when the younger is full. The zero value is ready to use.
type claimsCache struct {
	mu         sync.RWMutex
	young, old map[string]*claims
}

func (c *claimsCache) get(token string) (*claims, bool) {
	c.mu.RLock()
	known, ok := c.young[token]
	aging := false
	if !ok {
		known, aging = c.old[token]
	}
	c.mu.RUnlock()
	if aging {
		c.put(token, known)
	}
	return known, ok || aging
}

func (c *claimsCache) put(token string, known *claims) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.young == nil || len(c.young) >= cachedTokens {
		c.young, c.old = make(map[string]*claims), c.young
	}
	c.young[token] = known
}
