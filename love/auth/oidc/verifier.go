package oidc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
)

// MaxToken is the length of the longest token that is read, in bytes.
const MaxToken = 16 << 10

// skew is how far the clock of an issuer may be from ours.
const skew = time.Minute

// tokenTypes are what the header of a token may say that it is, in small letters. Others,
// such as "logout+jwt", are signed with the same keys, but show nobody's identity.
var tokenTypes = []string{"", "jwt", "at+jwt", "application/at+jwt"}

// verifier checks the tokens of one issuer.
type verifier struct {
	issuer, audience string
	keys             *keySet
	clock            love.Clock
}

// verify returns what a token says if it is signed by the issuer, for the audience, and
// valid now. The error wraps auth.ErrExpired for one that is only too old, and
// auth.ErrUnavailable if it could not be checked.
func (v *verifier) verify(ctx context.Context, raw string) (*gooidc.IDToken, claims, error) {
	if len(raw) > MaxToken {
		return nil, nil, fmt.Errorf("it is longer than %d bytes", MaxToken)
	}
	if strings.ContainsAny(raw, "\r\n{ ") { // the decoder would skip them, or read another form
		return nil, nil, errors.New("it is not a compact token")
	}
	token, err := jose.ParseSigned(raw, algorithms)
	if err != nil {
		return nil, nil, errors.New("it is not a token that is signed with one of the allowed algorithms")
	}
	if kind := header(token, jose.HeaderType); !slices.Contains(tokenTypes, strings.ToLower(kind)) {
		return nil, nil, fmt.Errorf("it is of the type %.40q", kind)
	}
	payload, err := v.keys.verify(ctx, token)
	if err != nil {
		return nil, nil, err
	}
	about, err := parseClaims(payload)
	if err != nil {
		return nil, nil, err
	}
	id, err := v.check(ctx, raw, payload)
	if err != nil {
		return nil, nil, err
	}
	if id.Subject == "" || len(id.Subject) > 255 {
		return nil, nil, errors.New("it has no subject of up to 255 bytes")
	}
	return id, about, nil
}

// check checks the claims of a token whose signature is right.
func (v *verifier) check(ctx context.Context, raw string, payload []byte) (*gooidc.IDToken, error) {
	now := v.clock.Now()
	checks := gooidc.NewVerifier(v.issuer, signed(payload), &gooidc.Config{
		ClientID: v.audience, SupportedSigningAlgs: algorithmNames(), Now: func() time.Time { return now.Add(-skew) },
	})
	id, err := checks.Verify(ctx, raw)
	if late, ok := errors.AsType[*gooidc.TokenExpiredError](err); ok {
		return nil, fmt.Errorf("it has expired at %s: %w", late.Expiry.UTC().Format(time.RFC3339), auth.ErrExpired)
	}
	if err != nil {
		return nil, err
	}
	if id.IssuedAt.After(now.Add(skew)) {
		return nil, fmt.Errorf("it was issued at %s, which is in the future", id.IssuedAt.UTC().Format(time.RFC3339))
	}
	return id, nil
}

// header returns a text of the header of a token.
func header(token *jose.JSONWebSignature, name jose.HeaderKey) string {
	if len(token.Signatures) == 0 {
		return ""
	}
	text, _ := token.Signatures[0].Header.ExtraHeaders[name].(string)
	return text
}

// signed is the payload of a token whose signature has been checked.
type signed []byte

// VerifySignature implements gooidc.KeySet.
func (s signed) VerifySignature(context.Context, string) ([]byte, error) { return s, nil }
