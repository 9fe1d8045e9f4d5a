package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "weatherstation:", err)
		os.Exit(1)
	}
}

// run runs the station and prints what it writes, until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 1 {
		return errors.New("give one file of readings")
	}
	file, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer file.Close()
	readings, err := parse(file)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}

	domain := sal.NewDomain(sim.NewBus(), sim.Definitions())
	station, err := newStation(ctx, domain, 1, readings)
	if err != nil {
		return errors.Join(err, domain.Close())
	}
	if err := listen(ctx, domain, out); err != nil {
		return errors.Join(err, domain.Close())
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := station.Run(ctx); err != nil {
			fmt.Fprintln(out, err)
		}
	})
	err = station.measure(ctx, time.Second)
	running.Wait()
	return errors.Join(err, domain.Close())
}

// listen prints the temperatures that the station writes.
func listen(ctx context.Context, domain *sal.Domain, out io.Writer) error {
	remote, err := domain.Remote(ctx, "ESS", 1, sal.ReadOnly())
	if err != nil {
		return err
	}
	_, err = remote.Subscribe("tel_temperature", func(s *sal.Sample) {
		var t struct {
			SensorName      string
			TemperatureItem []float64
		}
		if err := s.Into(&t); err != nil {
			fmt.Fprintln(out, err)
			return
		}
		fmt.Fprintf(out, "%s: %.1f deg_C\n", t.SensorName, t.TemperatureItem[0])
	})
	return err
}
