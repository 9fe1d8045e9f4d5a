package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/rubin-love/love-go/love/sal"
)

// Fault is a failure of a simulated component: the component writes an error code
// and its summary state becomes FAULT. An operator recovers it with standby, start
// and enable.
type Fault struct {
	Component string        // "ATDome", "MTHexapod:1"
	After     time.Duration // since it was last enabled
	Code      int           // errorCode of the event of that name
	Report    string        // a text for people
}

// WithFault plans a fault; it may be given several times. An operator has the same by
// starting a component with the configuration "faulty.yaml".
func WithFault(f Fault) Option {
	return func(s *settings) { s.planned = append(s.planned, f) }
}

// faultyConfiguration is a configuration with which a component fails.
const faultyConfiguration = "faulty.yaml"

// faultyAfter is how long a component works with faultyConfiguration.
const faultyAfter = time.Minute

// Fault brings a component to FAULT now, whatever After is. It returns an error if
// there is no such component or if it has ended.
func (o *Observatory) Fault(ctx context.Context, f Fault) error {
	select {
	case <-o.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	c := o.cscs[f.Component]
	if c == nil {
		return fmt.Errorf("no simulated component %q can fail; there are %v", f.Component, o.Components())
	}
	return c.call(ctx, func() error {
		c.fault(context.WithoutCancel(ctx), f)
		return nil
	})
}

// configure applies the configuration of the command start; s is nil for a start
// without a command.
func (c *csc) configure(ctx context.Context, s *sal.Sample) error {
	override := ""
	if s != nil {
		override = s.Text("configurationOverride")
	}
	c.faults = nil
	switch override {
	case "":
		for _, f := range c.planned {
			if f.Component == c.name {
				c.faults = append(c.faults, f)
			}
		}
	case faultyConfiguration:
		c.faults = []Fault{{Component: c.name, After: faultyAfter, Code: 1, Report: "as planned in " + faultyConfiguration}}
	default:
		return fmt.Errorf("there is no configuration %s; there is %s", override, faultyConfiguration)
	}
	if c.configurable() {
		applied := "simulated"
		if override != "" {
			applied += "," + override
		}
		c.write(ctx, "evt_configurationApplied", sal.Values{"configurations": applied, "version": "simulated", "url": "embedded:"})
	}
	return nil
}
