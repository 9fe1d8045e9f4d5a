package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// FirstOf is an [Authenticator] that asks several at the same time, such as
// LDAP and the local users. The first that accepts decides, so that one that
// hangs does not delay users whom another knows; the contexts of the others
// are cancelled, and Authenticate waits for them to return.
//
// If all refuse, the error wraps ErrCredentials. If none accepts and one could
// not check, it wraps ErrUnavailable, because that one might have accepted,
// and also ErrRefused if another refused.
//
// It is a [Directory] if all of them are, and a [UserWatcher] and [TokenEnder] for those
// that are. They
// share one name space: a user of one must not have the name of somebody else in another.
type FirstOf []Authenticator

// Authenticate implements [Authenticator].
func (f FirstOf) Authenticate(ctx context.Context, username, password string) (User, error) {
	ctx, cancel := context.WithCancel(ctx)
	type result struct {
		user User
		err  error
	}
	results := make(chan result, len(f))
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for _, a := range f {
		running.Go(func() {
			u, err := a.Authenticate(ctx, username, password)
			results <- result{u, err}
		})
	}
	refused := false
	var failures []error
	for range f {
		r := <-results
		switch {
		case r.err == nil:
			return r.user, nil
		case errors.Is(r.err, ErrCredentials):
			refused = true
		default:
			failures = append(failures, r.err)
		}
	}
	switch {
	case len(failures) == 0 && refused:
		return User{}, ErrCredentials
	case refused:
		failures = append(failures, ErrRefused)
	}
	return User{}, errors.Join(append(failures, ErrUnavailable)...)
}

// Lookup implements [Directory]: the first of the authenticators that knows the
// user decides, even that the user is disabled. All must be Directories.
func (f FirstOf) Lookup(ctx context.Context, username string) (User, error) {
	for _, a := range f {
		d, ok := a.(Directory)
		if !ok {
			return User{}, fmt.Errorf("looking up %s: %T is not a Directory", username, a)
		}
		if u, err := d.Lookup(ctx, username); !errors.Is(err, ErrUnknownUser) {
			return u, err
		}
	}
	return User{}, ErrUnknownUser
}

// WatchUsers implements [UserWatcher] for those of the authenticators that do.
func (f FirstOf) WatchUsers(call func(username string)) (cancel func()) {
	var cancels []func()
	for _, a := range f {
		if w, ok := a.(UserWatcher); ok {
			cancels = append(cancels, w.WatchUsers(call))
		}
	}
	return func() {
		for _, cancel := range cancels {
			cancel()
		}
	}
}

// EndTokens implements [TokenEnder], by the first of the authenticators that does and
// knows the user.
func (f FirstOf) EndTokens(ctx context.Context, username string) error {
	for _, a := range f {
		if e, ok := a.(TokenEnder); ok {
			if err := e.EndTokens(ctx, username); !errors.Is(err, ErrUnknownUser) {
				return err
			}
		}
	}
	return ErrUnknownUser
}
