package auth

import "context"

// TokenAdmin is what a [Tokens] may offer to administrators; [JWT] does.
type TokenAdmin interface {
	// Issued returns the living tokens of a user, or of all for an empty name,
	// newest first.
	Issued(ctx context.Context, username string) ([]TokenInfo, error)
	// RevokeID ends the token of that ID; the error wraps ErrToken if none lives.
	RevokeID(ctx context.Context, tokenID string) error
	// RevokeAll ends the tokens of a user and tells how many those were.
	RevokeAll(ctx context.Context, username string) (n int, err error)
	// RotateKey makes another key that signs tokens from now on; those that live
	// stay good.
	RotateKey(ctx context.Context) (keyID string, err error)
}
