package lovetest_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/lovetest"
)

// runForgettingUsers runs the suite on a store that deletes accounts in memory only.
func runForgettingUsers(t *testing.T) {
	lovetest.RunUserStore(t, func(*testing.T) lovetest.Stored[auth.UserStore] {
		s := &forgettingUsers{UserStore: auth.NewMemoryUserStore()}
		return lovetest.Stored[auth.UserStore]{Store: s, Reopen: func(t *testing.T) auth.UserStore {
			for _, a := range s.deleted {
				_ = s.CreateAccount(t.Context(), a)
			}
			return s.UserStore
		}}
	})
}

type forgettingUsers struct {
	auth.UserStore
	deleted []auth.Account
}

func (s *forgettingUsers) DeleteAccount(ctx context.Context, username string) error {
	if a, err := s.Account(ctx, username); err == nil {
		s.deleted = append(s.deleted, a)
	}
	return s.UserStore.DeleteAccount(ctx, username)
}

// runForgettingTokens runs the suite on a store that revokes tokens in memory only.
func runForgettingTokens(t *testing.T) {
	lovetest.RunTokenStore(t, func(_ *testing.T, clock love.Clock) lovetest.Stored[jwt.TokenStore] {
		s := jwt.NewMemoryTokenStore(clock)
		return lovetest.Stored[jwt.TokenStore]{Store: s, Reopen: func(t *testing.T) jwt.TokenStore {
			all, err := s.List(t.Context(), "")
			require.NoError(t, err)
			again := jwt.NewMemoryTokenStore(clock)
			for _, info := range all {
				info.Revoked = false
				require.NoError(t, again.Add(t.Context(), info))
			}
			return again
		}}
	})
}

// office is a directory of its own with one user, ada, and with faults.
type office struct {
	auth.UserWatchers
	remembers bool // Lookup returns a disabled user
	fails     bool // Lookup has another error for one
	silent    bool // no watcher is called

	mu       sync.Mutex
	disabled bool
}

func (o *office) Authenticate(_ context.Context, name, password string) (auth.User, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if name != "ada" || password != "Correct horse" || o.disabled {
		return auth.User{}, auth.ErrCredentials
	}
	return auth.User{Username: "ada"}, nil
}

func (o *office) Lookup(_ context.Context, name string) (auth.User, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case name != "ada", o.disabled && !o.remembers && !o.fails:
		return auth.User{}, auth.ErrUnknownUser
	case o.disabled && o.fails:
		return auth.User{}, errors.New("no badge")
	}
	return auth.User{Username: "ada"}, nil
}

func (o *office) disable(*testing.T) {
	o.mu.Lock()
	o.disabled = true
	o.mu.Unlock()
	if !o.silent {
		o.UserChanged("ada")
	}
}

// runOffice runs the suite on an office like that one.
func runOffice(like *office) func(t *testing.T) {
	return func(t *testing.T) {
		lovetest.RunAuthenticator(t, func(*testing.T) lovetest.AuthenticatorSetup {
			o := &office{remembers: like.remembers, fails: like.fails, silent: like.silent}
			return lovetest.AuthenticatorSetup{Authenticator: o, Username: "ada", Password: "Correct horse", Disable: o.disable}
		})
	}
}

func TestADirectoryThatReportsNothingIsAskedAgain(t *testing.T) {
	lovetest.RunAuthenticator(t, func(*testing.T) lovetest.AuthenticatorSetup {
		o := new(office)
		return lovetest.AuthenticatorSetup{
			Authenticator: struct {
				auth.Authenticator
				auth.Directory
			}{o, o},
			Username: "ada", Password: "Correct horse", Disable: o.disable,
		}
	})
}
