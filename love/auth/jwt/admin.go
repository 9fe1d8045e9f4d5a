package jwt

import (
	"context"
	"fmt"
	"slices"

	"github.com/rubin-love/love-go/love/auth"
)

// Issued implements auth.TokenAdmin.
func (t *Tokens) Issued(ctx context.Context, username string) ([]auth.TokenInfo, error) {
	all, err := t.store.List(ctx, username)
	if err != nil {
		return nil, fmt.Errorf("listing tokens: %w", err)
	}
	now := t.clock.Now()
	return slices.DeleteFunc(all, func(i auth.TokenInfo) bool { return i.Revoked || !now.Before(i.Expires) }), nil
}

// RevokeID implements auth.TokenAdmin.
func (t *Tokens) RevokeID(ctx context.Context, tokenID string) error {
	all, err := t.store.List(ctx, "")
	if err != nil {
		return fmt.Errorf("looking for a token: %w", err)
	}
	i := slices.IndexFunc(all, func(i auth.TokenInfo) bool { return i.ID == tokenID && !i.Revoked })
	if i < 0 {
		return auth.ErrToken
	}
	_, err = t.revoke(ctx, tokenID, all[i].Expires)
	return err
}

// RevokeAll implements auth.TokenAdmin.
func (t *Tokens) RevokeAll(ctx context.Context, username string) (n int, err error) {
	all, err := t.Issued(ctx, username)
	if err != nil {
		return 0, err
	}
	for _, i := range all {
		first, err := t.revoke(ctx, i.ID, i.Expires)
		if err != nil {
			return n, err
		}
		if first {
			n++
		}
	}
	return n, nil
}

// RotateKey implements auth.TokenAdmin.
func (t *Tokens) RotateKey(ctx context.Context) (keyID string, err error) {
	k, err := t.keys.Rotate(ctx, t.lifetime)
	if err != nil {
		return "", fmt.Errorf("changing the key that signs tokens: %w", err)
	}
	return k.ID, nil
}
