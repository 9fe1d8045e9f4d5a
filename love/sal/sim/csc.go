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

// device is the part in which components differ. All methods run on the goroutine of
// the component.
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

// slowDevice is a device with commands that take time: they do not run on the
// component's goroutine.
type slowDevice interface {
	slowCommands() map[string]sal.Handler
}

// closer is a device with goroutines of its own.
type closer interface {
	// close waits for them. The context of the component has ended then.
	close() error
}

// csc is the part that all components share: states, heartbeat, and the goroutine
// that owns everything (docs/protocol/sal-kafka.md#component-states).
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
	faults  []Fault // planned, while ENABLED
	enabled time.Time
	failure error // the first write that failed
	offline bool
}

// start sets the handlers and writes the first events.
func (c *csc) start(ctx context.Context) error {
	if err := c.handleAll(); err != nil {
		return err
	}
	c.write(ctx, "evt_heartbeat", nil, sal.Force())
	c.write(ctx, "evt_simulationMode", sal.Values{"mode": c.mode}, sal.Force())
	c.write(ctx, "evt_softwareVersions", sal.Values{"cscVersion": "love-go simulator"})
	c.writeSummaryState(ctx)
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
	if s, ok := c.device.(slowDevice); ok {
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

// run runs the component until ctx ends or a command takes it offline.
func (c *csc) run(ctx context.Context) error {
	var commands sync.WaitGroup
	failed := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	commands.Go(func() { failed <- c.Controller.Run(running) })
	err := c.loop(ctx, failed)
	close(c.ended)
	stop()
	commands.Wait()
	if e, ok := c.device.(closer); ok {
		err = errors.Join(err, e.close())
	}
	return errors.Join(err, c.failure, c.Controller.Close())
}

// loop is the component's goroutine. A command to go offline ends it when the command
// has been answered.
func (c *csc) loop(ctx context.Context, failed <-chan error) error {
	clock := c.domain.Clock()
	heartbeat := clock.NewTicker(c.heartbeat)
	defer heartbeat.Stop()
	telemetry := clock.NewTicker(c.period)
	defer telemetry.Stop()
	last := clock.Now()
	for !c.offline {
		select {
		case <-heartbeat.C():
			c.write(ctx, "evt_heartbeat", nil, sal.Force())
		case <-telemetry.C():
			now := clock.Now()
			if c.state == sal.Enabled || c.state == sal.Disabled {
				c.device.step(ctx, now, now.Sub(last))
			}
			c.triggerFaults(ctx, now)
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

// triggerFaults triggers the planned faults that are due.
func (c *csc) triggerFaults(ctx context.Context, now time.Time) {
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
	c.writeSummaryState(ctx)
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
