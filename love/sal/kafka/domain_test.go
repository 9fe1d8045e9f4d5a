package kafka_test

import (
	"testing"

	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/sal"
)

func TestDomainOverKafka(t *testing.T) {
	lovetest.TestDomain(t, lovetest.DomainFeatures{}, func(t *testing.T, defs *sal.Definitions) func() sal.Bus {
		w := newWorld(t)
		return func() sal.Bus { return w.bus(t, defs) }
	})
}
