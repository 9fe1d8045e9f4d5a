package sim

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/sal"
)

// device is what makes one component different from another. All methods run
// on the goroutine of the component.
type device interface {
	// begin writes the events that tell how the device stands.
	begin(ctx context.Context)
	// commands are those of the device, by name; they are executed only while
	// the component is ENABLED.
	commands() map[string]command
	// enable is told when the component enters or leaves ENABLED.
	enable(ctx context.Context, on bool)
	// step moves the device on and writes its telemetry. It is called while
	// the component is DISABLED or ENABLED.
	step(ctx context.Context, now time.Time, dt time.Duration)
}

// command executes a command; the error is the reason for a refusal.
type command func(ctx context.Context, s *sal.Sample) error

// csc is the part of a component that all have: states, heartbeat, and the
// one goroutine that owns everything (spec sal-kafka, section 13).
type csc struct {
	*sal.Controller
	name string
	settings
	device  device
	domain  *sal.Domain
	state   sal.SummaryState
	jobs    chan job
	ended   chan struct{}
	failure error // the first write that failed
	offline bool
}

// job is work that a command brings to the component's goroutine.
type job struct {
	do   func() error
	done chan error
}

// start makes the controller and writes the first events.
func (c *csc) start(ctx context.Context) error {
	for name, do := range c.stateCommands() {
		if err := c.handle(name, do); err != nil {
			return err
		}
	}
	for name, do := range c.device.commands() {
		if err := c.handle(name, c.whenEnabled(do)); err != nil {
			return err
		}
	}
	c.write(ctx, "evt_heartbeat", nil, sal.Force())
	c.write(ctx, "evt_simulationMode", sal.Values{"mode": 1}, sal.Force())
	c.write(ctx, "evt_softwareVersions", sal.Values{"cscVersion": "love-go simulator"})
	c.tellState(ctx)
	c.write(ctx, "evt_configurationsAvailable", sal.Values{"overrides": "", "version": "simulated", "url": "embedded:"})
	c.device.begin(ctx)
	path, _ := pathTo(c.initial)
	for _, step := range path {
		if err := c.stateCommands()[step](ctx, nil); err != nil {
			return err
		}
	}
	return c.failure
}

// handle makes the controller execute a command on the component's goroutine.
func (c *csc) handle(name string, do command) error {
	return c.Handle(name, func(ctx context.Context, s *sal.Sample) error {
		j := job{do: func() error { return do(ctx, s) }, done: make(chan error, 1)}
		select {
		case c.jobs <- j:
			return <-j.done
		case <-ctx.Done():
			return ctx.Err()
		case <-c.ended:
			return context.Canceled
		}
	})
}

func (c *csc) whenEnabled(do command) command {
	return func(ctx context.Context, s *sal.Sample) error {
		if c.state != sal.Enabled {
			return refusal("Not allowed in state=" + pythonState(c.state))
		}
		return do(ctx, s)
	}
}

// run lives until ctx ends or the component is told to go offline.
func (c *csc) run(ctx context.Context) error {
	var answering sync.WaitGroup
	failed := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	answering.Go(func() { failed <- c.Controller.Run(running) })
	err := c.live(ctx, failed)
	close(c.ended)
	stop()
	answering.Wait()
	return errors.Join(err, c.failure, c.Controller.Close())
}

// live is the component's goroutine. A command to go offline ends it once the
// command was answered.
func (c *csc) live(ctx context.Context, failed <-chan error) error {
	clock := c.domain.Clock()
	heart := clock.NewTicker(time.Second)
	defer heart.Stop()
	telemetry := clock.NewTicker(c.period)
	defer telemetry.Stop()
	last := clock.Now()
	for !c.offline {
		select {
		case <-heart.C():
			c.write(ctx, "evt_heartbeat", nil, sal.Force())
		case <-telemetry.C():
			now := clock.Now()
			if c.state == sal.Enabled || c.state == sal.Disabled {
				c.device.step(ctx, now, now.Sub(last))
			}
			last = now
		case j := <-c.jobs:
			j.done <- j.do()
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		}
		if c.failure != nil {
			return nil
		}
	}
	return nil
}

// write writes a topic; what fails is noted and ends the component.
func (c *csc) write(ctx context.Context, attr string, values sal.Values, opts ...sal.WriteOption) {
	if _, err := c.Write(context.WithoutCancel(ctx), attr, values, opts...); err != nil {
		c.failure = errors.Join(c.failure, err)
	}
}
