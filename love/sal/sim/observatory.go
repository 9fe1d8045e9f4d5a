package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sallog"
)

// Observatory is a set of simulated components, by default all of [Definitions] but
// Test. All start ENABLED: the mounts track one field of the sky after another and
// the domes follow them, until they are commanded; the weather drifts, the script
// queues run scripts, and the Watcher raises alarms about the others. Time is that of
// the domain's clock.
type Observatory struct {
	domain   *sal.Domain
	settings settings
	ready    chan struct{}
	cscs     map[string]*csc // those that can be brought to FAULT; set when ready
}

// component is one of the observatory.
type component interface {
	// run runs the component until ctx ends.
	run(ctx context.Context) error
	// Close ends a component that was not run.
	Close() error
}

// allComponents lists the components of an observatory by default. The Watcher is the
// last one, so that it finds the others.
var allComponents = [...]string{
	"ATDome", "ATMCS", "ESS:112", "ESS:201", "ESS:301", "LOVE", "MTDome", "MTHexapod:1", "MTHexapod:2",
	"MTMount", "ScriptQueue:1", "ScriptQueue:2", "Watcher",
}

// settings holds what the options set, for all components.
type settings struct {
	components []string
	initial    sal.SummaryState
	period     time.Duration
	heartbeat  time.Duration
	dwell      time.Duration
	seed       uint64
	planned    []Fault
	refill     bool
}

// Option changes a default of [NewObservatory].
type Option func(*settings)

// WithInitialState sets the state to which components go when they start, from STANDBY
// through the states between: Standby, Disabled or Enabled. Default: Enabled.
func WithInitialState(s sal.SummaryState) Option { return func(c *settings) { c.initial = s } }

// WithComponents selects the components to simulate: names from [Definitions], with
// an index where the component has one ("ESS:301", "Test:1"). Default: all but Test,
// with the indices of the observatory.
func WithComponents(names ...string) Option { return func(c *settings) { c.components = names } }

// WithHeartbeat sets the period of the heartbeats. Default: 1 s, that of the
// observatory's components.
func WithHeartbeat(d time.Duration) Option { return func(c *settings) { c.heartbeat = d } }

// WithEmptyQueues makes script queues that run only the scripts that they are commanded
// to. Default: they add scripts themselves when too few wait.
func WithEmptyQueues() Option { return func(c *settings) { c.refill = false } }

// WithTelemetryPeriod sets the period of the telemetry of domes and mounts; that of
// the weather is twice as long. Default: 500 ms.
func WithTelemetryPeriod(d time.Duration) Option { return func(c *settings) { c.period = d } }

// WithDwell sets how long a field of the sky is observed, up to 20 minutes.
// Default: 3 minutes.
func WithDwell(d time.Duration) Option { return func(c *settings) { c.dwell = d } }

// WithSeed selects another night: other fields, other weather. Default: 1. The same
// seed at the same time gives the same night.
func WithSeed(seed uint64) Option { return func(c *settings) { c.seed = seed } }

// NewObservatory makes an observatory, which [Observatory.Run] runs.
func NewObservatory(domain *sal.Domain, opts ...Option) *Observatory {
	o := &Observatory{domain: domain, ready: make(chan struct{}), settings: settings{
		components: allComponents[:], initial: sal.Enabled, period: 500 * time.Millisecond, heartbeat: time.Second,
		dwell: 3 * time.Minute, seed: 1, refill: true,
	}}
	for _, opt := range opts {
		opt(&o.settings)
	}
	return o
}

// Components returns the names of the components: "ATDome", "ESS:301", "MTMount" …
// Scripts are not among them.
func (o *Observatory) Components() []string { return slices.Clone(o.settings.components) }

// Ready returns a channel that is closed when all components have started: from
// then on commands reach them.
func (o *Observatory) Ready() <-chan struct{} { return o.ready }

// Run starts the components and runs them until ctx ends. It returns nil then,
// after all have stopped. It can be called once.
func (o *Observatory) Run(ctx context.Context) error {
	if _, ok := pathTo(o.settings.initial); !ok {
		return fmt.Errorf("a simulated component starts in STANDBY, DISABLED or ENABLED, not %v", o.settings.initial)
	}
	components, err := o.start(ctx)
	if err != nil {
		for _, c := range components {
			err = errors.Join(err, c.Close())
		}
		return fmt.Errorf("simulated observatory: %w", err)
	}
	close(o.ready)
	var all sync.WaitGroup
	errs := make([]error, len(components))
	for i, c := range components {
		all.Go(func() { errs[i] = c.run(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// start makes and starts all components. With an error it returns those made so far.
func (o *Observatory) start(ctx context.Context) ([]component, error) {
	var components []component
	o.cscs = map[string]*csc{}
	for _, full := range o.settings.components {
		comp, index, err := o.domain.Definitions().Instance(full)
		if err != nil {
			return components, err
		}
		if comp.Name == "LOVE" {
			l, err := newLOVE(ctx, o.domain)
			if err != nil {
				return components, err
			}
			components = append(components, l)
			continue
		}
		c, err := o.csc(ctx, comp.Name, index)
		if err != nil {
			return components, err
		}
		components = append(components, c)
		o.cscs[full] = c
		if err := c.start(ctx); err != nil {
			return components, err
		}
	}
	return components, nil
}

// csc makes a component that follows the standard states.
func (o *Observatory) csc(ctx context.Context, name string, index int) (*csc, error) {
	build := devices(name)
	if build == nil {
		return nil, fmt.Errorf("%s cannot be simulated", name)
	}
	controller, err := o.domain.Controller(ctx, name, index)
	if err != nil {
		return nil, err
	}
	records := sallog.New(nil)
	c := &csc{
		Controller: controller, actor: newActor(), name: controller.Component().Instance(index), settings: o.settings,
		domain: o.domain, log: slog.New(records), records: records, mode: 1, state: sal.Standby,
	}
	c.device = build(c)
	return c, nil
}

// devices returns the constructor of a component's device, nil if there is none.
func devices(name string) func(*csc) device {
	return map[string]func(*csc) device{
		"ATMCS":       func(c *csc) device { return newTelescope(c) },
		"MTDome":      func(c *csc) device { return newMainDome(c) },
		"MTHexapod":   func(c *csc) device { return newHexapod(c) },
		"ScriptQueue": func(c *csc) device { return newScriptQueue(c) },
		"Watcher":     func(c *csc) device { return newWatcher(c) },
		"ATDome":      func(c *csc) device { return newDome(c) },
		"ESS":         func(c *csc) device { c.period *= 2; return newWeather(c) },
		"MTMount":     func(c *csc) device { return newMount(c) },
		"Test":        func(c *csc) device { return newTest(c) },
	}[name]
}
