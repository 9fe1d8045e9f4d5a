package auth_test

import (
	"testing"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/auth"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestConformance_OfWhatIsKeptInMemory(t *testing.T) {
	lovetest.RunUserStore(t, func(*testing.T) auth.UserStore { return auth.NewMemoryUserStore() })
	lovetest.RunLedger(t, func(_ *testing.T, c love.Clock) auth.Ledger { return auth.NewMemoryLedger(c) })
}
