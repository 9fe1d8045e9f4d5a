package kafka_test

import (
	"testing"

	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/sal"
)

func TestDomainOverKafka(t *testing.T) {
	lovetest.RunDomain(t, lovetest.DomainFeatures{}, func(t *testing.T, defs *sal.Definitions) func() sal.Bus {
		k := newFakeKafka(t)
		return func() sal.Bus { return k.bus(t, defs) }
	})
}
