package auth

import (
	"context"
	"errors"
	"sync"
)

// Either is an [Authenticator] that asks several at the same time, such as
// LDAP and the local users. The first that accepts decides, so that one that
// hangs does not delay users whom another knows; the contexts of the others
// are cancelled, and Authenticate waits for them to return.
//
// If none accepts and all refuse, the error wraps ErrCredentials. If one could
// not check, it wraps ErrUnavailable, because that one might have accepted,
// and also ErrRefused if another refused.
type Either []Authenticator

// ErrRefused means that one [Authenticator] refused a log-in that others could
// not check. It counts as a wrong guess.
var ErrRefused = errors.New("refused by who could check")

// Authenticate implements [Authenticator].
func (e Either) Authenticate(ctx context.Context, username, password string) (User, error) {
	ctx, cancel := context.WithCancel(ctx)
	type answer struct {
		user User
		err  error
	}
	answers := make(chan answer, len(e))
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	for _, a := range e {
		asking.Go(func() {
			u, err := a.Authenticate(ctx, username, password)
			answers <- answer{u, err}
		})
	}
	refused := false
	var failures []error
	for range e {
		a := <-answers
		switch {
		case a.err == nil:
			return a.user, nil
		case errors.Is(a.err, ErrCredentials):
			refused = true
		default:
			failures = append(failures, a.err)
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
