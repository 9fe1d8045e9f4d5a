package hub_test

import (
	"testing"

	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestTheMemoryBrokerConforms(t *testing.T) {
	lovetest.TestBroker(t, func(*testing.T) func() hub.Broker {
		b := hub.NewMemoryBroker()
		return func() hub.Broker { return b }
	})
}
