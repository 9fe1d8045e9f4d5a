package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/auth/password"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 14, 1, 59, 26, 0, time.UTC)

// cheap keeps the tests quick: they are not about what a hash costs.
func cheap() *password.Hasher { return password.New(password.WithCost(8, 1)) }

// users returns the default users, with their passwords "secret of NAME".
func users(t *testing.T) *auth.Users {
	t.Helper()
	u := auth.NewUsers(auth.NewMemoryUserStore(), cheap())
	for _, d := range auth.DefaultUsers() {
		require.NoError(t, u.Add(t.Context(), d, "secret of "+d.Username))
	}
	return u
}

var errAway = errors.New("the database is unavailable")

// brokenDirectory fails like one whose database is unavailable.
type brokenDirectory struct{}

func (brokenDirectory) Lookup(context.Context, string) (auth.User, error) {
	return auth.User{}, errAway
}
