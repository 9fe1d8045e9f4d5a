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
	all, err := t.open(ctx, username)
	if err != nil {
		return nil, err
	}
	from := make(map[string]int64) // the lowest valid version by user name
	return slices.DeleteFunc(all, func(i auth.TokenInfo) bool {
		lowest, known := from[i.Username]
		if !known {
			lowest = t.lowestVersion(ctx, i.Username)
			from[i.Username] = lowest
		}
		return max(i.Version, firstVersion) < lowest
	}), nil
}

// lowestVersion returns the lowest version of a user's valid tokens. If that cannot
// be known, none counts as ended.
func (t *Tokens) lowestVersion(ctx context.Context, username string) int64 {
	u, err := t.users.Lookup(ctx, username)
	switch {
	case errors.Is(err, auth.ErrUnknownUser):
		return auth.NextVersion
	case err != nil:
		return 0
	}
	return u.TokensFrom
}

// open returns the tokens that have neither been revoked each by itself nor expired.
func (t *Tokens) open(ctx context.Context, username string) ([]auth.TokenInfo, error) {
	all, err := t.store.List(ctx, username)
	if err != nil {
		return nil, fmt.Errorf("listing tokens: %w", err)
	}
	now := t.clock.Now()
	return slices.DeleteFunc(all, func(i auth.TokenInfo) bool { return i.Revoked || !now.Before(i.Expires) }), nil
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
	valid, _ := t.Issued(ctx, username) // an error comes again below
	var failures []error
	if ender, ok := t.users.(auth.TokenEnder); ok {
		if err := ender.EndTokens(ctx, username); err != nil && !errors.Is(err, auth.ErrUnknownUser) {
			failures = append(failures, fmt.Errorf("ending the tokens of %q: %w", username, err))
		}
	}
	all, err := t.open(ctx, username)
	failures = append(failures, err)
	for _, i := range all {
		first, err := t.revoke(ctx, i.ID, i.Expires)
		failures = append(failures, err)
		if first && slices.ContainsFunc(valid, func(v auth.TokenInfo) bool { return v.ID == i.ID }) {
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
