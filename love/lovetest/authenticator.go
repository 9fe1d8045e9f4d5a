package lovetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/auth"
)

// AuthenticatorSetup is an authenticator for [RunAuthenticator], with what the
// suite needs to know about the identity system behind it.
type AuthenticatorSetup struct {
	Authenticator auth.Authenticator
	// Username and Password are those of a user who may log in.
	Username, Password string
	// Disable locks that user out, or removes the user. Nil: users cannot be disabled.
	Disable func(t *testing.T)
	// Break makes the identity system fail from now on, as if its server or
	// database were down. Nil: it cannot fail.
	Break func(t *testing.T)
}

// RunAuthenticator is the conformance suite of [auth.Authenticator]; of
// [auth.Directory] and [auth.UserWatcher], too, if the authenticator implements them:
// a manager with it must refuse the tokens of a user who is disabled, and close the
// user's websockets. setup returns a new authenticator with at least one user for each
// test, and closes it with t.Cleanup.
//
//	func TestMyAuthenticator(t *testing.T) {
//		lovetest.RunAuthenticator(t, func(t *testing.T) lovetest.AuthenticatorSetup {
//			a := newMyAuthenticator()
//			return lovetest.AuthenticatorSetup{Authenticator: a, Username: "ada", Password: "secret"}
//		})
//	}
func RunAuthenticator(t *testing.T, setup func(t *testing.T) AuthenticatorSetup) {
	for name, test := range map[string]func(*testing.T, AuthenticatorSetup){
		"the right password gives the user":                  logInRight,
		"a wrong password is refused":                        logInWrongPassword,
		"an unknown user is refused":                         logInUnknownUser,
		"a disabled user is refused":                         logInDisabled,
		"a failure of the identity system is not a refusal":  logInBroken,
		"the end of the context is not a refusal":            logInCancelled,
		"log-ins at the same time do not affect each other":  logInConcurrently,
		"refusals do not lock the user out":                  logInAfterRefusals,
		"the directory knows the user":                       directoryKnowsUser,
		"a user who is disabled loses tokens and websockets": directoryWithdraws,
		"a watcher is notified of a user who is disabled":    directoryNotifies,
	} {
		t.Run(name, func(t *testing.T) { test(t, setup(t)) })
	}
}

// refused requires that a log-in is refused, rather than that it cannot be checked.
func (a AuthenticatorSetup) refused(t *testing.T, username, password, why string) {
	t.Helper()
	_, err := a.Authenticator.Authenticate(t.Context(), username, password)
	require.Error(t, err, "%s was accepted", why)
	require.ErrorIs(t, err, auth.ErrCredentials, "the error for %s must wrap auth.ErrCredentials", why)
	require.NotErrorIs(t, err, auth.ErrUnavailable, "the error for %s must not wrap auth.ErrUnavailable", why)
}

// accepted requires that the user may log in.
func (a AuthenticatorSetup) accepted(t *testing.T) auth.User {
	t.Helper()
	u, err := a.Authenticator.Authenticate(t.Context(), a.Username, a.Password)
	require.NoError(t, err)
	require.Equal(t, a.Username, u.Username)
	return u
}

func logInRight(t *testing.T, a AuthenticatorSetup) {
	u := a.accepted(t)
	require.NoError(t, u.Check())
	require.Equal(t, u, a.accepted(t), "the same user each time")
}

func logInWrongPassword(t *testing.T, a AuthenticatorSetup) {
	for why, password := range map[string]string{
		"another password":              "not " + a.Password,
		"no password":                   "",
		"a space":                       " ",
		"the beginning of the password": a.Password[:len(a.Password)-1],
		"a password with a tail":        a.Password + "x",
		"a password with a space":       a.Password + " ",
		"a password with a NUL":         a.Password + "\x00",
		"a password in other case":      swapCase(a.Password),
		"the user name":                 a.Username,
		"a wildcard":                    "*",
		"a part of a query":             "' OR '1'='1",
		"a long password":               strings.Repeat("x", 10_000),
		"invalid UTF-8":                 "\xff\xfe",
	} {
		if password != a.Password {
			a.refused(t, a.Username, password, why)
		}
	}
}

func logInUnknownUser(t *testing.T, a AuthenticatorSetup) {
	for why, name := range map[string]string{
		"an unknown user":         a.Username + "-unknown",
		"no user":                 "",
		"a space":                 " ",
		"a wildcard":              "*",
		"a part of an LDAP query": a.Username + ")(objectClass=*",
		"a part of an SQL query":  "' OR '1'='1",
		"a name with a NUL":       a.Username + "\x00",
		"a long name":             strings.Repeat("x", 10_000),
		"invalid UTF-8":           "\xff\xfe",
	} {
		a.refused(t, name, a.Password, why)
		a.refused(t, name, "", why+" without a password")
	}
}

func logInDisabled(t *testing.T, a AuthenticatorSetup) {
	if a.Disable == nil {
		t.Skip("users of this authenticator cannot be disabled")
	}
	a.accepted(t)
	a.Disable(t)
	a.refused(t, a.Username, a.Password, "a disabled user")
	a.refused(t, a.Username, "not "+a.Password, "a disabled user with a wrong password")
}

func logInBroken(t *testing.T, a AuthenticatorSetup) {
	if a.Break == nil {
		t.Skip("this authenticator cannot fail")
	}
	a.accepted(t)
	a.Break(t)
	for _, password := range []string{a.Password, "not " + a.Password} {
		_, err := a.Authenticator.Authenticate(t.Context(), a.Username, password)
		require.Error(t, err, "a log-in that cannot be checked was accepted")
		require.NotErrorIs(t, err, auth.ErrCredentials, "the password may be right")
	}
}

// logInCancelled accepts an authenticator that checks the log-in all the same.
func logInCancelled(t *testing.T, a AuthenticatorSetup) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		u, err := a.Authenticator.Authenticate(ctx, a.Username, a.Password)
		require.NotErrorIs(t, err, auth.ErrCredentials, "the password may be right")
		if err == nil {
			require.Equal(t, a.Username, u.Username)
		}
	}
}

func logInConcurrently(t *testing.T, a AuthenticatorSetup) {
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			if u, err := a.Authenticator.Authenticate(t.Context(), a.Username, a.Password); err != nil || u.Username != a.Username {
				t.Errorf("the right password gave the user %q and the error %v", u.Username, err)
			}
		})
		running.Go(func() {
			if _, err := a.Authenticator.Authenticate(t.Context(), a.Username, "not "+a.Password); !errors.Is(err, auth.ErrCredentials) {
				t.Errorf("a wrong password gave the error %v", err)
			}
		})
	}
	running.Wait()
}

func logInAfterRefusals(t *testing.T, a AuthenticatorSetup) {
	for range 3 {
		a.refused(t, a.Username, "not "+a.Password, "another password")
	}
	a.accepted(t)
}

// swapCase returns an ASCII text with lower-case letters in upper case and vice
// versa.
func swapCase(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return r
	}, text)
}
