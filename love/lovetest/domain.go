package lovetest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// DomainFeatures describes to [RunDomain] how a SAL bus differs from
// others.
type DomainFeatures struct {
	// Bubble runs each test in a bubble of testing/synctest, where time passes
	// by itself. It is for a bus in memory; one with sockets cannot live there.
	Bubble bool
	// Clock is the clock of the domains. Default: the machine's clock, which in
	// a bubble is that of the bubble.
	Clock love.Clock
	// Unit is the time scale, much longer than a sample takes from writing to
	// the callback. The suite waits this long to see that nothing happens, and
	// up to a hundred times as long for what must happen. Default: 200 ms.
	Unit time.Duration
}

// RunDomain is the conformance suite of [sal.Bus] and of what package sal
// builds on it: events and telemetry, late joiners of each instance, order,
// commands and their acknowledgements, time limits, closing.
//
// setup starts an empty bus for each test, and ends it with t.Cleanup. defs has the
// components that the test uses. connect returns the bus as one process sees it; it
// is called for each process that the test plays.
//
//	func TestMyBus(t *testing.T) {
//		lovetest.RunDomain(t, lovetest.DomainFeatures{Unit: 100 * time.Millisecond},
//			func(t *testing.T, defs *sal.Definitions) func() sal.Bus {
//				broker := startBroker(t)
//				return func() sal.Bus { return connectTo(t, broker, defs) }
//			})
//	}
func RunDomain(t *testing.T, f DomainFeatures, setup func(t *testing.T, defs *sal.Definitions) (connect func() sal.Bus)) {
	if f.Clock == nil {
		f.Clock = love.SystemClock{}
	}
	if f.Unit == 0 {
		f.Unit = 200 * time.Millisecond
	}
	tests := map[string]func(*suite){}
	for _, part := range []map[string]func(*suite){publishing, joining, commanding, closing} {
		maps.Copy(tests, part)
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		body := func(t *testing.T) {
			s := &suite{T: t, f: f, defs: suiteDefinitions(t)}
			s.connect = setup(t, s.defs)
			tests[name](s)
		}
		t.Run(name, func(t *testing.T) {
			if f.Bubble {
				synctest.Test(t, body)
				return
			}
			body(t)
		})
	}
}

// suite is one test of the suite, with what it needs.
type suite struct {
	*testing.T
	f       DomainFeatures
	defs    *sal.Definitions
	connect func() sal.Bus
	origins int
}

// suiteDefinitions returns the components that the suite plays: Lamp without
// instances, Fan with them.
func suiteDefinitions(t *testing.T) *sal.Definitions {
	arrays := []sal.Field{
		{Name: "bools", Type: sal.Boolean, Count: 2}, {Name: "longs", Type: sal.LongLong, Count: 2},
		{Name: "doubles", Type: sal.Double, Count: 3}, {Name: "floats", Type: sal.Float, Count: 2},
	}
	scalars := []sal.Field{
		{Name: "on", Type: sal.Boolean}, {Name: "small", Type: sal.Byte}, {Name: "short", Type: sal.Short},
		{Name: "int", Type: sal.Int}, {Name: "long", Type: sal.Long}, {Name: "big", Type: sal.LongLong},
		{Name: "ushort", Type: sal.UnsignedShort}, {Name: "uint", Type: sal.UnsignedInt},
		{Name: "float", Type: sal.Float}, {Name: "double", Type: sal.Double}, {Name: "text", Type: sal.String},
	}
	number := []sal.Field{{Name: "number", Type: sal.Int}}
	topics := func() []*sal.Topic {
		return []*sal.Topic{
			{Kind: sal.Command, Name: "turn", Fields: number},
			{Kind: sal.Command, Name: "rest"},
			{Kind: sal.Event, Name: "turned", Fields: number},
			{Kind: sal.Event, Name: "everything", Fields: slices.Concat(scalars, arrays)},
			{Kind: sal.Telemetry, Name: "speed", Fields: number},
		}
	}
	defs, err := sal.Define(
		&sal.Component{Name: "Lamp", Topics: topics()},
		&sal.Component{Name: "Fan", Indexed: true, Topics: topics()},
	)
	require.NoError(t, err)
	return defs
}

// domain plays a process on the bus, with its own origin.
func (s *suite) domain(opts ...sal.DomainOption) *sal.Domain {
	s.Helper()
	s.origins++
	all := []sal.DomainOption{sal.WithClock(s.f.Clock), sal.WithIdentity("ana@host"), sal.WithOrigin(1000 + s.origins)}
	d := sal.NewDomain(s.connect(), s.defs, append(all, opts...)...)
	s.Cleanup(func() { require.NoError(s, d.Close()) })
	return d
}

func (s *suite) remote(d *sal.Domain, name string, index int, opts ...sal.RemoteOption) *sal.Remote {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), s.timeout())
	defer cancel()
	r, err := d.Remote(ctx, name, index, opts...)
	require.NoError(s, err)
	return r
}

// writer returns a controller that only writes.
func (s *suite) writer(d *sal.Domain, name string, index int) *sal.Controller {
	s.Helper()
	c, err := d.Controller(s.Context(), name, index, sal.WriteOnly())
	require.NoError(s, err)
	return c
}

func (s *suite) write(c *sal.Controller, attr string, number int) {
	s.Helper()
	_, err := c.Write(s.Context(), attr, sal.Values{"number": number})
	require.NoError(s, err)
}

// component runs a controller that answers both commands of a component.
func (s *suite) component(d *sal.Domain, name string, index int, turn sal.Handler) *sal.Controller {
	s.Helper()
	c, err := d.Controller(s.Context(), name, index)
	require.NoError(s, err)
	require.NoError(s, c.Handle("turn", turn))
	require.NoError(s, c.Handle("rest", func(context.Context, *sal.Sample) error { return nil }))
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.Run(context.Background()); err != nil {
			s.Errorf("running %s: %v", name, err)
		}
	})
	s.Cleanup(func() { require.NoError(s, c.Close()); running.Wait() })
	return c
}

// received collects the samples of a topic.
func (s *suite) received(r *sal.Remote, attr string) *samples {
	s.Helper()
	got := &samples{suite: s, arrived: make(chan *sal.Sample, 100_000)}
	_, err := r.Subscribe(attr, func(sample *sal.Sample) { got.arrived <- sample })
	require.NoError(s, err)
	return got
}

// samples holds the samples with which a callback was called.
type samples struct {
	*suite
	arrived chan *sal.Sample
}

// next waits for a sample.
func (g *samples) next() *sal.Sample {
	g.Helper()
	timer := g.f.Clock.NewTimer(g.timeout())
	defer timer.Stop()
	select {
	case sample := <-g.arrived:
		return sample
	case <-timer.C():
		require.FailNow(g, "a sample did not arrive")
		return nil
	}
}

// numbers waits for n samples and returns their numbers.
func (g *samples) numbers(n int) []int {
	g.Helper()
	var got []int
	for range n {
		got = append(got, int(g.next().Int("number")))
	}
	return got
}

// requireNothing requires that no sample arrives within a Unit.
func (g *samples) requireNothing() {
	g.Helper()
	timer := g.f.Clock.NewTimer(g.f.Unit)
	defer timer.Stop()
	select {
	case sample := <-g.arrived:
		require.FailNow(g, "a sample arrived that must not arrive", "%v", sample)
	case <-timer.C():
	}
}

func (s *suite) timeout() time.Duration { return 100 * s.f.Unit }

// pause lets time pass.
func (s *suite) pause(d time.Duration) {
	timer := s.f.Clock.NewTimer(d)
	defer timer.Stop()
	<-timer.C()
}
