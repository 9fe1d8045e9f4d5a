package frontend_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/frontend"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	lovetest.RunFrontendStore(t, func(_ *testing.T, c love.Clock) lovetest.Stored[frontend.Store] {
		return lovetest.Stored[frontend.Store]{Store: frontend.NewMemory(c)}
	})
}
