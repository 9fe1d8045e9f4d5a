package lovetest_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/hub"
	"github.com/rubin-love/love-go/love/lovetest"
)

// publishPower is the code under test: it publishes what a rack uses to a hub.
func publishPower(t *testing.T, h *hub.Hub, watts ...float64) {
	for _, w := range watts {
		value := fmt.Sprintf(`{"watts":{"value":%g,"units":"W"}}`, w)
		err := h.Publish(t.Context(), love.Message{Category: love.CategoryTelemetry, Data: []love.Item{{
			CSC: "Rack", SalIndex: love.Index(1), Streams: []love.Stream{{Name: "power", Value: love.RawValue(value)}},
		}}})
		if err != nil {
			t.Error(err)
		}
	}
}

func testPublishPower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hub.New()
		viewer := lovetest.Subscribe(t, h, "telemetry-Rack-1-power", "event-Rack-1-doors")
		publishPower(t, h, 40, 60, 50)
		synctest.Wait() // until everything has arrived

		lovetest.Wait(viewer, "telemetry-Rack-1-power", func(p power) bool { return p.Watts > 55 })
		if first := viewer.Next("telemetry-Rack-1-power"); string(first.Value) != `{"watts":{"value":40,"units":"W"}}` {
			t.Errorf("the first value, which is still there, is %s", first.Value)
		}
		viewer.None("event-all-all-all")
		if rest := viewer.Rest(); len(rest) != 1 {
			t.Errorf("what else came: %v", rest)
		}
		if err := h.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// What a hub, or a client of any manager, delivers. In a test file of your own,
// testPublishPower is a function TestPublishPower.
func ExampleSubscribe() {
	run("TestPublishPower", testPublishPower)
	// Output: TestPublishPower passed: true
}
