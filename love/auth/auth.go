package auth

import (
	"context"
	"time"
)

// User is a person who logs in.
type User struct {
	Username  string
	Email     string
	FirstName string
	LastName  string
	Superuser bool // holds every permission
	Groups    []string
	// Permissions are those given to the user directly; groups give more.
	Permissions []Permission
	// GroupPermissions are those that the groups give, if the source of the
	// User knows them.
	GroupPermissions []Permission
}

// Authenticator checks a user name and password. A team with an identity
// system of its own implements this.
type Authenticator interface {
	// Authenticate returns the user, or an error that wraps ErrCredentials when
	// the log-in is wrong; any other error means that it could not be checked.
	Authenticate(ctx context.Context, username, password string) (User, error)
}

// Tokens issues, verifies and revokes the tokens that stand for a log-in.
type Tokens interface {
	// Issue makes a new token for the user; every log-in gets its own.
	Issue(ctx context.Context, u User) (token string, err error)
	// Verify returns the principal of a token, as of now. The error wraps
	// ErrToken, ErrExpired or ErrInactive when the token is refused.
	Verify(ctx context.Context, token string) (Principal, error)
	// Revoke ends a token, and tells the functions given to Watch.
	Revoke(ctx context.Context, token string) error
	// Watch calls f with the ID of each token that is revoked; f must not
	// block. cancel ends that.
	Watch(f func(tokenID string)) (cancel func())
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
	Process bool      // authenticated by the process password; User is empty
	TokenID string    // of a user's token; not the token itself
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

// The groups that every manager has (manager protocol, section 7).
const (
	GroupCommand     = "cmd"
	GroupUIFramework = "ui_framework"
)
