package auth_test

import (
	"testing"

	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMemoryUserStore_PassesTheConformanceSuite(t *testing.T) {
	lovetest.RunUserStore(t, func(*testing.T) lovetest.Stored[auth.UserStore] {
		return lovetest.Stored[auth.UserStore]{Store: auth.NewMemoryUserStore()}
	})
}
