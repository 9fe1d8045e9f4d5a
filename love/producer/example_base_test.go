package producer_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
)

// Rack is a producer of a team's own: a Base that polls power supplies, and
// publishes an event when somebody opens the door.
type Rack struct{ *producer.Base }

// NewRack returns the producer of the rack.
func NewRack(opts ...producer.BaseOption) *Rack {
	r := &Rack{producer.NewBase("PowerRack", opts...)}
	r.RegisterPeriodic(love.CategoryTelemetry, r.power)
	return r
}

// power returns the telemetry.
func (r *Rack) power(context.Context) (any, error) {
	return stream("power", map[string]any{"volts": producer.Decorate(12.1, "V")}), nil
}

// SetDoor publishes an event, whose value is a list.
func (r *Rack) SetDoor(ctx context.Context, open bool) error {
	return r.Publish(ctx, stream("door", []any{map[string]any{"open": producer.Decorate(open, "")}}))
}

func stream(name string, value any) any {
	return map[string]any{"csc": "PowerRack", "salindex": 1, "data": map[string]any{name: value}}
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
	rack := NewRack(producer.WithClock(clock), producer.WithPeriod(time.Second))

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
	// {"category":"telemetry","data":[{"csc":"PowerRack","data":{"power":{"volts":{"value":12.1,"dataType":"Float","units":"V"}}},"salindex":1}],"producer_snd":1700000001.0}
	// {"category":"event","data":[{"csc":"PowerRack","data":{"door":[{"open":{"value":true,"dataType":"Int","units":"unitless"}}]},"salindex":1}],"producer_snd":1700000001.0}
	// <nil>
	// [door]
}
