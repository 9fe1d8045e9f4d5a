package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/auth/password"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

func TestConformance(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			open := func(t *testing.T, opts ...store.Option) *store.Store { return openStore(t, d.fresh(t), opts...) }
			t.Run("users", func(t *testing.T) {
				lovetest.RunUserStore(t, func(t *testing.T) lovetest.Stored[auth.UserStore] { return stored(t, d, (*store.Store).Users) })
			})
			t.Run("token store", func(t *testing.T) {
				lovetest.RunTokenStore(t, func(t *testing.T, c love.Clock) lovetest.Stored[jwt.TokenStore] {
					return stored(t, d, (*store.Store).TokenStore, store.WithClock(c))
				})
			})
			t.Run("keyring", func(t *testing.T) {
				lovetest.RunKeyring(t, func(t *testing.T, c love.Clock) lovetest.Stored[jwt.Keyring] {
					return stored(t, d, (*store.Store).Keyring, store.WithClock(c))
				})
			})
			t.Run("tokens", func(t *testing.T) {
				lovetest.RunTokens(t, func(t *testing.T, users auth.Directory, c love.Clock) auth.Tokens {
					s := open(t, store.WithClock(c))
					return jwt.New(nil, users, jwt.WithKeyring(s.Keyring()), jwt.WithTokenStore(s.TokenStore()), jwt.WithClock(c), jwt.WithLifetime(time.Hour))
				})
			})
			t.Run("log-in", func(t *testing.T) {
				lovetest.RunAuthenticator(t, func(t *testing.T) lovetest.AuthenticatorSetup {
					users := auth.NewUsers(open(t).Users(), password.New(password.WithCost(8, 1)))
					require.NoError(t, users.Add(t.Context(), auth.User{Username: "ada"}, "correct horse"))
					return lovetest.AuthenticatorSetup{
						Authenticator: users, Username: "ada", Password: "correct horse",
						Disable: func(t *testing.T) { require.NoError(t, users.SetActive(t.Context(), "ada", false)) },
					}
				})
			})
			t.Run("frontend", func(t *testing.T) {
				lovetest.RunFrontendStore(t, func(t *testing.T, c love.Clock) lovetest.Stored[frontend.Store] {
					return stored(t, d, (*store.Store).Frontend, store.WithClock(c))
				})
			})
			t.Run("audit log", func(t *testing.T) {
				lovetest.RunAuditLog(t, func(t *testing.T) lovetest.Stored[audit.Log] { return stored(t, d, (*store.Store).AuditLog) })
			})
		})
	}
}
