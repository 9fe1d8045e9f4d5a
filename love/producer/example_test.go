package producer_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/producer"
)

// printer stands for the manager.
type printer struct{}

func (printer) Send(_ context.Context, d producer.Data) error {
	fmt.Println(string(d.JSON))
	return nil
}

// A producer of something that is no SAL component: what it was given last is
// what a manager that has just been connected to gets.
func ExampleBase() {
	clock := lovetest.NewClock(time.Unix(1700000000, 0))
	rack := producer.NewBase("Rack", producer.WithClock(clock))
	_ = rack.Publish(context.Background(), map[string]any{
		"csc": "Rack", "salindex": 1, "data": map[string]any{"power": map[string]any{"watts": 42}},
	})
	_ = rack.InitialData(context.Background(), printer{})
	// Output: {"category":"event","data":[{"csc":"Rack","data":{"power":{"watts":42}},"salindex":1}],"producer_snd":1700000000.0}
}
