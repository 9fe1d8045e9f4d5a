package auth

import (
	"context"
	"errors"
	"sync"
)

// Either is an [Authenticator] that asks several at the same time, such as LDAP
// and the local users: the first that accepts decides, so that one that hangs
// delays nobody who is known elsewhere. The others are told by their context to
// end, and waited for. If none accepts, the error wraps ErrCredentials when all
// of them refused, and ErrUnavailable when one could not tell: nobody is told
// that a password is wrong which it may have known. Then it wraps ErrRefused
// too, if another one refused.
type Either []Authenticator

// ErrRefused is that who could check a log-in refused it, beside others that
// could not: a guess was made.
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
