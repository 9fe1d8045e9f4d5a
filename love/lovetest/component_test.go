package lovetest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/lovetest"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestComponentAnswersAsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := lovetest.NewDomain(t, sim.Definitions())
		dome := lovetest.NewComponent(t, d, "ATDome", 0)
		r, err := d.Remote(t.Context(), "ATDome", 0)
		require.NoError(t, err)
		_, err = r.Command(t.Context(), "moveAzimuth", sal.Values{"azimuth": 5})
		require.NoError(t, err)
		dome.Answer("moveAzimuth", func(context.Context, *sal.Sample) error { return errors.New("it is stuck") })
		_, err = r.Command(t.Context(), "moveAzimuth", sal.Values{"azimuth": 6})
		require.ErrorContains(t, err, "Failed: it is stuck")
		require.Len(t, dome.Commands(), 2)
		require.Equal(t, 6.0, dome.Commands()[1].Float("azimuth"))
	})
}

func TestBusFailsOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, bus := lovetest.NewDomain(t, sim.Definitions())
		dome := lovetest.NewComponent(t, d, "ATDome", 0)
		r, err := d.Remote(t.Context(), "ATDome", 0, sal.ReadOnly())
		require.NoError(t, err)
		_, err = dome.Write(t.Context(), "tel_position", nil)
		require.NoError(t, err)
		require.Equal(t, "tel_position", bus.Published()[1].Topic().Attr())

		down := errors.New("the bus is down")
		bus.Fail(down)
		_, err = dome.Write(t.Context(), "tel_position", nil)
		require.ErrorIs(t, err, down)
		_, err = d.Remote(t.Context(), "ATDome", 0)
		require.ErrorIs(t, err, down)
		bus.Fail(nil)
		_, err = dome.Write(t.Context(), "tel_position", nil)
		require.NoError(t, err)

		other, err := d.Remote(t.Context(), "MTMount", 0, sal.ReadOnly())
		require.NoError(t, err)
		require.NoError(t, other.Close())
		require.NoError(t, r.Err())
	})
}

func TestBusBreaksOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, bus := lovetest.NewDomain(t, sim.Definitions())
		r, err := d.Remote(t.Context(), "ATDome", 0)
		require.NoError(t, err)
		down := errors.New("the bus is down")
		time.AfterFunc(time.Second, func() { bus.Break(down) })
		_, err = r.Next(t.Context(), "tel_position")
		require.ErrorIs(t, err, down)
	})
}

func TestBusConforms(t *testing.T) {
	lovetest.RunDomain(t, lovetest.DomainFeatures{Bubble: true, Unit: time.Second}, func(*testing.T, *sal.Definitions) func() sal.Bus {
		bus := lovetest.NewBus()
		return func() sal.Bus { return bus }
	})
}
