package store_test

import (
	"testing"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/audit"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/jwt"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/store"
)

func TestConformance(t *testing.T) {
	for _, d := range databases {
		t.Run(d.name, func(t *testing.T) {
			open := func(t *testing.T, opts ...store.Option) *store.Store { return openStore(t, d.fresh(t), opts...) }
			t.Run("users", func(t *testing.T) {
				lovetest.RunUserStore(t, func(t *testing.T) auth.UserStore { return open(t).Users() })
			})
			t.Run("token store", func(t *testing.T) {
				lovetest.RunTokenStore(t, func(t *testing.T, c love.Clock) jwt.TokenStore { return open(t, store.WithClock(c)).TokenStore() })
			})
			t.Run("keyring", func(t *testing.T) {
				lovetest.RunKeyring(t, func(t *testing.T, c love.Clock) jwt.Keyring { return open(t, store.WithClock(c)).Keyring() })
			})
			t.Run("audit log", func(t *testing.T) {
				lovetest.RunAuditLog(t, func(t *testing.T) audit.Log { return open(t).AuditLog() })
			})
		})
	}
}
