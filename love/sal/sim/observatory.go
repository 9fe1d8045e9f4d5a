package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love/sal"
)

// Observatory is a set of simulated components: ATDome, MTMount, and a weather
// station ESS:301. All start ENABLED: the mount tracks one field of the sky
// after another and the dome follows a telescope that does the same, until
// they are commanded; the weather drifts. Time is that of the domain's clock.
type Observatory struct {
	domain   *sal.Domain
	settings settings
	ready    chan struct{}
}

// settings are what the options choose, for all components alike.
type settings struct {
	initial sal.SummaryState
	period  time.Duration
	dwell   time.Duration
	seed    uint64
}

// Option changes a default of [NewObservatory].
type Option func(*settings)

// WithInitialState sets the state that components go to at the start, from
// STANDBY over the states between: Standby, Disabled or Enabled. Default:
// Enabled.
func WithInitialState(s sal.SummaryState) Option { return func(c *settings) { c.initial = s } }

// WithTelemetryPeriod sets how often the dome and the mount tell where they
// are; the weather is told half as often. Default: 500 ms.
func WithTelemetryPeriod(d time.Duration) Option { return func(c *settings) { c.period = d } }

// WithDwell sets how long a field of the sky is observed. Default: 3 minutes.
func WithDwell(d time.Duration) Option { return func(c *settings) { c.dwell = d } }

// WithSeed chooses another night: which fields, what weather. Default: 1. The
// same seed at the same times gives the same night.
func WithSeed(seed uint64) Option { return func(c *settings) { c.seed = seed } }

// NewObservatory makes an observatory; it lives while [Observatory.Run] does.
func NewObservatory(domain *sal.Domain, opts ...Option) *Observatory {
	o := &Observatory{domain: domain, ready: make(chan struct{}), settings: settings{
		initial: sal.Enabled, period: 500 * time.Millisecond, dwell: 3 * time.Minute, seed: 1,
	}}
	for _, opt := range opts {
		opt(&o.settings)
	}
	return o
}

// Components are the names of what runs: "ATDome", "ESS:301", "MTMount".
func (o *Observatory) Components() []string { return []string{"ATDome", "ESS:301", "MTMount"} }

// Ready is closed when all components have started: from then on commands
// reach them.
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

// start makes all components; in an error those made so far are returned too.
func (o *Observatory) start(ctx context.Context) ([]*csc, error) {
	var components []*csc
	for _, full := range o.Components() {
		name, index, err := sal.ParseName(full)
		if err != nil {
			return components, err
		}
		controller, err := o.domain.Controller(ctx, name, index)
		if err != nil {
			return components, err
		}
		c := &csc{
			Controller: controller, name: full, settings: o.settings,
			domain: o.domain, state: sal.Standby, jobs: make(chan job), ended: make(chan struct{}),
		}
		components = append(components, c)
		c.device = newDevice(name, c)
		if err := c.start(ctx); err != nil {
			return components, err
		}
	}
	return components, nil
}

func newDevice(name string, c *csc) device {
	switch name {
	case "ATDome":
		return newDome(c)
	case "MTMount":
		return newMount(c)
	}
	c.period *= 2
	return newWeather(c)
}
