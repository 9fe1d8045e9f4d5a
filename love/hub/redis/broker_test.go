package redis_test

import (
	"testing"

	"github.com/rubin-love/love-go/internal/redistest"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

func TestRedisBroker(t *testing.T) {
	a := redistest.Address(t)
	lovetest.RunBroker(t, lovetest.BrokerFeatures{LastValues: true, Interest: true, Peers: true}, func(t *testing.T) func() hub.Broker {
		o := options(t)
		return func() hub.Broker { return connect(t, a, o) }
	})
}
