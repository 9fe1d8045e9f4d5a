package lovetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
)

// newThermometer returns the producer under test, which publishes a temperature.
func newThermometer(read func() float64, opts ...producer.BaseOption) *producer.Base {
	type temperature struct {
		Inside float64 `love:"inside,deg_C"`
	}
	b := producer.NewInstance("Thermometer", 1, opts...)
	b.RegisterTelemetry("temperature", func(context.Context) (any, error) { return temperature{read()}, nil })
	return b
}

func testThermometer(t *testing.T) {
	m := lovetest.NewManager(t)
	connection, err := client.New(m.URL, client.WithProcessPassword(m.Password))
	if err != nil {
		t.Fatal(err)
	}
	c := producer.NewClient(connection)
	c.Add(newThermometer(func() float64 { return 7.5 }, producer.WithPeriod(10*time.Millisecond)))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- c.Run(ctx) }()

	got := string(m.Next("telemetry-Thermometer-1-temperature").Data[0].Streams[0].Value)
	if want := `{"inside":{"value":7.5,"dataType":"Float","units":"deg_C"}}`; got != want {
		t.Errorf("published %s, want %s", got, want)
	}

	m.Kill() // the producer connects again when the manager is back
	received := len(m.Messages())
	m.Start()
	for len(m.Messages()) == received {
		m.Next("telemetry-Thermometer-1-temperature")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A team's own producer, tested against a manager on this machine. In a test file
// of your own, testThermometer is a function TestThermometer.
func Example_producer() {
	run("TestThermometer", testThermometer)
	// Output: TestThermometer passed: true
}
