package producer_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/client"
	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

type number struct{ N int }

func numberItem(category, stream string, n int) string {
	open, shut := "", ""
	if category == "event" {
		open, shut = "[", "]"
	}
	return fmt.Sprintf(`%s {"csc":"Rack","salindex":0,"data":{"%s":%s{"n":{"value":%d,"dataType":"Int","units":"unitless"}}%s}}`, category, stream, open, n, shut)
}

func TestWhatIsPublishedBeforeTheProducerRunsWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := producer.NewBase("Rack")
		publish := func(n int) {
			require.NoError(t, b.Telemetry(t.Context(), "power", number{n}))
			require.NoError(t, b.Event(t.Context(), "door", number{n}))
		}
		publish(1)
		publish(2)
		tr := &fakeTransport{}
		c := producer.NewClient(tr)
		c.Add(b)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		synctest.Wait()
		require.NoError(t, tr.connect(t.Context()))
		require.Equal(t, []string{numberItem("telemetry", "power", 2), numberItem("event", "door", 2)}, items(t, tr.take()[2:]))
		cancel()
		require.NoError(t, <-ended)

		// An event that comes between the initial data and the start is not lost.
		var out recorder
		require.NoError(t, b.InitialData(t.Context(), &out))
		publish(3)
		out.take()
		stop := start(t, b, &out)
		stop()
		require.Equal(t, []string{numberItem("telemetry", "power", 3), numberItem("event", "door", 3)}, items(t, out.take()))

		// The initial data of another run has what was published since the last.
		publish(4)
		require.NoError(t, b.InitialData(t.Context(), &out))
		start(t, b, &out)()
		require.Equal(t, []string{numberItem("event", "door", 4), numberItem("telemetry", "power", 4)}, items(t, out.take()))
	})
}

// logDefault has the default logger write to the result during a test.
func logDefault(t *testing.T) *strings.Builder {
	var logged strings.Builder
	before := slog.Default()
	slog.SetDefault(newLogger(&logged))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &logged
}

func TestAProducerThatNobodyRunsSaysSoOnce(t *testing.T) {
	logged := logDefault(t)
	synctest.Test(t, func(t *testing.T) {
		b := producer.NewBase("Rack")
		publish := func(times int) {
			for range times {
				require.NoError(t, b.Telemetry(t.Context(), "power", number{}))
				time.Sleep(time.Second)
			}
		}
		publish(10)
		require.Empty(t, logged.String(), "it may be about to run")
		publish(100)
		require.Equal(t, 1, strings.Count(logged.String(), "\n"), logged.String())
		require.Contains(t, logged.String(), `level=WARN msg="what is published goes nowhere: the producer is not running; add it to a Client before that runs" producer=Rack`)
	})
}

func TestAClientThatServesNobodyOrIsNotConnectedSaysSoOnce(t *testing.T) {
	logged := logDefault(t)
	run := func(t *testing.T, c *producer.Client, tr *fakeTransport, connects time.Duration) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		time.Sleep(connects)
		require.NoError(t, tr.connect(t.Context()))
		time.Sleep(time.Hour)
		c.Add(producer.NewBase("Late"))
		cancel()
		require.NoError(t, <-ended)
		require.ErrorContains(t, c.Run(t.Context()), "Run was called before")
	}
	synctest.Test(t, func(t *testing.T) {
		tr := &fakeTransport{}
		run(t, producer.NewClient(tr), tr, time.Second)
		require.Contains(t, logged.String(), `level=WARN msg="the client has no producers: add them before it runs"`)
		require.Contains(t, logged.String(), `level=ERROR msg="a producer was added after the client has begun to run: it is not served" producer=Late`)
		require.Equal(t, 2, strings.Count(logged.String(), "\n"), logged.String())
		logged.Reset()

		tr = &fakeTransport{}
		c := producer.NewClient(tr)
		c.Add(producer.NewBase("Rack"))
		run(t, c, tr, time.Minute)
		require.Contains(t, logged.String(), `level=WARN msg="there is no connection to the manager yet: what the producers publish waits" after=10s outbox_bytes=33554432`)
		require.Equal(t, 2, strings.Count(logged.String(), "\n"), logged.String())
	})
}

func TestWhatIsNilIsAnErrorThatSaysSo(t *testing.T) {
	newClient := func() *producer.Client { return producer.NewClient(&fakeTransport{}) }
	withNil := newClient()
	withNil.Add(nil)
	factory := producer.NewFactory(nil)
	factory.Register("nothing", func(context.Context, producer.Spec) (producer.Producer, error) { return nil, nil }, "Nothing")
	broken := producer.NewFactory(nil)
	broken.Register("", nil, "Rack:1")
	err := func(_ any, err error) error { return err }
	for _, test := range []struct {
		err  error
		want string
	}{
		{producer.NewBase("Rack").Run(t.Context(), nil), "needs a Sender"},
		{producer.NewBase("Rack").Run(t.Context(), (*producer.Client)(nil)), "needs a Sender"},
		{producer.NewClient(nil).Run(t.Context()), "the Transport of the Client is nil"},
		{producer.NewClient((*client.Client)(nil)).Run(t.Context()), "the Transport of the Client is nil"},
		{producer.NewClient(producer.InProcess(nil)).Run(t.Context()), "the Conn given to InProcess is nil"},
		{withNil.Run(t.Context()), "a nil Producer was added"},
		{err(producer.NewScriptQueue(nil, nil)), "a Remote of the ScriptQueue is nil"},
		{err(producer.NewSet(nil, newClient(), []string{"A"})), "needs a Factory and a Client"},
		{err(producer.NewSet(factory, nil, []string{"A"})), "needs a Factory and a Client"},
		{err(producer.NewSet(factory, producer.NewClient(nil), []string{"A"})), "the Transport of the Client is nil"},
		{err(factory.FromName(t.Context(), "Nothing")), `the Constructor of type "nothing" returned nil`},
		{err(broken.FromName(t.Context(), "Rack")), `Register("") needs the name of a type and its Constructor`},
		{broken.Check("Rack"), `"Rack:1" is not the name of a component without index`},
	} {
		require.ErrorContains(t, test.err, test.want)
	}
}

func TestARemoteThatIsNilIsNamed(t *testing.T) {
	const want = "producer: the Remote is nil: was the error of Domain.Remote checked?"
	require.PanicsWithValue(t, want, func() { producer.NewCSC((*sal.Remote)(nil)) })
	require.PanicsWithValue(t, want, func() { producer.NewWatcher(nil) })
}

func TestAFactoryWithoutSALMakesWhatIsRegistered(t *testing.T) {
	f := producer.NewFactory(nil)
	require.ErrorContains(t, f.Check("PowerRack:1"), "no type is registered")
	f.Register("rack", newRack, "PowerRack")
	set, err := producer.NewSet(f, producer.NewClient(&fakeTransport{}), []string{"PowerRack:1", "PowerRack:2"})
	require.NoError(t, err)
	producers, err := set.Producers(t.Context())
	require.NoError(t, err)
	require.Len(t, producers, 2)
	require.Equal(t, "PowerRack:2", producers[1].Name())
	again, err := set.Producers(t.Context())
	require.NoError(t, err)
	require.Same(t, producers[0], again[0])

	err = f.Check("ATDome")
	require.ErrorIs(t, err, producer.ErrUnknown)
	require.ErrorContains(t, err, `there is no component "ATDome"; the components are PowerRack`)
	_, err = f.Expand([]string{"all"}, nil)
	require.ErrorContains(t, err, "the factory has no SAL")
	for _, typ := range []string{producer.TypeCSC, producer.TypeWatcher, producer.TypeScriptQueue} {
		_, err = f.FromType(t.Context(), typ, "ATDome:1")
		require.ErrorContains(t, err, "the factory has no SAL: give NewFactory a domain", typ)
	}
	p, err := f.FromName(t.Context(), "Any:3")
	require.NoError(t, err)
	require.Equal(t, "Any:3", p.Name(), "a Base keeps its index")
}

func TestASetRunsTheProducersThatItGave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := &fakeTransport{}
		f := producer.NewFactory(nil)
		f.Register("rack", newRack, "Rack")
		set, err := producer.NewSet(f, producer.NewClient(tr), []string{"Rack"})
		require.NoError(t, err)
		producers, err := set.Producers(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- set.Run(ctx) }()
		synctest.Wait()
		require.NoError(t, tr.connect(t.Context()))
		tr.take()
		require.NoError(t, producers[0].(*producer.Base).Event(t.Context(), "door", number{1}))
		require.Equal(t, []string{numberItem("event", "door", 1)}, items(t, tr.take()))
		cancel()
		require.NoError(t, <-ended)
		require.ErrorContains(t, set.Run(t.Context()), "Run was called before")
	})
}

func TestAProducerOfAComponentPublishesEventsOfItsOwn(t *testing.T) {
	runCSC(t, "Hexapod:2", nil, nil, func(_ *fixture, p producer.Producer, out *recorder) {
		csc := p.(*producer.CSC)
		require.NoError(t, csc.Event(t.Context(), "derived", number{1}))
		const want = `event {"csc":"Hexapod","salindex":2,"data":{"derived":[{"n":{"value":1,"dataType":"Int","units":"unitless"}}]}}`
		require.Equal(t, []string{want}, items(t, out.take()))
		require.NoError(t, p.HandleRequest(t.Context(), producer.Request{CSC: "Hexapod", SalIndex: love.Index(2), Stream: "derived"}, out))
		require.Equal(t, []string{want}, items(t, out.take()))
		require.NoError(t, p.InitialData(t.Context(), out))
		require.Equal(t, []string{want}, items(t, out.take()))
	})
}

func TestOptionsThatContradictAreErrors(t *testing.T) {
	w := newFixture(t)
	for want, options := range map[string][]producer.Option{
		"WithPeriod(0s): give a period above 0": {producer.WithPeriod(0)},
		"WithStartDelay(-1ns)":                  {producer.WithStartDelay(-1)},
		"WithTelemetryPush(-1ns)":               {producer.WithTelemetryPush(-1)},
		"WithStreamLayout(Layout(7))":           {producer.WithStreamLayout(7)},
		"WithFinishedScripts":                   {producer.WithFinishedScripts(-1)},
		"WithCoalescing(-1ns)":                  {producer.WithCoalescing(-1)},
		"topic tel_position is in both WithPeriodicData and WithAsynchronousData": {
			producer.WithPeriodicData("tel_position"), producer.WithAsynchronousData("tel_position"),
		},
	} {
		f := producer.NewFactory(w.domain, options...)
		require.ErrorContains(t, f.Check("Dome"), want)
		_, err := f.FromName(t.Context(), "Dome")
		require.ErrorContains(t, err, want)
		_, err = producer.NewSet(f, producer.NewClient(&fakeTransport{}), []string{"Dome"})
		require.ErrorContains(t, err, want)
	}
	b := producer.NewBase("Rack", producer.WithPeriod(-1))
	require.ErrorContains(t, b.Run(t.Context(), &recorder{}), "WithPeriod(-1ns)")
	require.ErrorContains(t, b.Event(t.Context(), "door", number{}), "WithPeriod(-1ns)")
	require.ErrorContains(t, b.Publish(t.Context(), complete(object{})), "WithPeriod(-1ns)")
	for want, o := range map[string]producer.ClientOption{
		"WithOutbox(-1)":            producer.WithOutbox(-1),
		"WithSubscribeInterval(0s)": producer.WithSubscribeInterval(0),
	} {
		require.ErrorContains(t, producer.NewClient(&fakeTransport{}, o).Run(t.Context()), want)
	}
	require.NoError(t, w.domain.Close())
}

func TestANameThatNoComponentCanHaveIsAnError(t *testing.T) {
	for _, b := range []*producer.Base{
		producer.NewBase(""), producer.NewBase("PowerRack:1"), producer.NewBase("all"), producer.NewBase("a b"),
	} {
		require.ErrorContains(t, b.Telemetry(t.Context(), "s", number{}), `give NewBase("PowerRack") or NewInstance("PowerRack", 1)`)
		require.Error(t, b.Run(t.Context(), &recorder{}))
	}
	require.ErrorContains(t, producer.NewInstance("Rack", -1).Event(t.Context(), "s", number{}), "the index of a component is from 0 to 2147483647")
}
