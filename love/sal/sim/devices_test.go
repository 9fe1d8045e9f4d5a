package sim_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rubin-love/love-go/love/sal"
	"github.com/rubin-love/love-go/love/sal/sim"
)

func TestDomesFollowTheirTelescopes(t *testing.T) {
	runObservatory(t, only("ATDome", "ATMCS", "MTDome", "MTMount"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		pass(10 * time.Minute)
		dome, mount := remote(t, ctx, d, "ATDome", 0), remote(t, ctx, d, "ATMCS", 0)
		main, mainMount := remote(t, ctx, d, "MTDome", 0), remote(t, ctx, d, "MTMount", 0)
		pass(150 * time.Second) // within a field
		encoders, ok := mount.Latest("tel_mount_AzEl_Encoders")
		require.True(t, ok)
		azimuth := encoders.Floats("azimuthCalculatedAngle")
		require.Len(t, azimuth, 100)
		require.InDelta(t, 0, math.Remainder(position(t, dome)-azimuth[99], 360), 1)
		require.InDelta(t, 0, math.Remainder(number(t, main, "tel_azimuth", "positionActual")-number(t, mainMount, "tel_azimuth", "actualPosition"), 360), 1)
		require.InDelta(t, number(t, mainMount, "tel_elevation", "actualPosition"), number(t, main, "tel_lightWindScreen", "positionActual"), 1)
	})
}

func TestEncoderReadingsAreSmooth(t *testing.T) {
	runObservatory(t, only("ATMCS"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "ATMCS", 0)
		last := math.NaN()
		_, err := r.Subscribe("tel_mount_AzEl_Encoders", func(s *sal.Sample) {
			for _, now := range s.Floats("elevationCalculatedAngle") {
				if !math.IsNaN(last) {
					assert.LessOrEqual(t, math.Abs(now-last), 3.1*0.005, "3 deg/s, 200 readings a second")
				}
				last = now
			}
		})
		require.NoError(t, err)
		pass(15 * time.Minute)
		require.EqualValues(t, 9, number(t, r, "evt_atMountState", "state"))
		do(t, r, "stopTracking", nil)
		pass(time.Minute)
		require.EqualValues(t, 8, number(t, r, "evt_atMountState", "state"))
		refused(t, r, "send startTracking first", "trackTarget", nil)
		do(t, r, "setInstrumentPort", sal.Values{"port": 3})
		require.EqualValues(t, 9, func() float64 { pass(time.Second); return number(t, r, "evt_m3State", "state") }(), "in motion")
		pass(2 * time.Minute)
		require.EqualValues(t, 8, number(t, r, "evt_m3State", "state"))
		refused(t, r, "port=4 is not in the range 1 to 3", "setInstrumentPort", sal.Values{"port": 4})
		do(t, r, "startTracking", nil)
	})
}

func TestMainDomeExecutesItsCommands(t *testing.T) {
	runObservatory(t, only("MTDome"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "MTDome", 0)
		do(t, r, "moveAz", sal.Values{"position": 120})
		do(t, r, "moveEl", sal.Values{"position": 30})
		pass(3 * time.Minute)
		require.InDelta(t, 120, number(t, r, "tel_azimuth", "positionActual"), 0.01)
		require.InDelta(t, 30, number(t, r, "tel_lightWindScreen", "positionActual"), 0.01)
		motion, _ := r.Latest("evt_azMotion")
		require.EqualValues(t, 10, motion.Int("state"))
		require.True(t, motion.Bool("inPosition"))

		do(t, r, "crawlAz", sal.Values{"velocity": 0.5})
		pass(time.Minute)
		require.InDelta(t, 150, number(t, r, "tel_azimuth", "positionActual"), 2)
		do(t, r, "crawlEl", sal.Values{"velocity": 1})
		pass(3 * time.Minute)
		require.InDelta(t, 90, number(t, r, "tel_lightWindScreen", "positionActual"), 0.01, "its end")
		do(t, r, "stop", nil)
		pass(10 * time.Second)
		require.Zero(t, number(t, r, "tel_azimuth", "velocityActual"))

		do(t, r, "closeShutter", nil)
		do(t, r, "closeLouvers", nil)
		do(t, r, "park", nil)
		pass(5 * time.Minute)
		shutter, _ := r.Latest("evt_shutterMotion")
		require.Equal(t, []int64{2, 2}, shutter.Ints("state"))
		louvers, _ := r.Latest("evt_louversMotion")
		require.EqualValues(t, 2, louvers.Ints("state")[33])
		require.EqualValues(t, 8, number(t, r, "evt_azMotion", "state"), "parked")
		do(t, r, "openShutter", nil)

		refused(t, r, "position=400 is not in the range 0 to 360", "moveAz", sal.Values{"position": 400})
		refused(t, r, "is not in the range", "crawlAz", sal.Values{"velocity": 9})
		_, err := r.Command(t.Context(), "setLouvers", sal.Values{"position": []float64{1}})
		require.ErrorContains(t, err, "takes a list of 34, not of 1")
		some := make([]float64, 34)
		some[0], some[1] = 50, -1
		do(t, r, "setLouvers", sal.Values{"position": some})
		pass(time.Minute)
		tel, _ := r.Latest("tel_louvers")
		require.InDelta(t, 50, tel.Floats("positionActual")[0], 0.1)
	})
}

func TestHexapodsMoveIndependently(t *testing.T) {
	runObservatory(t, only("MTHexapod:1", "MTHexapod:2"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		camera, m2 := remote(t, ctx, d, "MTHexapod", 1), remote(t, ctx, d, "MTHexapod", 2)
		do(t, camera, "setCompensationMode", sal.Values{"enable": false})
		do(t, camera, "move", sal.Values{"x": 500, "z": -900, "u": 0.1})
		require.Zero(t, number(t, camera, "evt_inPosition", "inPosition"))
		pass(time.Minute)
		require.EqualValues(t, 1, number(t, camera, "evt_inPosition", "inPosition"))
		do(t, camera, "offset", sal.Values{"x": 100})
		pass(time.Minute)
		application, _ := camera.Latest("tel_application")
		require.InDeltaSlice(t, []float64{600, 0, -900, 0.1, 0, 0}, application.Floats("position"), 1e-6)
		other, _ := m2.Latest("tel_application")
		require.Zero(t, other.Floats("position")[0])
		refused(t, camera, "w=1 is not in the range -0.1 to 0.1", "move", sal.Values{"w": 1})
		do(t, camera, "setPivot", sal.Values{"z": -5})
		require.EqualValues(t, -5, number(t, camera, "evt_configuration", "pivotZ"))
		do(t, m2, "stop", nil)
		pass(time.Minute)
		require.EqualValues(t, 0, number(t, m2, "evt_compensationMode", "enabled"))
	})
}

func TestHexapodFollowsTheTemperature(t *testing.T) {
	runObservatory(t, append(only("MTHexapod:2"), sim.WithTelemetryPeriod(10*time.Second)), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "MTHexapod", 2)
		pass(time.Minute)
		before := number(t, r, "evt_compensatedPosition", "z")
		pass(6 * time.Hour)
		require.NotEqual(t, before, number(t, r, "evt_compensatedPosition", "z"))
	})
}

func TestObserverWritesRemarks(t *testing.T) {
	runObservatory(t, only("LOVE"), func(t *testing.T, ctx context.Context, d *sal.Domain) {
		r := remote(t, ctx, d, "LOVE", 0)
		first, ok := r.Latest("evt_observingLog")
		require.True(t, ok)
		require.Contains(t, first.Text("message"), "is up")
		pass(time.Hour)
		last, _ := r.Latest("evt_observingLog")
		require.Contains(t, last.Text("message"), "1.0 hours")
	})
}
