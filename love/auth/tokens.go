package auth

import (
	"context"
	"time"
)

// Tokens issues, verifies and revokes the tokens that stand for a log-in;
// *jwt.Tokens does. Every implementation must be safe for concurrent use and pass
// lovetest.RunTokens.
type Tokens interface {
	// Issue makes a new token for the user; every log-in gets its own. The error
	// wraps ErrSuperseded if the account no longer has the user's Version; for a
	// user without one, the version is that of the call.
	Issue(ctx context.Context, u User) (token string, err error)
	// Verify returns the principal of a token, as of now. The error wraps
	// ErrToken, ErrExpired or ErrInactive when the token is refused; any other
	// means that it could not be checked.
	Verify(ctx context.Context, token string) (Principal, error)
	// Revoke ends a token; revoking it again does nothing. The error wraps
	// ErrToken if the token is not one of ours, and ErrUnrecorded if it has ended
	// but that could not be recorded.
	Revoke(ctx context.Context, token string) error
	// Watch calls f with the ID of each token that is revoked: by this process
	// before the call returns that did so, by another one within a second. f must
	// not block. cancel ends that.
	Watch(f func(tokenID string)) (cancel func())
}

// TokenAdmin is what a [Tokens] may also implement, for administrators;
// *jwt.Tokens does.
type TokenAdmin interface {
	// Issued returns the valid tokens of a user, or of all for an empty name,
	// newest first.
	Issued(ctx context.Context, username string) ([]TokenInfo, error)
	// RevokeID revokes the token of that ID. The error wraps ErrToken if there is
	// none.
	RevokeID(ctx context.Context, tokenID string) error
	// RevokeAll revokes the tokens of a user, even those of log-ins under way, and
	// returns how many there were.
	RevokeAll(ctx context.Context, username string) (n int, err error)
	// RotateKey makes a new key, which signs tokens from now on. Tokens signed
	// with an older key stay valid. The error wraps ErrFixedKey if the key cannot
	// be changed here.
	RotateKey(ctx context.Context) (keyID string, err error)
}

// TokenEnder is what a [Directory] may also implement; *[Users] does.
type TokenEnder interface {
	// EndTokens ends all tokens of a user, even those of log-ins under way. The
	// error wraps ErrUnknownUser if there is no such user.
	EndTokens(ctx context.Context, username string) error
}

// TokenInfo is what is known about a token, without the token itself.
type TokenInfo struct {
	ID       string
	Username string
	Version  int64 // of the user's credentials, as in User.Version
	Issued   time.Time
	Expires  time.Time
	Revoked  bool
}
