package auth_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/lovetest"
)

// fixedAnswer is an identity system that always answers the same.
type fixedAnswer struct {
	name string
	err  error
}

func (a fixedAnswer) Authenticate(context.Context, string, string) (auth.User, error) {
	return auth.User{Username: a.name}, a.err
}

// hangs answers when its context ends.
type hangs struct{}

func (hangs) Authenticate(ctx context.Context, _, _ string) (auth.User, error) {
	<-ctx.Done()
	return auth.User{}, ctx.Err()
}

func TestFirstOf_PassesTheConformanceSuite(t *testing.T) {
	lovetest.RunAuthenticator(t, func(t *testing.T) lovetest.AuthenticatorSetup {
		a := underTest(t)
		a.Authenticator = auth.FirstOf{fixedAnswer{err: auth.ErrCredentials}, a.Authenticator}
		return a
	})
}

func TestFirstOf_TheFirstThatAcceptsDecides(t *testing.T) {
	yes, no, away := fixedAnswer{name: "ada"}, fixedAnswer{err: auth.ErrCredentials}, fixedAnswer{err: errAway}
	for name, c := range map[string]struct {
		ask  auth.FirstOf
		want error
	}{
		"one accepts":              {auth.FirstOf{no, yes}, nil},
		"one is away, one accepts": {auth.FirstOf{away, yes}, nil},
		"one hangs, one accepts":   {auth.FirstOf{hangs{}, yes}, nil},
		"all refuse":               {auth.FirstOf{no, no}, auth.ErrCredentials},
		"one refuses, one is away": {auth.FirstOf{away, no}, auth.ErrUnavailable},
		"a refusal is reported":    {auth.FirstOf{away, no}, auth.ErrRefused},
		"none could check":         {auth.FirstOf{away, away}, auth.ErrUnavailable},
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

// directory is an identity system with users by name, or the error of a look-up.
type directory map[string]error

func (d directory) Authenticate(context.Context, string, string) (auth.User, error) {
	return auth.User{}, auth.ErrCredentials
}

func (d directory) Lookup(_ context.Context, username string) (auth.User, error) {
	err, known := d[username]
	if !known {
		err = auth.ErrUnknownUser
	}
	return auth.User{Username: username}, err
}

func TestFirstOf_TheFirstThatKnowsAUserDecides(t *testing.T) {
	down := errors.New("down")
	f := auth.FirstOf{directory{"ada": nil, "eve": auth.ErrInactive, "kim": down}, directory{"eve": nil, "kim": nil, "max": nil}}
	for name, want := range map[string]error{"ada": nil, "max": nil, "eve": auth.ErrInactive, "kim": down, "zoe": auth.ErrUnknownUser} {
		u, err := f.Lookup(t.Context(), name)
		require.ErrorIs(t, err, want, name)
		if err == nil {
			require.Equal(t, name, u.Username)
		}
	}
	_, err := auth.FirstOf{fixedAnswer{}}.Lookup(t.Context(), "ada")
	require.EqualError(t, err, "looking up ada: auth_test.fixedAnswer is not a Directory")
}

// reporting is a directory that reports changes and ends the tokens of one user.
type reporting struct {
	auth.UserWatchers
	fixedAnswer
	ended string
}

func (r *reporting) EndTokens(_ context.Context, username string) error {
	if username != r.name {
		return auth.ErrUnknownUser
	}
	r.ended = username
	return nil
}

func TestFirstOf_ReportsAndEndsWhatItsDirectoriesDo(t *testing.T) {
	ada, bob := &reporting{fixedAnswer: fixedAnswer{name: "ada"}}, &reporting{fixedAnswer: fixedAnswer{name: "bob"}}
	all := auth.FirstOf{hangs{}, ada, bob}
	var changed []string
	cancel := all.WatchUsers(func(name string) { changed = append(changed, name) })
	ada.UserChanged("ada")
	bob.UserChanged("bob")
	require.Equal(t, []string{"ada", "bob"}, changed)
	cancel()
	bob.UserChanged("bob")
	require.Len(t, changed, 2)

	require.NoError(t, all.EndTokens(t.Context(), "bob"))
	require.Equal(t, []string{"", "bob"}, []string{ada.ended, bob.ended})
	require.ErrorIs(t, all.EndTokens(t.Context(), "eve"), auth.ErrUnknownUser)
}
