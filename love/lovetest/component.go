package lovetest

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
)

// NewDomain returns a domain on a new bus in memory, and that bus. The domain is
// closed when the test ends.
func NewDomain(t testing.TB, defs *sal.Definitions, opts ...sal.DomainOption) (*sal.Domain, *Bus) {
	bus := NewBus()
	d := sal.NewDomain(bus, defs, opts...)
	t.Cleanup(func() { require.NoError(t, d.Close()) })
	return d, bus
}

// Component is a component for tests. The test writes its events and telemetry with
// the controller's methods. Commands are recorded, and succeed unless
// [Component.Answer] sets another answer.
type Component struct {
	*sal.Controller

	mu       sync.Mutex
	answers  map[string]sal.Handler // by short name
	commands []*sal.Sample
}

// NewComponent runs a component until the test ends.
func NewComponent(t testing.TB, d *sal.Domain, name string, index int) *Component {
	controller, err := d.Controller(t.Context(), name, index)
	require.NoError(t, err)
	c := &Component{Controller: controller, answers: map[string]sal.Handler{}}
	for _, command := range controller.Component().Names(sal.Command) {
		require.NoError(t, c.Handle(command, c.answer))
	}
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.Run(context.Background()); err != nil {
			t.Errorf("running the component %s: %v", name, err)
		}
	})
	t.Cleanup(func() { require.NoError(t, c.Close()); running.Wait() })
	return c
}

// Answer sets the handler of a command from now on, by its short name:
// "moveAzimuth". A handler that returns [sal.Answer] ends the command with any
// acknowledgement.
func (c *Component) Answer(command string, h sal.Handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[command] = h
}

// Commands returns the commands so far, in order.
func (c *Component) Commands() []*sal.Sample {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]*sal.Sample(nil), c.commands...)
}

func (c *Component) answer(ctx context.Context, s *sal.Sample) error {
	c.mu.Lock()
	c.commands = append(c.commands, s)
	h := c.answers[s.Topic().Name]
	c.mu.Unlock()
	if h == nil {
		return nil
	}
	return h(ctx, s)
}
