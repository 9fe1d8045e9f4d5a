package jwt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)

// users returns the default users, who have no passwords.
func users(t testing.TB) *auth.Users {
	t.Helper()
	store := auth.NewMemoryUserStore()
	for _, u := range auth.DefaultUsers() {
		require.NoError(t, store.CreateAccount(t.Context(), auth.Account{User: u}))
	}
	return auth.NewUsers(store, password.New(password.WithCost(8, 1)))
}
