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

// AuthenticatorUnderTest is what [RunAuthenticator] tests: an authenticator, and
// what the suite needs to know about the identity system behind it.
type AuthenticatorUnderTest struct {
	auth.Authenticator
	// Username and Password are those of a user who may log in.
	Username, Password string
	// Disable locks that user out. Nil: users cannot be disabled.
	Disable func(t *testing.T)
	// Break makes the identity system fail from now on, as if its server or
	// database were away. Nil: it cannot fail.
	Break func(t *testing.T)
}

// RunAuthenticator is the conformance suite of [auth.Authenticator]. open returns
// a new one, with one user at least; it is called anew for every test and closes
// what it opened with t.Cleanup.
//
//	func TestMyAuthenticator(t *testing.T) {
//		lovetest.RunAuthenticator(t, func(t *testing.T) lovetest.AuthenticatorUnderTest {
//			a := newMyAuthenticator()
//			return lovetest.AuthenticatorUnderTest{Authenticator: a, Username: "ada", Password: "secret"}
//		})
//	}
func RunAuthenticator(t *testing.T, open func(t *testing.T) AuthenticatorUnderTest) {
	for name, test := range map[string]func(*testing.T, AuthenticatorUnderTest){
		"the right password gives the user":                   logInRight,
		"a wrong password is refused":                         logInWrongPassword,
		"an unknown user is refused":                          logInUnknownUser,
		"a disabled user is refused":                          logInDisabled,
		"a failure of the identity system is not a refusal":   logInBroken,
		"the end of the context is not a refusal":             logInCancelled,
		"log-ins at the same time do not disturb one another": logInConcurrently,
		"refusals do not keep the user out":                   logInAfterRefusals,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// refused requires that a log-in was wrong, and not that it could not be checked.
func (a AuthenticatorUnderTest) refused(t *testing.T, username, password, why string) {
	t.Helper()
	_, err := a.Authenticate(t.Context(), username, password)
	require.Error(t, err, "%s was accepted", why)
	require.ErrorIs(t, err, auth.ErrCredentials, "the error for %s must wrap auth.ErrCredentials", why)
	require.NotErrorIs(t, err, auth.ErrUnavailable, "the error for %s must not wrap auth.ErrUnavailable", why)
}

// accepted requires that the user may log in.
func (a AuthenticatorUnderTest) accepted(t *testing.T) auth.User {
	t.Helper()
	u, err := a.Authenticate(t.Context(), a.Username, a.Password)
	require.NoError(t, err)
	require.Equal(t, a.Username, u.Username)
	return u
}

func logInRight(t *testing.T, a AuthenticatorUnderTest) {
	u := a.accepted(t)
	require.NoError(t, u.Check())
	require.Equal(t, u, a.accepted(t), "the same user each time")
}

func logInWrongPassword(t *testing.T, a AuthenticatorUnderTest) {
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

func logInUnknownUser(t *testing.T, a AuthenticatorUnderTest) {
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

func logInDisabled(t *testing.T, a AuthenticatorUnderTest) {
	if a.Disable == nil {
		t.Skip("users of this authenticator cannot be disabled")
	}
	a.accepted(t)
	a.Disable(t)
	a.refused(t, a.Username, a.Password, "a disabled user")
	a.refused(t, a.Username, "not "+a.Password, "a disabled user with a wrong password")
}

func logInBroken(t *testing.T, a AuthenticatorUnderTest) {
	if a.Break == nil {
		t.Skip("this authenticator cannot fail")
	}
	a.accepted(t)
	a.Break(t)
	for _, password := range []string{a.Password, "not " + a.Password} {
		_, err := a.Authenticate(t.Context(), a.Username, password)
		require.Error(t, err, "a log-in was accepted that cannot be checked")
		require.NotErrorIs(t, err, auth.ErrCredentials, "nobody knows whether the password is wrong")
	}
}

// An authenticator may check a log-in although the context has ended.
func logInCancelled(t *testing.T, a AuthenticatorUnderTest) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		u, err := a.Authenticate(ctx, a.Username, a.Password)
		require.NotErrorIs(t, err, auth.ErrCredentials, "nobody knows whether the password is wrong")
		if err == nil {
			require.Equal(t, a.Username, u.Username)
		}
	}
}

func logInConcurrently(t *testing.T, a AuthenticatorUnderTest) {
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			if u, err := a.Authenticate(t.Context(), a.Username, a.Password); err != nil || u.Username != a.Username {
				t.Errorf("the right password gave the user %q and the error %v", u.Username, err)
			}
		})
		running.Go(func() {
			if _, err := a.Authenticate(t.Context(), a.Username, "not "+a.Password); !errors.Is(err, auth.ErrCredentials) {
				t.Errorf("a wrong password gave the error %v", err)
			}
		})
	}
	running.Wait()
}

func logInAfterRefusals(t *testing.T, a AuthenticatorUnderTest) {
	for range 3 {
		a.refused(t, a.Username, "not "+a.Password, "another password")
	}
	a.accepted(t)
}

// swapCase returns an ASCII text with small letters in place of capitals and the
// reverse.
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
