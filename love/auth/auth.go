package auth

import (
	"context"
	"time"
)

// Authenticator checks a user name and a password. A team with an identity
// system of its own implements this. Every implementation must be safe for
// concurrent use and pass lovetest.RunAuthenticator.
type Authenticator interface {
	// Authenticate returns the user. The error wraps ErrCredentials if the user
	// does not exist or is disabled, or the password is wrong; any other error
	// means that the log-in could not be checked.
	Authenticate(ctx context.Context, username, password string) (User, error)
}

// Directory looks up users as they are now. It is asked at each request, so
// that a change takes effect at once. An open websocket ends within ten seconds, or at
// once if the directory is also a [UserWatcher].
type Directory interface {
	// Lookup returns the user of that name. The error wraps ErrUnknownUser,
	// or ErrInactive if the user has been disabled; any other error means
	// that the look-up failed.
	Lookup(ctx context.Context, username string) (User, error)
}

// Authorizer decides what a principal may do at this moment.
type Authorizer interface {
	// Authorize returns nil, or an error that wraps ErrForbidden.
	Authorize(ctx context.Context, p Principal, permission Permission) error
}

// Principal is who acts: a user behind a token, or a process that knows the
// process password.
type Principal struct {
	User    User
	Process bool   // authenticated by the process password; User is empty
	TokenID string // of a user's token; not the token itself
	// Version is that of the user's credentials at the log-in, as in User.Version,
	// and at least 1; 0 if the Tokens have no versions.
	Version int64
	Expires time.Time // when the token expires; zero for a process
	Address string    // where the request came from, if known
}

// Name returns the user name, or "process".
func (p Principal) Name() string {
	if p.Process {
		return "process"
	}
	return p.User.Username
}
