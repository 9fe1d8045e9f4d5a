package sim_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestLatencyDelaysSamplesAndKeepsTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sal.NewDomain(sim.NewBus(sim.WithLatency(300*time.Millisecond)), sim.Definitions())
		defer d.Close()
		c, err := d.Controller(t.Context(), "Test", 1, sal.WriteOnly())
		require.NoError(t, err)
		r, err := d.Remote(t.Context(), "Test", 1)
		require.NoError(t, err)
		began := time.Now()
		type arrival struct {
			value int64
			after time.Duration
		}
		var got []arrival
		_, err = r.Subscribe("tel_scalars", func(s *sal.Sample) {
			got = append(got, arrival{s.Int("int0"), time.Since(began)})
			require.InDelta(t, 0.3, s.Float("private_rcvStamp")-s.Sent(), 1e-5)
		})
		require.NoError(t, err)
		for n := range 3 {
			_, err := c.Write(t.Context(), "tel_scalars", sal.Values{"int0": n})
			require.NoError(t, err)
			time.Sleep(100 * time.Millisecond)
		}
		pass(time.Second)
		require.Len(t, got, 3)
		for n, a := range got {
			require.EqualValues(t, n, a.value)
			require.InDelta(t, float64(300+100*n), float64(a.after.Milliseconds()), 1)
		}
		_, err = r.Command(t.Context(), "start", nil, sal.WithTimeout(time.Second))
		require.ErrorIs(t, err, sal.ErrTimeout)
	})
}

func TestSlowReaderLosesTheOldestSamples(t *testing.T) {
	bus, defs := sim.NewBus(sim.WithQueue(3), sim.WithHistory(2)), sim.Definitions()
	comp, err := defs.Component("Test")
	require.NoError(t, err)
	topic, _ := comp.Topic("evt_scalars")
	put := func(n int) {
		s, err := sal.NewSample(topic, sal.Values{"int0": n})
		require.NoError(t, err)
		require.NoError(t, bus.Publish(t.Context(), s))
	}
	for n := range 10 {
		put(n)
	}
	sub, err := bus.Subscribe(t.Context(), []sal.TopicRequest{{Topic: topic, History: 100}})
	require.NoError(t, err)
	batch, err := sub.Receive(t.Context())
	require.NoError(t, err)
	require.Len(t, batch, 3, "two of the past, and its end")
	require.EqualValues(t, 8, batch[0].Sample.Int("int0"))
	require.Nil(t, batch[2].Sample)
	for n := range 5 {
		put(n)
	}
	batch, err = sub.Receive(t.Context())
	require.NoError(t, err)
	require.Len(t, batch, 3)
	require.EqualValues(t, 2, batch[0].Sample.Int("int0"))
	require.NoError(t, sub.Close())
}
