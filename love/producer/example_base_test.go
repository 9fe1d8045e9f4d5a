package producer_test

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
)

// Rack is a producer of a team's own: a Base that polls power supplies, and
// publishes an event when somebody opens the door.
type Rack struct{ *producer.Base }

// Power is the telemetry of a rack. The tags are the names and units of its fields.
type Power struct {
	Volts float64 `love:"volts,V"`
}

// Door is the event of a rack.
type Door struct {
	Open bool `love:"open"`
}

// NewRack returns the producer of a rack.
func NewRack(index int, opts ...producer.BaseOption) *Rack {
	r := &Rack{producer.NewInstance("PowerRack", index, opts...)}
	r.RegisterTelemetry("power", func(context.Context) (any, error) { return Power{Volts: 12.1}, nil })
	return r
}

// SetDoor publishes an event.
func (r *Rack) SetDoor(ctx context.Context, open bool) error {
	return r.Event(ctx, "door", Door{open})
}

// sender stands for the manager.
type sender chan producer.Data

func (s sender) Send(_ context.Context, d producer.Data) error {
	d.JSON = append([]byte(nil), d.JSON...) // the producer reuses it
	s <- d
	return nil
}

// A producer of data that does not come from SAL.
func ExampleBase() {
	clock := lovetest.NewClock(time.Unix(1700000000, 0))
	rack := NewRack(1, producer.WithClock(clock), producer.WithPeriod(time.Second))

	ctx, cancel := context.WithCancel(context.Background())
	sent := make(sender, 10)
	ended := make(chan error)
	go func() { ended <- rack.Run(ctx, sent) }()
	clock.WaitForTimers(1)
	clock.Advance(time.Second)
	fmt.Printf("%s\n", (<-sent).JSON)
	_ = rack.SetDoor(ctx, true)
	fmt.Printf("%s\n", (<-sent).JSON)
	cancel()
	fmt.Println(<-ended)

	// A manager that has just been connected to gets the newest of each event.
	_ = rack.InitialData(context.Background(), sent)
	fmt.Println((<-sent).Streams)
	// Output:
	// {"category":"telemetry","data":[{"csc":"PowerRack","salindex":1,"data":{"power":{"volts":{"value":12.1,"dataType":"Float","units":"V"}}}}],"producer_snd":1700000001.0}
	// {"category":"event","data":[{"csc":"PowerRack","salindex":1,"data":{"door":[{"open":{"value":true,"dataType":"Int","units":"unitless"}}]}}],"producer_snd":1700000001.0}
	// <nil>
	// [door]
}

// Fields that are known only when the program runs are a map of decorated values. A
// sensor that is broken gives NaN.
func ExampleBase_Telemetry() {
	weather := producer.NewBase("Weather")
	err := weather.Telemetry(context.Background(), "temperature", map[string]producer.Decorated{
		"inside":  producer.Decorate(21.5, "deg_C"),
		"outside": producer.Decorate(math.NaN(), "deg_C"),
	})
	fmt.Println(err)

	err = weather.Telemetry(context.Background(), "temperature", struct{ Since time.Time }{})
	fmt.Println(err)
	// Output:
	// <nil>
	// telemetry temperature of Weather: struct { Since time.Time }: field Since: time.Time is not a number: give a float64, such as love.TAI(t) or love.UnixSeconds(t)
}

// A value that fields cannot express, here a table, is published as it is.
func ExampleBase_Publish() {
	plan := producer.NewBase("Plan")
	err := plan.Publish(context.Background(), map[string]any{
		"csc": "Plan", "salindex": 0, "data": map[string]any{
			"visits": []map[string]any{{"target": "M 31", "duration": 30}},
		},
	})
	fmt.Println(err)

	err = plan.Publish(context.Background(), map[string]any{"target": "M 31"})
	fmt.Println(err)
	// Output:
	// <nil>
	// publish: no manager can distribute an object without a text "csc", a number or text "salindex", an object of streams "data": use Telemetry, Event or RegisterTelemetry, which fill them in
}
