package sal_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rubin-love/love-go/internal/testlog"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// interfaces returns the components of these tests: Lamp, and Hexapod, which is
// indexed.
func interfaces(t testing.TB) *sal.Definitions {
	defs, err := sal.Define(
		&sal.Component{Name: "Lamp", Description: "A lamp.", Topics: []*sal.Topic{
			{Kind: sal.Command, Name: "switchOn", Fields: []sal.Field{{Name: "power", Type: sal.Float, Units: "W"}}},
			{Kind: sal.Command, Name: "switchOff"},
			{Kind: sal.Event, Name: "burning", Fields: []sal.Field{{Name: "on", Type: sal.Boolean}, {Name: "power", Type: sal.Float}}},
			{Kind: sal.Event, Name: "everything", Fields: everyType()},
			{Kind: sal.Telemetry, Name: "light", Fields: []sal.Field{{Name: "flux", Type: sal.Double, Units: "lm"}}},
			{Kind: sal.Telemetry, Name: "burning", Fields: []sal.Field{{Name: "hours", Type: sal.Double}}},
		}},
		&sal.Component{Name: "Hexapod", Indexed: true, Topics: []*sal.Topic{
			{Kind: sal.Command, Name: "move", Fields: []sal.Field{{Name: "x", Type: sal.Double}}},
			{Kind: sal.Event, Name: "inPosition", Fields: []sal.Field{{Name: "value", Type: sal.Int}}},
		}},
	)
	require.NoError(t, err)
	return defs
}

func everyType() []sal.Field {
	return []sal.Field{
		{Name: "b", Type: sal.Boolean}, {Name: "y", Type: sal.Byte}, {Name: "s", Type: sal.Short},
		{Name: "us", Type: sal.UnsignedShort}, {Name: "i", Type: sal.Int}, {Name: "l", Type: sal.Long},
		{Name: "ui", Type: sal.UnsignedInt}, {Name: "ll", Type: sal.LongLong},
		{Name: "f", Type: sal.Float}, {Name: "d", Type: sal.Double}, {Name: "t", Type: sal.String},
		{Name: "bools", Type: sal.Boolean, Count: 2}, {Name: "ints", Type: sal.Int, Count: 3}, {Name: "floats", Type: sal.Float, Count: 2},
	}
}

// everything returns the topic that has a field of each type.
func everything(t testing.TB) *sal.Topic {
	c, err := interfaces(t).Component("Lamp")
	require.NoError(t, err)
	topic, ok := c.Topic("evt_everything")
	require.True(t, ok)
	return topic
}

// inBubble runs a test body with a domain in a bubble of fake time.
func inBubble(t *testing.T, body func(t *testing.T, d *sal.Domain)) {
	synctest.Test(t, func(t *testing.T) {
		d := sal.NewDomain(sim.NewBus(), interfaces(t), sal.WithIdentity("ana@host"), sal.WithOrigin(42))
		defer func() { require.NoError(t, d.Close()) }()
		body(t, d)
	})
}

// lamp runs a controller whose command switchOn the test handles; switchOff has no
// handler.
func lamp(t *testing.T, d *sal.Domain, on func(ctx context.Context, c *sal.Controller, s *sal.Sample) error) *sal.Controller {
	c, err := d.Controller(t.Context(), "Lamp", 0, sal.Partial())
	require.NoError(t, err)
	require.NoError(t, c.Handle("switchOn", func(ctx context.Context, s *sal.Sample) error { return on(ctx, c, s) }))
	var running sync.WaitGroup
	running.Go(func() {
		err := c.Run(context.Background())
		if err != nil && !errors.Is(err, sal.ErrClosed) { // closed before it began to run
			t.Error(err)
		}
	})
	t.Cleanup(func() { _ = c.Close(); running.Wait() })
	return c
}

func remote(t *testing.T, d *sal.Domain, name string, index int, opts ...sal.RemoteOption) *sal.Remote {
	r, err := d.Remote(t.Context(), name, index, opts...)
	require.NoError(t, err)
	return r
}

func loggedDomain(t *testing.T, to *testlog.Buffer) *sal.Domain {
	return sal.NewDomain(sim.NewBus(), interfaces(t), sal.WithLogger(slog.New(slog.NewTextHandler(to, nil))))
}
