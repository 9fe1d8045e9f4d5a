package auth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

// answers is an identity system that always answers the same.
type answers struct {
	name string
	err  error
}

func (a answers) Authenticate(context.Context, string, string) (auth.User, error) {
	return auth.User{Username: a.name}, a.err
}

// hangs until it is told to end.
type hangs struct{}

func (hangs) Authenticate(ctx context.Context, _, _ string) (auth.User, error) {
	<-ctx.Done()
	return auth.User{}, ctx.Err()
}

func TestEither_TheFirstThatAcceptsDecides(t *testing.T) {
	yes, no, away := answers{name: "ada"}, answers{err: auth.ErrCredentials}, answers{err: errAway}
	for name, c := range map[string]struct {
		ask  auth.Either
		want error
	}{
		"one accepts":              {auth.Either{no, yes}, nil},
		"one is away, one accepts": {auth.Either{away, yes}, nil},
		"one hangs, one accepts":   {auth.Either{hangs{}, yes}, nil},
		"all refuse":               {auth.Either{no, no}, auth.ErrCredentials},
		"one refuses, one is away": {auth.Either{away, no}, auth.ErrUnavailable},
		"a guess was made":         {auth.Either{away, no}, auth.ErrRefused},
		"nobody could check":       {auth.Either{away, away}, auth.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := c.ask.Authenticate(t.Context(), "ada", "x")
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.want == auth.ErrCredentials, errors.Is(err, auth.ErrCredentials))
			if c.want == nil {
				require.Equal(t, "ada", u.Username)
			}
		})
	}
}
