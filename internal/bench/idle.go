package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Idle keeps connections open that do nothing but answer pings.
type Idle struct {
	URL      string
	PID      int // of the manager; required
	Clients  int
	Groups   int           // subscriptions of each, to streams that nobody publishes
	Warmup   time.Duration // after connecting, not measured
	Duration time.Duration // measured

	Compressed bool // the clients offer permessage-deflate, and must get it
}

// IdleReport is what idle clients cost the manager.
type IdleReport struct {
	Clients   int
	Connected time.Duration // the time it took to connect them
	Before    int64         // bytes of the manager's memory without them
	Used      Usage
}

// String returns the report as text.
func (r IdleReport) String() string {
	perClient := float64(r.Used.RSS-r.Before) / float64(r.Clients)
	cpu := micros(r.Used.CPU) / r.Used.Wall.Seconds() / float64(r.Clients)
	return fmt.Sprintf("%d idle clients, connected in %.1f s\nmemory  %.2f KiB per client (%s before, %s with them)\nCPU     %.2f µs per second and client, %.1f %% of a core\n",
		r.Clients, r.Connected.Seconds(), perClient/1024, mebibytes(r.Before), mebibytes(r.Used.RSS), cpu, 100*r.Used.Share())
}

// Run connects the clients and measures the manager.
func (i Idle) Run(ctx context.Context) (r IdleReport, err error) {
	if i.PID == 0 || i.Clients < 1 || i.Groups < 0 || i.Duration <= 0 {
		return r, errors.New("the idle shape needs the manager's PID, at least one client and a duration")
	}
	before, err := usageOf(i.PID)
	if err != nil {
		return r, err
	}
	var requests []string
	for g := range i.Groups {
		requests = append(requests, request("event", 0, g))
	}
	var idle clients
	defer idle.close()
	defer idle.closeWith(ctx)()
	start := time.Now()
	err = parallel(i.Clients, maxDialing, func(int) error {
		c, err := idle.dial(ctx, i.URL, i.Compressed, 256)
		if err != nil {
			return err
		}
		if err := c.subscribe(requests, nil); err != nil {
			return err
		}
		idle.keepAlive(c)
		return nil
	})
	if err != nil {
		return r, err
	}
	r = IdleReport{Clients: i.Clients, Connected: time.Since(start), Before: before.rss}
	if err := pause(ctx, i.Warmup); err != nil {
		return r, err
	}
	used, err := startUsage(i.PID)
	if err != nil {
		return r, err
	}
	if err := pause(ctx, i.Duration); err != nil {
		return r, err
	}
	if r.Used, err = used(); err != nil {
		return r, err
	}
	return r, idle.failure()
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
