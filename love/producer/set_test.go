package producer_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/producer"
	"github.com/rubin-love/love-go/love/sal"
)

func newRack(_ context.Context, s producer.Spec) (producer.Producer, error) {
	return producer.NewInstance(s.Component, s.Index, s.BaseOptions()...), nil
}

func TestFactoryChoosesByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t)
		f := producer.NewFactory(w.domain)
		f.Register("rack", newRack, "PowerRack", "Mute")
		for _, test := range []struct {
			name, called string
			csc          bool
		}{
			{"Dome", "Dome", true},
			{"Dome:0", "Dome", true},
			{"Hexapod", "Hexapod:0", true},
			{"Hexapod:2", "Hexapod:2", true},
			{"PowerRack", "PowerRack", false},
			{"Mute", "Mute", false},
		} {
			p, err := f.FromName(t.Context(), test.name)
			require.NoError(t, err, test.name)
			require.Equal(t, test.called, p.Name())
			_, csc := p.(*producer.CSC)
			require.Equal(t, test.csc, csc, test.name)
		}
		require.NoError(t, w.domain.Close())
	})
}

func TestFactoryErrorsListWhatIsKnown(t *testing.T) {
	w := newFixture(t)
	f := producer.NewFactory(w.domain)
	f.Register("rack", newRack, "PowerRack")
	for _, name := range []string{"Dom", "dome", "my-thing"} {
		err := f.Check(name)
		require.ErrorIs(t, err, producer.ErrUnknown)
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, err, "Dome, Hexapod, Mute, PowerRack")
	}
	_, err := f.FromType(t.Context(), "Rack", "x")
	require.ErrorIs(t, err, producer.ErrUnknown)
	require.ErrorContains(t, err, "base, csc, rack, scriptqueue, watcher")

	for _, name := range []string{"", " Dome", "Dome ", "Dome:", "Dome:x", "Dome:-1", "Dome:1.5", ":1", "Dome:1:2", "9abc"} {
		_, err := f.FromName(t.Context(), name)
		require.ErrorIs(t, err, sal.ErrName, name)
	}
	_, err = f.FromName(t.Context(), "Hexapod:*")
	require.ErrorIs(t, err, sal.ErrWildcard)
	_, err = f.FromName(t.Context(), "Dome:1")
	require.ErrorIs(t, err, sal.ErrIndex)
}

func TestFactoryMakesAnyTypeOnRequest(t *testing.T) {
	f := producer.NewFactory(newFixture(t).domain)
	p, err := f.FromType(t.Context(), producer.TypeBase, "Any")
	require.NoError(t, err)
	require.Equal(t, []string{"all", "Any"}, p.Subscriptions())
	_, err = f.FromType(t.Context(), producer.TypeCSC, "Any")
	require.ErrorContains(t, err, "Any")
}

func TestASetServesAllItsComponents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFixture(t)
		tr := &fakeTransport{}
		set, err := producer.NewSet(producer.NewFactory(w.domain), producer.NewClient(tr), []string{"Dome", "Hexapod:1"})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- set.Run(ctx) }()
		synctest.Wait()
		require.NoError(t, tr.connect(t.Context()))
		require.Equal(t, []string{"subscribe all", "subscribe Dome", "subscribe Hexapod"}, summaries(t, tr.take()))
		w.bus.write(w.sample(t, "Hexapod", "evt_summaryState", sal.Values{"salIndex": 1}))
		w.bus.write(w.sample(t, "Dome", "evt_summaryState", nil))
		synctest.Wait()
		require.ElementsMatch(t, []string{"event Hexapod 1 summaryState list", "event Dome 0 summaryState list"}, streams(t, tr.take()))
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, w.domain.Close())
	})
}

func TestASetReportsAllErrorsBeforeItConnects(t *testing.T) {
	f := producer.NewFactory(newFixture(t).domain)
	_, err := producer.NewSet(f, producer.NewClient(&fakeTransport{}), []string{"Dome", "Nothing", "Dome:7", "Dome:0"})
	require.ErrorContains(t, err, "Nothing")
	require.ErrorContains(t, err, "not 7")
	require.ErrorContains(t, err, "Dome:0 is given twice")
	_, err = producer.NewSet(f, producer.NewClient(&fakeTransport{}), nil)
	require.ErrorContains(t, err, "at least one")
}

func TestAllExpandsToComponentsWithoutIndexAndTheGivenInstances(t *testing.T) {
	f := producer.NewFactory(newFixture(t).domain)
	for _, test := range []struct {
		components, instances, want []string
	}{
		{[]string{"Dome", "Hexapod:3"}, nil, []string{"Dome", "Hexapod:3"}},
		{[]string{"all"}, nil, []string{"Dome", "Mute"}},
		{[]string{"all"}, []string{"Hexapod:1", "Hexapod:2"}, []string{"Dome", "Mute", "Hexapod:1", "Hexapod:2"}},
	} {
		got, err := f.Expand(test.components, test.instances)
		require.NoError(t, err)
		require.Equal(t, test.want, got)
	}
	for _, bad := range []string{"Hexapod", "Hexapod:", "x y"} {
		_, err := f.Expand([]string{"all"}, []string{bad})
		require.ErrorContains(t, err, "such as MTHexapod:1")
	}
	_, err := f.Expand([]string{"Dome"}, []string{"Hexapod:1"})
	require.ErrorContains(t, err, "all")
}
