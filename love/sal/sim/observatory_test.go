package sim_test

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

// runObservatory runs an observatory in a bubble while body runs.
func runObservatory(t *testing.T, opts []sim.Option, body func(t *testing.T, ctx context.Context, d *sal.Domain)) {
	synctest.Test(t, func(t *testing.T) {
		d := sal.NewDomain(sim.NewBus(), sim.Definitions())
		o := sim.NewObservatory(d, opts...)
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- o.Run(ctx) }()
		defer func() {
			stop()
			require.NoError(t, <-ended)
			require.NoError(t, d.Close())
		}()
		<-o.Ready()
		body(t, ctx, d)
	})
}

func remote(t *testing.T, ctx context.Context, d *sal.Domain, name string, index int) *sal.Remote {
	r, err := d.Remote(ctx, name, index)
	require.NoError(t, err)
	return r
}

// pass lets time pass in the bubble, and waits until everything in it is blocked.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func position(t *testing.T, r *sal.Remote) float64 {
	s, ok := r.Latest("tel_position")
	require.True(t, ok)
	return s.Float("azimuthPosition")
}

func TestDomeSlewsAsCommandedWithinItsLimits(t *testing.T) {
	runObservatory(t, only("ATDome"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "ATDome", 0)
		_, err := r.Command(ctx, "cmd_moveAzimuth", sal.Values{"azimuth": 90})
		require.NoError(t, err)
		pass(3 * time.Minute)
		require.InDelta(t, 90, position(t, r), 0.01)
		in, _ := r.Latest("evt_azimuthInPosition")
		require.True(t, in.Bool("inPosition"))

		last, velocity := math.NaN(), 0.0
		cancel, err := r.Subscribe("tel_position", func(s *sal.Sample) {
			now := s.Float("azimuthPosition")
			if !math.IsNaN(last) {
				v := math.Remainder(now-last, 360) / 0.5
				assert.LessOrEqual(t, math.Abs(v), 3.01)
				assert.LessOrEqual(t, math.Abs(v-velocity), 0.51)
				velocity = v
			}
			last = now
		})
		require.NoError(t, err)
		_, err = r.Command(ctx, "moveAzimuth", sal.Values{"azimuth": 350})
		require.NoError(t, err)
		state, err := r.Next(ctx, "evt_azimuthState")
		require.NoError(t, err)
		require.EqualValues(t, 3, state.Int("state"), "the shorter way, counterclockwise")
		pass(3 * time.Minute)
		require.InDelta(t, 350, position(t, r), 0.01)
		cancel()
	})
}

func TestDoorsOpenAndCloseInOrder(t *testing.T) {
	runObservatory(t, only("ATDome"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "ATDome", 0)
		doors := func() (main, dropout int64) {
			m, _ := r.Latest("evt_mainDoorState")
			o, _ := r.Latest("evt_dropoutDoorState")
			return m.Int("state"), o.Int("state")
		}
		pass(10 * time.Second)
		main, dropout := doors()
		require.Equal(t, []int64{4, 1}, []int64{main, dropout}, "main door first")
		pass(3 * time.Minute)
		main, dropout = doors()
		require.Equal(t, []int64{2, 2}, []int64{main, dropout})
		_, err := r.Command(ctx, "closeShutter", nil)
		require.NoError(t, err)
		pass(10 * time.Second)
		main, dropout = doors()
		require.Equal(t, []int64{2, 5}, []int64{main, dropout}, "dropout door first")
		pass(3 * time.Minute)
		main, dropout = doors()
		require.Equal(t, []int64{1, 1}, []int64{main, dropout})
	})
}

func TestSomethingAlwaysMoves(t *testing.T) {
	runObservatory(t, only("ATDome", "MTMount"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		dome, mount := remote(t, ctx, d, "ATDome", 0), remote(t, ctx, d, "MTMount", 0)
		pass(time.Second)
		for range 60 {
			before := position(t, dome)
			axis, _ := mount.Latest("tel_azimuth")
			pass(10 * time.Second)
			require.NotEqual(t, before, position(t, dome))
			after, _ := mount.Latest("tel_azimuth")
			require.NotEqual(t, axis.Float("actualPosition"), after.Float("actualPosition"))
		}
	})
}

func TestMountTracksWithinItsLimitsThroughANight(t *testing.T) {
	hours := 10 * time.Hour
	if testing.Short() || raced {
		hours = time.Hour
	}
	runObservatory(t, []sim.Option{sim.WithComponents("MTMount"), sim.WithTelemetryPeriod(5 * time.Second), sim.WithHeartbeat(10 * time.Second)}, func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r, err := d.Remote(ctx, "MTMount", 0, sal.WithTopics("azimuth", "elevation", "target"))
		require.NoError(t, err)
		targets := 0
		_, err = r.Subscribe("evt_target", func(*sal.Sample) { targets++ })
		require.NoError(t, err)
		_, err = r.Subscribe("tel_elevation", func(s *sal.Sample) {
			assert.GreaterOrEqual(t, s.Float("actualPosition"), 15.0)
			assert.LessOrEqual(t, s.Float("actualPosition"), 86.5)
			assert.LessOrEqual(t, math.Abs(s.Float("actualVelocity")), 2.1)
		})
		require.NoError(t, err)
		pass(hours)
		require.GreaterOrEqual(t, targets, int(hours/(3*time.Minute))-2)
	})
}

func TestMountMovesAsCommandedAndRefusesUnreachablePositions(t *testing.T) {
	runObservatory(t, only("MTMount"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "MTMount", 0)
		_, err := r.Command(ctx, "moveToTarget", sal.Values{"azimuth": -100, "elevation": 45})
		require.NoError(t, err)
		pass(3 * time.Minute)
		s, _ := r.Latest("tel_azimuth")
		require.InDelta(t, -100, s.Float("actualPosition"), 0.001)
		state, _ := r.Latest("evt_azimuthMotionState")
		require.EqualValues(t, 1, state.Int("state"))

		_, err = r.Command(ctx, "moveToTarget", sal.Values{"azimuth": 0, "elevation": 95})
		var refused *sal.AckError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "Failed: elevation=95 is not in the range 15 to 86.5 deg", refused.Ack.Result)
	})
}

func TestWeatherDriftsSmoothlyAndPlausibly(t *testing.T) {
	runObservatory(t, only("ESS:301"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "ESS", 301)
		var last float64
		_, err := r.Subscribe("tel_temperature", func(s *sal.Sample) {
			assert.Equal(t, 301, s.Index())
			now := s.Floats("temperatureItem")
			assert.Len(t, now, 16)
			assert.True(t, math.IsNaN(now[1]))
			assert.InDelta(t, 10, now[0], 6)
			if last != 0 {
				assert.InDelta(t, last, now[0], 0.05)
			}
			last = now[0]
		})
		require.NoError(t, err)
		pass(time.Hour)
		first := last
		dew, _ := r.Latest("tel_dewPoint")
		require.Less(t, dew.Float("dewPointItem"), last)
		pass(time.Hour)
		require.NotEqual(t, first, last)
	})
}

func TestComponentsSendAHeartbeatEachSecond(t *testing.T) {
	runObservatory(t, []sim.Option{sim.WithComponents("ATDome", "MTMount", "ESS:301")}, func(t *testing.T, ctx context.Context, d *sal.Domain) {
		var beats atomic.Int64
		for _, name := range []string{"ATDome", "MTMount", "ESS"} {
			r, err := d.Remote(ctx, name, 0, sal.WithHistory(0))
			require.NoError(t, err)
			_, err = r.Subscribe("evt_heartbeat", func(*sal.Sample) { beats.Add(1) })
			require.NoError(t, err)
		}
		pass(100*time.Second + 100*time.Millisecond)
		require.EqualValues(t, 300, beats.Load())
	})
}

func TestStateCommandsFollowTheTable(t *testing.T) {
	runObservatory(t, []sim.Option{sim.WithInitialState(sal.Standby)}, func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "ATDome", 0)
		for _, step := range []struct {
			command string
			result  string
			state   sal.SummaryState
		}{
			{"enable", "Failed: enable not allowed in state <State.STANDBY: 5>", sal.Standby},
			{"moveAzimuth", "Failed: Not allowed in state=<State.STANDBY: 5>", sal.Standby},
			{"start", "Done", sal.Disabled},
			{"moveAzimuth", "Failed: Not allowed in state=<State.DISABLED: 1>", sal.Disabled},
			{"enable", "Done", sal.Enabled},
			{"start", "Failed: start not allowed in state <State.ENABLED: 2>", sal.Enabled},
			{"moveAzimuth", "Done", sal.Enabled},
			{"disable", "Done", sal.Disabled},
			{"standby", "Done", sal.Standby},
			{"exitControl", "Done", sal.Offline},
		} {
			a, err := r.Command(ctx, step.command, nil, sal.WithTimeout(time.Minute))
			require.Equal(t, step.result, a.Result, step.command)
			require.Equal(t, step.result != "Done", err != nil)
			synctest.Wait()
			s, _ := r.Latest("evt_summaryState")
			require.EqualValues(t, step.state, s.Int("summaryState"), step.command)
		}
		_, err := r.Command(ctx, "start", nil, sal.WithTimeout(time.Minute))
		require.ErrorIs(t, err, sal.ErrTimeout, "an offline component does not answer")
	})
}

func TestLateJoinerKnowsTheStateAtOnce(t *testing.T) {
	runObservatory(t, nil, func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "MTMount", 0)
		s, ok := r.Latest("evt_summaryState")
		require.True(t, ok)
		require.EqualValues(t, sal.Enabled, s.Int("summaryState"))
		_, ok = r.Latest("tel_azimuth")
		require.False(t, ok, "telemetry has no history")
	})
}

func TestObservatoryRefusesAnImpossibleInitialState(t *testing.T) {
	d := sal.NewDomain(sim.NewBus(), sim.Definitions())
	err := sim.NewObservatory(d, sim.WithInitialState(sal.Fault)).Run(context.Background())
	require.ErrorContains(t, err, "STANDBY, DISABLED or ENABLED, not FAULT")
}

func TestWholeObservatoryRunsThroughANight(t *testing.T) {
	opts := []sim.Option{sim.WithTelemetryPeriod(30 * time.Second), sim.WithHeartbeat(30 * time.Second)}
	runObservatory(t, opts, func(t *testing.T, ctx context.Context, d *sal.Domain) {
		hours := 10 * time.Hour
		if testing.Short() || raced {
			hours = time.Hour
		}
		pass(hours)
		for _, full := range []string{"ATDome", "ATMCS", "MTDome", "MTHexapod:1", "MTHexapod:2", "MTMount", "ScriptQueue:1", "Watcher"} {
			name, index, err := sal.ParseName(full)
			require.NoError(t, err)
			state, ok := remote(t, ctx, d, name, index).Latest("evt_summaryState")
			require.True(t, ok)
			require.EqualValues(t, sal.Enabled, state.Int("summaryState"), full)
		}
		queue, _ := remote(t, ctx, d, "ScriptQueue", 1).Latest("evt_queue")
		require.Greater(t, queue.Int("pastLength"), int64(hours/(10*time.Minute)))
	})
}
