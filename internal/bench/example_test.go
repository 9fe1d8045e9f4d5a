package bench_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/internal/bench"
)

// A second of telemetry to ten subscribers of a manager on this machine.
func ExampleLoad() {
	report, err := bench.Load{
		URL:         "ws://127.0.0.1:8000/manager/ws/subscription?password=the-process-password",
		Publishers:  1,
		Subscribers: 10,
		Streams:     10,
		Rate:        50,
		Payload:     200,
		Category:    "telemetry",
		Duration:    time.Second,
		Settle:      time.Second,
	}.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(&report)
}
