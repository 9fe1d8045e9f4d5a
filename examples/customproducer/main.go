// Command customproducer publishes racks of power supplies to a LOVE-manager: a team's
// own producer, of something that is not on SAL.
//
//	PROCESS_CONNECTION_PASS=… go run ./examples/customproducer http://manager:8000 PowerRack:1 PowerRack:2
//	loved sub --pretty telemetry-PowerRack-1-power event-PowerRack-1-breaker
//
// What such a producer consists of is in rack.go. This program registers it by
// name with a Factory, which makes as many as are wanted.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/producer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: customproducer MANAGER-URL PowerRack:INDEX…")
		os.Exit(2)
	}
	if err := run(ctx, os.Args[1], os.Getenv("PROCESS_CONNECTION_PASS"), os.Args[2:], simulated, 2*time.Second); err != nil {
		fmt.Fprintln(os.Stderr, "customproducer:", err)
		os.Exit(1)
	}
}

// run publishes the named racks until ctx ends, whether the manager is there or not.
func run(ctx context.Context, manager, password string, names []string, read readFunc, period time.Duration) error {
	log := slog.Default()
	connection, err := client.New(manager, client.WithProcessPassword(password), client.WithLogger(log))
	if err != nil {
		return err
	}
	factory := producer.NewFactory(nil, producer.WithLogger(log), producer.WithPeriod(period)) // nil: nothing here is on SAL
	factory.Register("rack", func(_ context.Context, s producer.Spec) (producer.Producer, error) {
		if s.Index == 0 { // also if the name has none
			return nil, errors.New("racks are numbered from 1: PowerRack:1")
		}
		return newRack(s.Index, read, s.BaseOptions()...), nil
	}, "PowerRack")
	racks, err := producer.NewSet(factory, producer.NewClient(connection, producer.WithLogger(log)), names)
	if err != nil {
		return err
	}
	return racks.Run(ctx)
}

// simulated takes the place of the racks' network.
func simulated(_ context.Context, index int) (reading, error) {
	return reading{Volts: []float64{12.1, 4.9}, Watts: 40 * float64(index), Closed: time.Now().Second() < 50}, nil
}
