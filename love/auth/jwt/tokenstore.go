package jwt

import (
	"context"
	"time"

	"github.com/rubin-love/love-go/love/auth"
)

// TokenStore keeps which tokens were issued, and which were revoked, but no
// token itself. All processes that accept the same tokens share one. Every
// implementation must be safe for concurrent use and pass lovetest.RunTokenStore.
type TokenStore interface {
	// Add records a new token. A store that also keeps the users adds it only if
	// the Version, unless it is zero, is that of the account at that moment; else
	// the error wraps auth.ErrSuperseded.
	Add(ctx context.Context, t auth.TokenInfo) error
	// List returns the tokens of a user, or of all for an empty name, newest
	// first; revoked and expired ones may be missing.
	List(ctx context.Context, username string) ([]auth.TokenInfo, error)
	// Revoke records that the token of that ID is revoked, whether it was added
	// here or not. first reports whether it was not revoked before. The record
	// may be dropped RevocationRetention after expires. A revocation that cannot
	// be recorded should be in effect in this process all the same, and be recorded
	// later; the error then wraps auth.ErrUnrecorded.
	Revoke(ctx context.Context, tokenID string, expires time.Time) (first bool, err error)
	// Revoked reports whether the token of that ID was revoked.
	Revoked(ctx context.Context, tokenID string) (bool, error)
	// Watch calls f with the ID of each token that is revoked: by this process
	// before Revoke returns, by another one within a second. f must not block.
	// cancel ends that.
	Watch(f func(tokenID string)) (cancel func())
}

// RevocationRetention is how long a [TokenStore] keeps a revocation after the
// token has expired. Later the token is refused as expired once more, which does
// no harm.
const RevocationRetention = 24 * time.Hour
