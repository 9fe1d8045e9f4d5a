package auth

import "context"

// TokenAdmin is what a [Tokens] may also implement, for administrators, as [JWT] does.
type TokenAdmin interface {
	// Issued returns the valid tokens of a user, or of all for an empty name,
	// newest first.
	Issued(ctx context.Context, username string) ([]TokenInfo, error)
	// RevokeID revokes the token of that ID; the error wraps ErrToken if there is none.
	RevokeID(ctx context.Context, tokenID string) error
	// RevokeAll revokes the tokens of a user and returns how many there were.
	RevokeAll(ctx context.Context, username string) (n int, err error)
	// RotateKey makes a new key, which signs tokens from now on. Tokens
	// signed with an older key stay valid.
	RotateKey(ctx context.Context) (keyID string, err error)
}
