package lovetest_test

import (
	"testing"
	"time"

	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestSimulatedBusConforms(t *testing.T) {
	for name, f := range map[string]lovetest.DomainFeatures{
		"in a bubble":  {Bubble: true, Unit: time.Second},
		"in real time": {Unit: 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			lovetest.RunDomain(t, f, func(*testing.T, *sal.Definitions) func() sal.Bus {
				bus := sim.NewBus()
				return func() sal.Bus { return bus }
			})
		})
	}
}
