package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sallog"
)

// device is the part in which components differ from each other. All methods run on
// the goroutine of the component.
type device interface {
	// begin writes the events with the initial state of the device.
	begin(ctx context.Context)
	// commands returns the commands of the device by name; they are executed only
	// while the component is ENABLED.
	commands() map[string]command
	// enable is called when the component enters or leaves ENABLED.
	enable(ctx context.Context, on bool)
	// step moves the device on and writes its telemetry. It is called while
	// the component is DISABLED or ENABLED.
	step(ctx context.Context, now time.Time, dt time.Duration)
}

// slow is a device with commands that take time: they run beside the
// component's goroutine.
type slow interface {
	slowCommands() map[string]sal.Handler
}

// ender is a device with goroutines of its own.
type ender interface {
	// end waits for them; the context of the component has ended.
	end() error
}

// csc is the part that all components share: states, heartbeat, and the goroutine
// that owns everything (spec sal-kafka, section 13).
type csc struct {
	*sal.Controller
	actor
	name string
	settings
	device  device
	domain  *sal.Domain
	log     *slog.Logger
	records *sallog.Handler
	mode    int // simulationMode
	state   sal.SummaryState
	faults  []Fault // to come, while ENABLED
	enabled time.Time
	failure error // the first write that failed
	offline bool
}

// start makes the controller and writes the first events.
func (c *csc) start(ctx context.Context) error {
	if err := c.handleAll(); err != nil {
		return err
	}
	c.write(ctx, "evt_heartbeat", nil, sal.Force())
	c.write(ctx, "evt_simulationMode", sal.Values{"mode": c.mode}, sal.Force())
	c.write(ctx, "evt_softwareVersions", sal.Values{"cscVersion": "love-go simulator"})
	c.tellState(ctx)
	if c.configurable() {
		c.write(ctx, "evt_configurationsAvailable", sal.Values{"overrides": faultyConfiguration, "version": "simulated", "url": "embedded:"})
	}
	c.device.begin(ctx)
	path, _ := pathTo(c.initial)
	for _, step := range path {
		if err := c.stateCommands()[step](ctx, nil); err != nil {
			return err
		}
	}
	return errors.Join(c.failure, c.records.Attach(ctx, c.Controller))
}

// handleAll sets the handlers of all commands.
func (c *csc) handleAll() error {
	var errs []error
	for name, do := range c.stateCommands() {
		errs = append(errs, c.Handle(name, c.handler(do)))
	}
	for name, do := range c.device.commands() {
		errs = append(errs, c.Handle(name, c.handler(c.whenEnabled(do))))
	}
	if s, ok := c.device.(slow); ok {
		for name, do := range s.slowCommands() {
			errs = append(errs, c.Handle(name, do))
		}
	}
	return errors.Join(errs...)
}

func (c *csc) whenEnabled(do command) command {
	return func(ctx context.Context, s *sal.Sample) error {
		if err := c.assertEnabled(); err != nil {
			return err
		}
		return do(ctx, s)
	}
}

func (c *csc) assertEnabled() error {
	if c.state != sal.Enabled {
		return refusal("Not allowed in state=" + pythonState(c.state))
	}
	return nil
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
	if e, ok := c.device.(ender); ok {
		err = errors.Join(err, e.end())
	}
	return errors.Join(err, c.failure, c.Controller.Close())
}

// live is the component's goroutine. A command to go offline ends it once the
// command was answered.
func (c *csc) live(ctx context.Context, failed <-chan error) error {
	clock := c.domain.Clock()
	heart := clock.NewTicker(c.heartbeat)
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
			c.failInTime(ctx, now)
			last = now
		case j := <-c.jobs:
			j.run()
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

// failInTime triggers the planned faults that are due.
func (c *csc) failInTime(ctx context.Context, now time.Time) {
	if c.state != sal.Enabled {
		return
	}
	for i, f := range c.faults {
		if now.Sub(c.enabled) >= f.After {
			c.faults = append(c.faults[:i:i], c.faults[i+1:]...)
			c.fault(ctx, f)
			return
		}
	}
}

// fault brings the component to FAULT.
func (c *csc) fault(ctx context.Context, f Fault) {
	c.write(ctx, "evt_errorCode", sal.Values{"errorCode": f.Code, "errorReport": f.Report, "traceback": ""}, sal.Force())
	was := c.state
	c.state = sal.Fault
	c.tellState(ctx)
	if was == sal.Enabled {
		c.device.enable(ctx, false)
	}
	c.log.Log(ctx, sallog.LevelCritical, fmt.Sprintf("Fault! errorCode=%d, errorReport='%s'", f.Code, f.Report))
}

// configurable reports whether the component reads a configuration.
func (c *csc) configurable() bool {
	_, ok := c.Component().Topic("evt_configurationApplied")
	return ok
}

// write writes a topic. An error is recorded and ends the component.
func (c *csc) write(ctx context.Context, attr string, values sal.Values, opts ...sal.WriteOption) {
	if _, err := c.Write(context.WithoutCancel(ctx), attr, values, opts...); err != nil {
		c.failure = errors.Join(c.failure, err)
	}
}
