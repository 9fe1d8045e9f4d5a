package jwt

import (
	"context"
	"errors"
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
	now, from := t.clock.Now(), make(map[string]int64)
	return slices.DeleteFunc(all, func(i auth.TokenInfo) bool {
		lowest, known := from[i.Username]
		if !known {
			u, _ := t.users.Lookup(ctx, i.Username) // zero if it fails: the token is listed
			lowest = u.TokensFrom
			from[i.Username] = lowest
		}
		return i.Revoked || !now.Before(i.Expires) || max(i.Version, firstVersion) < lowest
	}), nil
}

// RevokeID implements auth.TokenAdmin. If the tokens cannot be listed, it revokes
// the ID whether there is such a token or not.
func (t *Tokens) RevokeID(ctx context.Context, tokenID string) error {
	all, err := t.store.List(ctx, "")
	expires := t.clock.Now().Add(t.lifetime)
	if err == nil {
		i := slices.IndexFunc(all, func(i auth.TokenInfo) bool { return i.ID == tokenID && !i.Revoked })
		if i < 0 {
			return auth.ErrToken
		}
		expires = all[i].Expires
	} else if !errors.Is(err, auth.ErrUnavailable) {
		return fmt.Errorf("looking for a token: %w", err)
	}
	_, err = t.revoke(ctx, tokenID, expires)
	return err
}

// RevokeAll implements auth.TokenAdmin. If the directory is an auth.TokenEnder, it
// ends all tokens at once; each is revoked nevertheless, so that the watchers get
// its ID.
func (t *Tokens) RevokeAll(ctx context.Context, username string) (n int, err error) {
	all, err := t.Issued(ctx, username)
	var failures []error
	if ender, ok := t.users.(auth.TokenEnder); ok {
		ended := ender.EndTokens(ctx, username)
		switch {
		case ended == nil:
		case errors.Is(ended, auth.ErrUnknownUser):
			all, err = t.Issued(ctx, username) // a log-in may have come in between
		default:
			failures = append(failures, fmt.Errorf("ending the tokens of %q: %w", username, ended))
		}
	}
	failures = append(failures, err)
	for _, i := range all {
		first, err := t.revoke(ctx, i.ID, i.Expires)
		failures = append(failures, err)
		if first {
			n++
		}
	}
	return n, errors.Join(failures...)
}

// RotateKey implements auth.TokenAdmin.
func (t *Tokens) RotateKey(ctx context.Context) (keyID string, err error) {
	k, err := t.keys.Rotate(ctx, t.lifetime)
	if err != nil {
		return "", fmt.Errorf("changing the key that signs tokens: %w", err)
	}
	return k.ID, nil
}
