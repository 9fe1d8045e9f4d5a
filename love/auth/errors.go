package auth

import (
	"errors"
	"fmt"
)

// The errors of this package that callers distinguish, by errors.Is.
var (
	// ErrCredentials means that the user does not exist or is disabled, or the password is wrong.
	ErrCredentials = errors.New("unable to log in with the given user name and password")
	// ErrRefused means that one [Authenticator] of a [FirstOf] refused a log-in
	// that another could not check. It counts as a wrong guess.
	ErrRefused = errors.New("refused by an authenticator that could check it")
	// ErrUnavailable means that the request cannot be answered at the moment,
	// for instance because the database is unavailable.
	ErrUnavailable = errors.New("not available at the moment")

	// ErrSuperseded means that the account has changed since a log-in was checked,
	// for instance its password: no token is issued. Check the log-in again.
	ErrSuperseded = errors.New("the account has changed since the log-in was checked: log in again")
	// ErrUnrecorded means that a revocation is in effect in this process, and
	// that its store could not record it yet, but will as soon as it can: until
	// then other processes do not know it, and the end of this one undoes it.
	ErrUnrecorded = errors.New("in effect here, but not recorded yet")

	// ErrToken means that the token is not one of ours, or was revoked.
	ErrToken = errors.New("unknown token")
	// ErrExpired means that the token was ours and has expired.
	ErrExpired = errors.New("the token is expired")
	// ErrInactive means that the user exists, but has been disabled.
	ErrInactive = errors.New("the user is not active")
	// ErrFixedKey means that the key which signs tokens is set, and can be
	// changed, only in the configuration.
	ErrFixedKey = errors.New("the key is given by the configuration (SECRET_KEY): change it there")

	// ErrForbidden means that the principal is known but lacks the permission.
	ErrForbidden = errors.New("not allowed")
	// ErrLocation means that the principal may not command from where it is. It
	// wraps ErrForbidden.
	ErrLocation = fmt.Errorf("this location: %w", ErrForbidden)

	// ErrUnknownUser means that no user has the name.
	ErrUnknownUser = errors.New("no such user")
	// ErrUserExists means that a user has the name already.
	ErrUserExists = errors.New("the user exists already")
	// ErrUnknownGroup means that no group has the name.
	ErrUnknownGroup = errors.New("no such group")
)
