package sim

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// Numbers of the enumerations of ATMCS.
const (
	trackingDisabled = 8
	trackingEnabled  = 9
	trackingStopping = 10

	m3Nasmyth1 = 6 // the other ports follow
	m3InMotion = 9
)

// readingsPerSample is how many readings one telemetry sample of ATMCS holds.
const readingsPerSample = 100

const telescopeTolerance = 0.01 // degrees

// telescope is the simulated ATMCS.
type telescope struct {
	*csc
	azimuth, elevation axis
	rotators           [2]axis // Nasmyth 1 and 2
	m3                 axis    // where the port is: 1, 2 or 3

	survey *survey
	mode   mountMode
	fields int32
	before [4]float64 // positions of the axes one step ago
}

func newTelescope(c *csc) *telescope {
	rotator := axis{maxVelocity: 3, maxAcceleration: 1}
	t := &telescope{
		csc:       c,
		azimuth:   axis{maxVelocity: 6, maxAcceleration: 3},
		elevation: axis{position: 80, target: 80, maxVelocity: 3, maxAcceleration: 1.5},
		rotators:  [2]axis{rotator, rotator},
		m3:        axis{position: 1, target: 1, maxVelocity: 0.05, maxAcceleration: 0.05},
		survey:    newSurvey(c.seed, c.dwell),
	}
	t.before = t.positions()
	return t
}

func (t *telescope) axes() []*axis {
	return []*axis{&t.elevation, &t.azimuth, &t.rotators[0], &t.rotators[1]}
}

func (t *telescope) positions() (p [4]float64) {
	for i, a := range t.axes() {
		p[i] = a.position
	}
	return p
}

func (t *telescope) begin(ctx context.Context) {
	t.write(ctx, "evt_positionLimits", sal.Values{
		"minimum": []float64{minElevation, minAzimuth, -165, -165, 0},
		"maximum": []float64{maxElevation, maxAzimuth, 165, 165, 180},
	})
	t.write(ctx, "evt_detailedState", sal.Values{"detailedState": 6})
	t.writeState(ctx)
}

func (t *telescope) commands() map[string]command {
	return map[string]command{
		"startTracking":     func(context.Context, *sal.Sample) error { t.mode = mountSurveys; return nil },
		"stopTracking":      func(context.Context, *sal.Sample) error { t.halt(); return nil },
		"trackTarget":       t.trackTarget,
		"setInstrumentPort": t.setPort,
	}
}

func (t *telescope) enable(_ context.Context, on bool) {
	if !on {
		t.halt()
		return
	}
	t.mode = mountSurveys
}

func (t *telescope) halt() {
	t.mode = mountStands
	for _, a := range t.axes() {
		a.stop()
	}
}

func (t *telescope) setPort(_ context.Context, s *sal.Sample) error {
	port := s.Int("port")
	if port < 1 || port > 3 {
		return fmt.Errorf("port=%d is not in the range 1 to 3", port)
	}
	t.m3.goTo(float64(port))
	return nil
}

func (t *telescope) trackTarget(ctx context.Context, s *sal.Sample) error {
	azimuth, elevation := s.Float("azimuth"), s.Float("elevation")
	late := love.TAI(t.domain.Clock().Now()) - s.Float("taiTime")
	switch {
	case t.mode == mountStands:
		return fmt.Errorf("tracking is not enabled; send startTracking first")
	case !(azimuth >= minAzimuth && azimuth <= maxAzimuth):
		return fmt.Errorf("azimuth=%v is not in the range %v to %v deg", azimuth, minAzimuth, maxAzimuth)
	case !(elevation >= minElevation && elevation <= maxElevation):
		return fmt.Errorf("elevation=%v is not in the range %v to %v deg", elevation, minElevation, maxElevation)
	case !(math.Abs(late) < 60):
		return fmt.Errorf("taiTime is more than a minute away from now")
	}
	t.mode = mountTracks
	for i, name := range [...]string{"elevation", "azimuth", "nasmyth1RotatorAngle", "nasmyth2RotatorAngle"} {
		rate := s.Float(name + "Velocity")
		t.axes()[i].follow(s.Float(name)+late*rate, rate)
	}
	target := sal.Values{}
	for _, f := range s.Topic().Own() {
		target[f.Name] = s.Value(f.Name)
	}
	t.write(ctx, "evt_target", target)
	return nil
}

func (t *telescope) step(ctx context.Context, now time.Time, dt time.Duration) {
	if t.mode == mountSurveys {
		t.observe(ctx, now)
	}
	for _, a := range t.axes() {
		a.step(dt.Seconds())
	}
	t.m3.step(dt.Seconds())
	t.writeReadings(ctx, now)
	t.before = t.positions()
	t.writeState(ctx)
}

// observe points the telescope at the field that is observed; the rotator of
// the port in use turns with the sky.
func (t *telescope) observe(ctx context.Context, now time.Time) {
	pointing, fresh := t.survey.pointing(now)
	rates := t.survey.rates(now)
	azimuth := reachable(pointing.azimuth, t.azimuth.position)
	t.azimuth.follow(azimuth, rates.azimuth)
	t.elevation.follow(pointing.elevation, rates.elevation)
	angle := 90 - pointing.elevation
	for i := range t.rotators {
		t.rotators[i].follow(angle, -rates.elevation)
	}
	if !fresh {
		return
	}
	t.fields++
	t.write(ctx, "evt_target", sal.Values{
		"azimuth": azimuth, "azimuthVelocity": rates.azimuth,
		"elevation": pointing.elevation, "elevationVelocity": rates.elevation,
		"nasmyth1RotatorAngle": angle, "nasmyth1RotatorAngleVelocity": -rates.elevation,
		"nasmyth2RotatorAngle": angle, "nasmyth2RotatorAngleVelocity": -rates.elevation,
		"taiTime": love.TAI(now), "trackId": t.fields, "tracksys": "sidereal", "radesys": "ICRS",
	})
}

// writeReadings writes the telemetry: the readings of the last step.
func (t *telescope) writeReadings(ctx context.Context, now time.Time) {
	stamp := love.TAI(now)
	after := t.positions()
	list := func(i int) []float64 { return between(t.before[i], after[i]) }
	t.write(ctx, "tel_mount_AzEl_Encoders", sal.Values{
		"cRIO_timestamp": stamp, "elevationCalculatedAngle": list(0), "azimuthCalculatedAngle": list(1), "trackId": t.fields,
	})
	t.write(ctx, "tel_mount_Nasmyth_Encoders", sal.Values{
		"cRIO_timestamp": stamp, "nasmyth1CalculatedAngle": list(2), "nasmyth2CalculatedAngle": list(3), "trackId": t.fields,
	})
	t.write(ctx, "tel_measuredMotorVelocity", sal.Values{
		"cRIO_timestamp":         stamp,
		"elevationMotorVelocity": constant(t.elevation.velocity), "azimuthMotor1Velocity": constant(t.azimuth.velocity),
		"azimuthMotor2Velocity": constant(t.azimuth.velocity), "m3Velocity": constant(t.m3.velocity),
		"nasmyth1MotorVelocity": constant(t.rotators[0].velocity), "nasmyth2MotorVelocity": constant(t.rotators[1].velocity),
	})
}

// between returns readings on the way from one position to another, which is the last
// of them.
func between(from, to float64) []float64 {
	list := make([]float64, readingsPerSample)
	for i := range list {
		list[i] = reading(from+(to-from)*float64(i+1)/readingsPerSample, perDegree)
	}
	return list
}

func constant(v float64) []float64 {
	return slices.Repeat([]float64{reading(v, perDegree)}, readingsPerSample)
}

// writeState writes the states that changed.
func (t *telescope) writeState(ctx context.Context) {
	state := trackingDisabled
	switch {
	case t.mode != mountStands:
		state = trackingEnabled
	case t.azimuth.moving() || t.elevation.moving():
		state = trackingStopping
	}
	t.write(ctx, "evt_atMountState", sal.Values{"state": state})
	all := true
	for i, name := range [...]string{"elevation", "azimuth", "nasmyth1Rotator", "nasmyth2Rotator"} {
		in := t.axes()[i].arrived(telescopeTolerance)
		all = all && in
		t.write(ctx, "evt_"+name+"InPosition", sal.Values{"inPosition": in})
	}
	port := m3InMotion
	m3 := t.m3.arrived(0.001)
	if m3 {
		port = m3Nasmyth1 - 1 + int(math.Round(t.m3.position))
	}
	t.write(ctx, "evt_m3InPosition", sal.Values{"inPosition": m3})
	t.write(ctx, "evt_m3State", sal.Values{"state": port})
	t.write(ctx, "evt_m3PortSelected", sal.Values{"selected": int(math.Round(t.m3.target))})
	t.write(ctx, "evt_allAxesInPosition", sal.Values{"inPosition": all && m3})
}
