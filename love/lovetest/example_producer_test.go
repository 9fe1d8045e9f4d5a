package lovetest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
)

// temperature is the telemetry of a thermometer, alarm its event.
type (
	temperature struct {
		Inside float64 `love:"inside,deg_C"`
	}
	alarm struct {
		Hot bool `love:"hot"`
	}
)

// newThermometer returns the producer under test, which publishes a temperature every
// minute, and an alarm when it becomes hot.
func newThermometer(read func() (float64, error)) *producer.Base {
	b := producer.NewInstance("Thermometer", 1, producer.WithPeriod(time.Minute))
	hot := false
	b.RegisterTelemetry("temperature", func(ctx context.Context) (any, error) {
		inside, err := read()
		if err != nil {
			return nil, err
		}
		if hot != (inside > 30) {
			hot = inside > 30
			if err := b.Event(ctx, "alarm", alarm{hot}); err != nil {
				return nil, err
			}
		}
		return temperature{inside}, nil
	})
	return b
}

func testThermometer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time passes by itself
		readings := []float64{20, 35}
		manager := lovetest.NewSender(t, newThermometer(func() (float64, error) {
			if len(readings) == 0 {
				return 0, errors.New("the sensor is broken")
			}
			now := readings[0]
			readings = readings[1:]
			return now, nil
		}))
		time.Sleep(3 * time.Minute)

		first := manager.Next("telemetry-Thermometer-1-temperature")
		if want := `{"inside":{"value":20.0,"dataType":"Float","units":"deg_C"}}`; string(first.Value) != want {
			t.Errorf("published %s, want %s", first.Value, want)
		}
		lovetest.Wait(manager, "event-Thermometer-1-alarm", func(a alarm) bool { return a.Hot })
		lovetest.Wait(manager, "telemetry-Thermometer-1-temperature", func(now temperature) bool { return now.Inside == 35 })
		manager.None("all-all-all-all") // after the sensor broke

		manager.Request("event-Thermometer-1-alarm") // somebody opens a page
		manager.Next("event-Thermometer-1-alarm")
	})
}

// A team's own producer, tested without a manager and without waiting. In a test file
// of your own, testThermometer is a function TestThermometer.
func Example_producer() {
	run("TestThermometer", testThermometer)
	// Output: TestThermometer passed: true
}

func testThermometerReconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manager := lovetest.NewManager(t, lovetest.InProcess())
		manager.Timeout = time.Hour
		manager.Run(newThermometer(func() (float64, error) { return 20, nil }))
		manager.Next("telemetry-Thermometer-1-temperature")
		manager.Kill()
		manager.Rest() // what came before the end
		time.Sleep(time.Hour)
		manager.Start()
		manager.Next("telemetry-Thermometer-1-temperature")
	})
}

// The same producer with a whole manager, which dies and comes back an hour later.
func ExampleManager_Kill() {
	run("TestThermometerReconnects", testThermometerReconnects)
	// Output: TestThermometerReconnects passed: true
}
