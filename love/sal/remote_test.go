package sal_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// writeOnly returns a controller that only writes.
func writeOnly(t *testing.T, d *sal.Domain, name string, index int) *sal.Controller {
	c, err := d.Controller(t.Context(), name, index, sal.WriteOnly())
	require.NoError(t, err)
	return c
}

func write(t *testing.T, c *sal.Controller, attr string, v sal.Values) {
	_, err := c.Write(t.Context(), attr, v)
	require.NoError(t, err)
}

// collect subscribes to a topic and gathers the values of one field.
func collect(t *testing.T, r *sal.Remote, attr, field string) *[]any {
	var got []any
	_, err := r.Subscribe(attr, func(s *sal.Sample) { got = append(got, s.Value(field)) })
	require.NoError(t, err)
	return &got
}

func TestLateJoinerGetsTheNewestEventThenAllOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		for _, p := range []int{1, 2, 3} {
			write(t, c, "evt_burning", sal.Values{"power": p})
			write(t, c, "tel_light", sal.Values{"flux": p})
		}
		r := remote(t, d, "Lamp", 0)
		s, ok := r.Latest("evt_burning")
		require.True(t, ok)
		require.Equal(t, 3.0, s.Float("power"))
		_, ok = r.Latest("tel_light")
		require.False(t, ok, "telemetry has no history")

		events, telemetry := collect(t, r, "evt_burning", "power"), collect(t, r, "tel_light", "flux")
		for _, p := range []int{4, 5} {
			write(t, c, "evt_burning", sal.Values{"power": p})
			write(t, c, "tel_light", sal.Values{"flux": p})
		}
		synctest.Wait()
		require.Equal(t, []any{3.0, 4.0, 5.0}, *events)
		require.Equal(t, []any{4.0, 5.0}, *telemetry)
	})
}

func TestLateJoinerGetsTheNewestOfEachInstance(t *testing.T) {
	for _, c := range []struct {
		name  string
		index int
		opts  []sal.RemoteOption
		want  []any
	}{
		{"all instances", 0, nil, []any{int64(15), int64(25)}},
		{"one instance", 2, nil, []any{int64(25)}},
		{"an instance that never wrote", 3, nil, nil},
		{"no history wanted", 0, []sal.RemoteOption{sal.WithHistory(0)}, nil},
		{"history that reaches one instance only", 0, []sal.RemoteOption{sal.WithHistory(1)}, []any{int64(25)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, d *sal.Domain) {
				one, two := writeOnly(t, d, "Hexapod", 1), writeOnly(t, d, "Hexapod", 2)
				for v := range 3 {
					write(t, one, "evt_inPosition", sal.Values{"value": 13 + v})
					write(t, two, "evt_inPosition", sal.Values{"value": 23 + v})
				}
				got := collect(t, remote(t, d, "Hexapod", c.index, c.opts...), "evt_inPosition", "value")
				synctest.Wait()
				require.Equal(t, c.want, *got)
			})
		})
	}
}

func TestRemoteOfOneInstanceReceivesOnlyThatOne(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		one, two, none := writeOnly(t, d, "Hexapod", 1), writeOnly(t, d, "Hexapod", 2), writeOnly(t, d, "Hexapod", 0)
		got := collect(t, remote(t, d, "Hexapod", 2), "evt_inPosition", "value")
		all := collect(t, remote(t, d, "Hexapod", 0), "evt_inPosition", "value")
		write(t, one, "evt_inPosition", sal.Values{"value": 1})
		write(t, two, "evt_inPosition", sal.Values{"value": 2})
		write(t, none, "evt_inPosition", sal.Values{"value": 3}) // 0 is not a broadcast
		synctest.Wait()
		require.Equal(t, []any{int64(2)}, *got)
		require.Equal(t, []any{int64(1), int64(2), int64(3)}, *all)
	})
}

func TestRemoteOfAllInstancesForgetsTheLongestIdle(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		const last = 5000
		r := remote(t, d, "Hexapod", 0)
		all := writeOnly(t, d, "Hexapod", 0)
		for i := range last {
			write(t, all, "evt_inPosition", sal.Values{"salIndex": i + 1, "value": i + 1})
			write(t, all, "evt_inPosition", sal.Values{"salIndex": 100_000, "value": -i}) // one that is never idle
		}
		synctest.Wait()
		got := collect(t, r, "evt_inPosition", "value")
		synctest.Wait()
		known := *got
		require.GreaterOrEqual(t, len(known), 1000)
		require.Less(t, len(known), 2000)
		require.Equal(t, []any{int64(last - 1), int64(last), int64(1 - last)}, known[len(known)-3:])
	})
}

func TestOlderSamplesOfAnInstanceAreDropped(t *testing.T) {
	bus := sim.NewBus()
	d := sal.NewDomain(bus, interfaces(t))
	defer d.Close()
	r := remote(t, d, "Hexapod", 0)
	comp, _ := d.Definitions().Component("Hexapod")
	topic, _ := comp.Topic("evt_inPosition")
	var mu sync.Mutex
	var got []int64
	done := make(chan struct{})
	_, err := r.Subscribe("evt_inPosition", func(s *sal.Sample) {
		mu.Lock()
		defer mu.Unlock()
		if got = append(got, s.Int("value")); s.Int("value") == 8 {
			close(done)
		}
	})
	require.NoError(t, err)
	for _, w := range []struct {
		index int
		stamp float64
		value int
	}{{1, 100, 1}, {1, 101, 2}, {1, 100.5, 3}, {1, 101, 4}, {2, 50, 5}, {2, 49, 6}, {1, 102, 7}, {2, 51, 8}} {
		s, err := sal.NewSample(topic, sal.Values{"salIndex": w.index, "private_sndStamp": w.stamp, "value": w.value})
		require.NoError(t, err)
		require.NoError(t, bus.Publish(t.Context(), s))
	}
	<-done
	require.Equal(t, []int64{1, 2, 4, 5, 7, 8}, got)
}

func TestNextWaitsForASampleAfterTheCall(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		write(t, c, "evt_burning", sal.Values{"power": 1})
		r := remote(t, d, "Lamp", 0)
		s, err := r.Await(t.Context(), "evt_burning")
		require.NoError(t, err)
		require.Equal(t, 1.0, s.Float("power"))

		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				s, err := r.Next(t.Context(), "evt_burning")
				if err != nil || s.Float("power") != 2 {
					t.Error(s, err)
				}
			})
		}
		synctest.Wait()
		write(t, c, "evt_burning", sal.Values{"power": 2})
		both.Wait()

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = r.Next(short, "evt_burning")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestCancelledSubscriptionIsNotCalledAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		c := writeOnly(t, d, "Lamp", 0)
		r := remote(t, d, "Lamp", 0)
		var got []float64
		cancel, err := r.Subscribe("tel_light", func(s *sal.Sample) { got = append(got, s.Float("flux")) })
		require.NoError(t, err)
		write(t, c, "tel_light", sal.Values{"flux": 1})
		synctest.Wait()
		cancel()
		cancel()
		write(t, c, "tel_light", sal.Values{"flux": 2})
		synctest.Wait()
		require.Equal(t, []float64{1}, got)
	})
}

func TestRemoteReadsOnlyTheSelectedTopics(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		r := remote(t, d, "Lamp", 0, sal.WithTopics("burning", "nonsense"))
		require.True(t, r.Has("evt_burning") && r.Has("tel_burning"), "a short name selects both kinds")
		require.False(t, r.Has("tel_light"))
		_, err := r.Subscribe("tel_light", func(*sal.Sample) {})
		require.ErrorContains(t, err, "does not read tel_light")
		require.False(t, remote(t, d, "Lamp", 0, sal.WithoutTopics("light")).Has("tel_light"))
		require.False(t, remote(t, d, "Lamp", 0, sal.WithTopics()).Has("evt_burning"))
		_, err = r.Next(t.Context(), "evt_brning")
		require.EqualError(t, err, `Lamp has no topic "evt_brning"; did you mean evt_burning?`)
		_, err = r.Subscribe("ack_ackcmd", func(*sal.Sample) {})
		require.Error(t, err)
	})
}

func TestRemoteNeedsAPossibleIndex(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		for name, index := range map[string]int{"Lamp": 1, "Hexapod": -1} {
			_, err := d.Remote(t.Context(), name, index)
			require.ErrorIs(t, err, sal.ErrIndex)
		}
		_, err := d.Remote(t.Context(), "Lampe", 0)
		require.EqualError(t, err, `there is no component "Lampe"; did you mean Lamp?`)
	})
}

func TestClosingEndsWaitingCalls(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		r := remote(t, d, "Lamp", 0)
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := r.Next(t.Context(), "tel_light"); err == nil {
				t.Error("no error")
			}
		})
		both.Go(func() {
			if _, err := r.Command(t.Context(), "switchOff", nil); err == nil {
				t.Error("no error")
			}
		})
		synctest.Wait()
		require.NoError(t, r.Err())
		require.NoError(t, r.Close())
		both.Wait()
		require.NoError(t, r.Close())
		require.ErrorIs(t, r.Err(), sal.ErrClosed)
		_, err := r.Next(t.Context(), "tel_light")
		require.ErrorIs(t, err, sal.ErrClosed)
		_, err = r.Command(t.Context(), "switchOff", nil)
		require.ErrorIs(t, err, sal.ErrClosed)
		require.NoError(t, d.Close())
		_, err = d.Remote(t.Context(), "Lamp", 0)
		require.ErrorIs(t, err, sal.ErrClosed)
	})
}

func TestSamplesCarryTheirWriterAndTime(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		r := remote(t, d, "Hexapod", 2)
		c := writeOnly(t, d, "Hexapod", 2)
		write(t, c, "evt_inPosition", sal.Values{"value": 1})
		time.Sleep(time.Minute)
		write(t, c, "evt_inPosition", sal.Values{"value": 2})
		synctest.Wait()
		s, _ := r.Latest("evt_inPosition")
		tai := love.TAI(time.Now())
		require.Equal(t, 2, s.Index())
		require.Equal(t, 2, s.Number())
		require.Equal(t, "Hexapod:2", s.Identity())
		require.Equal(t, 42, s.Origin())
		require.Equal(t, tai, s.Sent())
		require.Equal(t, tai, s.Float("private_rcvStamp"))
		require.Equal(t, tai, s.Float("private_kafkaStamp"))
		require.InDelta(t, tai-32, s.Float("private_efdStamp"), 1e-6, "the bubble begins in the year 2000")
		require.Len(t, s.Text("private_revCode"), 8)
	})
}

func TestSlowCallbackLosesTheOldestSamples(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		r := remote(t, d, "Lamp", 0, sal.WithQueue(3))
		c := writeOnly(t, d, "Lamp", 0)
		var got []float64
		_, err := r.Subscribe("tel_light", func(s *sal.Sample) {
			got = append(got, s.Float("flux"))
			time.Sleep(time.Hour)
		})
		require.NoError(t, err)
		write(t, c, "tel_light", sal.Values{"flux": 0})
		synctest.Wait()
		for i := range 10 {
			write(t, c, "tel_light", sal.Values{"flux": 1 + i})
		}
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		require.Equal(t, []float64{0, 8, 9, 10}, got)
	})
}

// busyBus is a bus on which samples arrive without a pause.
type busyBus struct {
	sal.Bus
	sample *sal.Sample
}

func (b busyBus) Subscribe(context.Context, []sal.TopicRequest) (sal.Subscription, error) {
	return b, nil
}

func (b busyBus) Receive(context.Context) ([]sal.Delivery, error) {
	return []sal.Delivery{{Topic: b.sample.Topic(), Sample: b.sample}}, nil
}

func (busyBus) Close() error { return nil }

func TestRemoteOfABusyBusStartsAndCloses(t *testing.T) {
	s, err := sal.NewSample(everything(t), nil)
	require.NoError(t, err)
	d := sal.NewDomain(busyBus{sim.NewBus(), s}, interfaces(t))
	r := remote(t, d, "Lamp", 0, sal.WithHistory(0))
	require.NoError(t, r.Close())
	require.ErrorIs(t, r.Err(), sal.ErrClosed)
	require.NoError(t, d.Close())
}

func TestCallbackQueueHoldsAtLeastOneSample(t *testing.T) {
	inBubble(t, func(t *testing.T, d *sal.Domain) {
		got := collect(t, remote(t, d, "Lamp", 0, sal.WithQueue(0)), "tel_light", "flux")
		write(t, writeOnly(t, d, "Lamp", 0), "tel_light", sal.Values{"flux": 1})
		synctest.Wait()
		require.Equal(t, []any{1.0}, *got)
	})
}

func TestReaderSeesTheFieldsOfItsOwnDefinition(t *testing.T) {
	bus := sim.NewBus()
	other, err := sal.Define(&sal.Component{Name: "Lamp", Topics: []*sal.Topic{
		{Kind: sal.Event, Name: "burning", Fields: []sal.Field{{Name: "colour", Type: sal.String}, {Name: "power", Type: sal.Float}, {Name: "on", Type: sal.Int}}},
	}})
	require.NoError(t, err)
	theirs, ours := sal.NewDomain(bus, other), sal.NewDomain(bus, interfaces(t))
	defer theirs.Close()
	defer ours.Close()
	c, err := theirs.Controller(t.Context(), "Lamp", 0, sal.WriteOnly())
	require.NoError(t, err)
	write(t, c, "evt_burning", sal.Values{"colour": "red", "power": 5, "on": 1})
	s, ok := remote(t, ours, "Lamp", 0).Latest("evt_burning")
	require.True(t, ok)
	require.Equal(t, 5.0, s.Float("power"))
	require.False(t, s.Bool("on"), "the writer has another type")
	require.Nil(t, s.Value("colour"))
	require.Equal(t, "Lamp", s.Identity())
}

func TestSamplesMayBeReadInAnyOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, defs := sim.NewBus(), interfaces(t)
		d := sal.NewDomain(bus, defs)
		defer d.Close()
		r := remote(t, d, "Lamp", 0, sal.WithAnyOrder(sal.Telemetry))
		telemetry, events := collect(t, r, "tel_light", "flux"), collect(t, r, "evt_burning", "power")
		for i, sent := range []float64{100, 99, 101} {
			for attr, field := range map[string]string{"tel_light": "flux", "evt_burning": "power"} {
				topic, _ := r.Component().Topic(attr)
				s, err := sal.NewSample(topic, sal.Values{"private_sndStamp": sent, field: i})
				require.NoError(t, err)
				require.NoError(t, bus.Publish(t.Context(), s))
			}
		}
		synctest.Wait()
		require.Equal(t, []any{0.0, 1.0, 2.0}, *telemetry)
		require.Equal(t, []any{0.0, 2.0}, *events)
	})
}
