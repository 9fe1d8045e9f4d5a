package salcommander_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/commander"
	"github.com/rubin-love/love-go/love/commander/salcommander"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// definitions returns three components: Lamp without instances, Hexapod with, and
// Stone without commands.
func definitions(t testing.TB) *sal.Definitions {
	defs, err := sal.Define(
		&sal.Component{Name: "Lamp", Topics: []*sal.Topic{
			{Kind: sal.Command, Name: "switchOn", Fields: []sal.Field{
				{Name: "power", Type: sal.Float, Units: "W", Description: "How bright."},
				{Name: "serial", Type: sal.LongLong},
				{Name: "pattern", Type: sal.Boolean, Count: 3},
				{Name: "colour", Type: sal.Short, Choices: []sal.Choice{{Name: "Red", Number: 1}, {Name: "Blue", Number: 2}}},
			}},
			{Kind: sal.Command, Name: "switchOff"},
			{Kind: sal.Event, Name: "burning"},
			{Kind: sal.Telemetry, Name: "light"},
		}},
		&sal.Component{Name: "Hexapod", Indexed: true, Topics: []*sal.Topic{{Kind: sal.Command, Name: "move"}}},
		&sal.Component{Name: "Stone", Topics: []*sal.Topic{{Kind: sal.Event, Name: "rolled"}}},
	)
	require.NoError(t, err)
	return defs
}

// lamp is a commander, and a Lamp whose commands the test handles.
type lamp struct {
	*salcommander.Commander
	domain *sal.Domain
	got    chan *sal.Sample // the commands that reached the Lamp
}

// handler executes a command to the Lamp.
type handler func(ctx context.Context, c *sal.Controller, s *sal.Sample) error

// withLamp runs body in a bubble with a Lamp.
func withLamp(t *testing.T, handle handler, body func(*testing.T, lamp)) {
	synctest.Test(t, func(t *testing.T) {
		l, stop := newLamp(t, handle)
		body(t, l)
		stop()
	})
}

func newLamp(t *testing.T, handle handler) (l lamp, stop func()) {
	return newLampOn(t, sim.NewBus(), handle)
}

func newLampOn(t *testing.T, bus sal.Bus, handle handler) (l lamp, stop func()) {
	d := sal.NewDomain(bus, definitions(t), sal.WithIdentity("LOVE"))
	l = lamp{salcommander.New(d), d, make(chan *sal.Sample, 1000)}
	c, err := d.Controller(t.Context(), "Lamp", 0)
	require.NoError(t, err)
	for _, name := range []string{"switchOn", "switchOff"} {
		require.NoError(t, c.Handle(name, func(ctx context.Context, s *sal.Sample) error {
			l.got <- s
			return handle(ctx, c, s)
		}))
	}
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(context.Background()) })
	return l, func() {
		require.NoError(t, d.Close())
		running.Wait()
	}
}

func accept(context.Context, *sal.Controller, *sal.Sample) error { return nil }

func failWith(text string) handler {
	return func(context.Context, *sal.Controller, *sal.Sample) error { return errors.New(text) }
}

func answerWith(a sal.Ack) handler {
	return func(context.Context, *sal.Controller, *sal.Sample) error { return sal.Answer(a) }
}

func sleepFor(d time.Duration) handler {
	return func(ctx context.Context, _ *sal.Controller, _ *sal.Sample) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func reportProgress(estimate, takes time.Duration) handler {
	return func(ctx context.Context, c *sal.Controller, s *sal.Sample) error {
		if err := c.Progress(ctx, s, estimate); err != nil {
			return err
		}
		return sleepFor(takes)(ctx, c, s)
	}
}

// done is the acknowledgement of a completed command.
var done = love.Ack{Text: love.Done, Code: 303}

func call(csc string, index int, cmd, params string) commander.Call {
	return commander.Call{Command: love.Command{
		CSC: csc, SalIndex: index, Name: cmd, Params: json.RawMessage(params), Identity: "ana@host",
	}}
}

// commandTimeout is how long the tests wait for a component.
const commandTimeout = 10 * time.Second

// execute gives a command and waits for commandTimeout.
func (l lamp) execute(t *testing.T, c commander.Call) (love.Ack, error) {
	ctx, cancel := commander.WithTimeout(t.Context(), commandTimeout)
	defer cancel()
	return l.Execute(ctx, c)
}
