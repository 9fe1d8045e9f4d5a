package auth

import (
	"context"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/watch"
	"github.com/rubin-love/love-go/love"
)

// Issuer verifies tokens that another system issues, such as those of the services of a
// site; package oidc has one. It must be safe for concurrent use.
type Issuer interface {
	// Issued reports whether a token says that it is of this issuer. It is cheap, and
	// verifies nothing.
	Issued(token string) bool
	// Verify returns the principal of a token, as of now. Its errors are those of
	// [Tokens]. TokenID and Expires must be set, Version must be zero.
	Verify(ctx context.Context, token string) (Principal, error)
}

// IssuerTokens are [Tokens] that take those of other issuers, too. Make them with
// [WithIssuers].
type IssuerTokens interface {
	Tokens
	// Foreign reports whether a token says that it is of one of the issuers.
	Foreign(token string) bool
}

// WithIssuers returns tokens that verify those of the issuers beside their own, and issue
// their own only. A log-out with a foreign token ends it here, in this process and until it
// expires: whoever issued it can issue another. They are a [TokenAdmin] and
// [LifetimeTokens] as the own ones are; administrators see only these.
func WithIssuers(own Tokens, clock love.Clock, issuers ...Issuer) IssuerTokens {
	t := &issuerTokens{Tokens: own, clock: clock, issuers: issuers, ended: make(map[string]time.Time)}
	admin, _ := own.(TokenAdmin)
	lifetimes, _ := own.(LifetimeTokens)
	switch {
	case admin != nil && lifetimes != nil:
		return struct {
			*issuerTokens
			TokenAdmin
			LifetimeTokens
		}{t, admin, lifetimes}
	case admin != nil:
		return struct {
			*issuerTokens
			TokenAdmin
		}{t, admin}
	case lifetimes != nil:
		return struct {
			*issuerTokens
			LifetimeTokens
		}{t, lifetimes}
	}
	return t
}

type issuerTokens struct {
	Tokens
	clock   love.Clock
	issuers []Issuer
	watches watch.List[string]

	endedMu sync.Mutex
	ended   map[string]time.Time // token ID: until when it is to be remembered
}

// Foreign implements [IssuerTokens].
func (t *issuerTokens) Foreign(token string) bool { return t.issuer(token) != nil }

func (t *issuerTokens) issuer(token string) Issuer {
	for _, i := range t.issuers {
		if i.Issued(token) {
			return i
		}
	}
	return nil
}

// Verify implements [Tokens].
func (t *issuerTokens) Verify(ctx context.Context, token string) (Principal, error) {
	issuer := t.issuer(token)
	if issuer == nil {
		return t.Tokens.Verify(ctx, token)
	}
	p, err := issuer.Verify(ctx, token)
	if err != nil {
		return p, err
	}
	t.endedMu.Lock()
	defer t.endedMu.Unlock()
	if _, ended := t.ended[p.TokenID]; ended {
		return Principal{}, ErrToken
	}
	return p, nil
}

// maxEnded bounds how many foreign tokens are remembered that were logged out.
const maxEnded = 10_000

// Revoke implements [Tokens].
func (t *issuerTokens) Revoke(ctx context.Context, token string) error {
	issuer := t.issuer(token)
	if issuer == nil {
		return t.Tokens.Revoke(ctx, token)
	}
	p, err := issuer.Verify(ctx, token)
	if err != nil {
		return ErrToken
	}
	if !t.end(p.TokenID, p.Expires) {
		return ErrUnavailable
	}
	t.watches.Notify(p.TokenID)
	return nil
}

// end remembers that a token has ended; false if there is no room.
func (t *issuerTokens) end(id string, expires time.Time) bool {
	t.endedMu.Lock()
	defer t.endedMu.Unlock()
	now := t.clock.Now()
	for id, until := range t.ended {
		if now.After(until) {
			delete(t.ended, id)
		}
	}
	if len(t.ended) >= maxEnded {
		return false
	}
	t.ended[id] = expires.Add(maxIssuerSkew)
	return true
}

// maxIssuerSkew is how long after its end a token of another issuer may be taken at most.
const maxIssuerSkew = 10 * time.Minute

// Watch implements [Tokens].
func (t *issuerTokens) Watch(f func(tokenID string)) (cancel func()) {
	own, foreign := t.Tokens.Watch(f), t.watches.Add(f)
	return func() {
		own()
		foreign()
	}
}
