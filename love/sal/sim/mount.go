package sim

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// Numbers of the enumerations of MTMount.
const (
	axisStopping = 0
	axisStopped  = 1
	axisMoves    = 2
	axisTracks   = 4

	coversOpen    = 0
	coversClosed  = 1
	coversOpening = 2
	coversClosing = 3

	parkZenith  = 1
	parkHorizon = 2
)

// Limits of the mount, degrees.
const (
	minAzimuth, maxAzimuth     = -270.0, 270.0
	minElevation, maxElevation = 15.0, 86.5
	mountTolerance             = 0.01
)

// mount is the simulated MTMount.
type mount struct {
	*csc
	azimuth, elevation axis
	covers             axis // how far they are closed, per cent

	survey *survey
	mode   mountMode
	parked bool
	fields int32 // tracked so far
}

// mountMode is what a mount does.
type mountMode int

const (
	mountStands  mountMode = iota // or moves to a fixed position
	mountSurveys                  // tracks the fields of its survey
	mountTracks                   // tracks the target of trackTarget
)

func newMount(c *csc) *mount {
	return &mount{
		csc:       c,
		azimuth:   axis{maxVelocity: 4, maxAcceleration: 2},
		elevation: axis{position: 80, target: 80, maxVelocity: 2, maxAcceleration: 1},
		covers:    axis{position: 100, target: 100, maxVelocity: 5, maxAcceleration: 2},
		survey:    newSurvey(c.seed+1, c.dwell),
	}
}

func (m *mount) begin(ctx context.Context) {
	for _, attr := range []string{"evt_connected", "evt_telemetryConnected"} {
		m.write(ctx, attr, sal.Values{"connected": true})
	}
	m.home(ctx)
	m.write(ctx, "evt_cameraCableWrapFollowing", sal.Values{"enabled": 1})
	m.write(ctx, "evt_azimuthLimits", nil)
	m.write(ctx, "evt_elevationLimits", nil)
	m.writeState(ctx)
}

func (m *mount) commands() map[string]command {
	plain := func(do func(context.Context)) command {
		return func(ctx context.Context, _ *sal.Sample) error { do(ctx); return nil }
	}
	return map[string]command{
		"moveToTarget":      m.moveToTarget,
		"trackTarget":       m.trackTarget,
		"park":              m.park,
		"unpark":            plain(func(context.Context) { m.parked = false }),
		"startTracking":     m.startTracking,
		"stopTracking":      plain(m.halt),
		"stop":              plain(m.halt),
		"homeBothAxes":      plain(m.home),
		"openMirrorCovers":  m.openCovers,
		"closeMirrorCovers": plain(func(context.Context) { m.covers.goTo(100) }),
		"enableCameraCableWrapFollowing": plain(func(ctx context.Context) {
			m.write(ctx, "evt_cameraCableWrapFollowing", sal.Values{"enabled": 1})
		}),
		"disableCameraCableWrapFollowing": plain(func(ctx context.Context) {
			m.write(ctx, "evt_cameraCableWrapFollowing", sal.Values{"enabled": 0})
		}),
		"clearError": plain(func(context.Context) {}),
	}
}

// enable makes an enabled mount track its survey; a disabled one stops.
func (m *mount) enable(ctx context.Context, on bool) {
	if !on {
		m.halt(ctx)
		return
	}
	m.covers.goTo(0)
	m.mode = mountSurveys
}

func (m *mount) halt(context.Context) {
	m.mode = mountStands
	m.azimuth.stop()
	m.elevation.stop()
}

// home is done immediately: the simulated axes never lose their position.
func (m *mount) home(ctx context.Context) {
	m.write(ctx, "evt_azimuthHomed", sal.Values{"homed": true})
	m.write(ctx, "evt_elevationHomed", sal.Values{"homed": true})
}

func (m *mount) moveToTarget(_ context.Context, s *sal.Sample) error {
	azimuth, elevation := s.Float("azimuth"), s.Float("elevation")
	if err := m.canMove(azimuth, elevation); err != nil {
		return err
	}
	m.mode = mountStands
	m.azimuth.goTo(azimuth)
	m.elevation.goTo(elevation)
	return nil
}

func (m *mount) canMove(azimuth, elevation float64) error {
	switch {
	case m.parked:
		return fmt.Errorf("the mount is parked; send unpark first")
	case !(azimuth >= minAzimuth && azimuth <= maxAzimuth):
		return fmt.Errorf("azimuth=%v is not in the range %v to %v deg", azimuth, minAzimuth, maxAzimuth)
	case !(elevation >= minElevation && elevation <= maxElevation):
		return fmt.Errorf("elevation=%v is not in the range %v to %v deg", elevation, minElevation, maxElevation)
	}
	return nil
}

// startTracking makes the mount track its survey until trackTarget gives it another
// target.
func (m *mount) startTracking(context.Context, *sal.Sample) error {
	if m.parked {
		return fmt.Errorf("the mount is parked; send unpark first")
	}
	m.mode = mountSurveys
	return nil
}

func (m *mount) trackTarget(ctx context.Context, s *sal.Sample) error {
	azimuth, elevation := s.Float("azimuth"), s.Float("elevation")
	if err := m.canMove(azimuth, elevation); err != nil {
		return err
	}
	if m.mode == mountStands {
		return fmt.Errorf("the mount does not track; send startTracking first")
	}
	m.mode = mountTracks
	late := love.TAI(m.domain.Clock().Now()) - s.Float("taiTime")
	if !(math.Abs(late) < 60) {
		return fmt.Errorf("taiTime is more than a minute away from now")
	}
	m.azimuth.follow(azimuth+late*s.Float("azimuthVelocity"), s.Float("azimuthVelocity"))
	m.elevation.follow(elevation+late*s.Float("elevationVelocity"), s.Float("elevationVelocity"))
	target := sal.Values{}
	for _, f := range s.Topic().Own() {
		target[f.Name] = s.Value(f.Name)
	}
	m.write(ctx, "evt_target", target)
	return nil
}

func (m *mount) park(_ context.Context, s *sal.Sample) error {
	elevation := maxElevation
	switch p := s.Int("position"); p {
	case parkZenith:
	case parkHorizon:
		elevation = minElevation
	default:
		return fmt.Errorf("position=%d is not a park position; 1 is zenith, 2 is horizon", p)
	}
	m.mode, m.parked = mountStands, true
	m.azimuth.goTo(0)
	m.elevation.goTo(elevation)
	return nil
}

func (m *mount) openCovers(_ context.Context, s *sal.Sample) error {
	if leaf := s.Int("leaf"); leaf < 0 || leaf > 4 {
		return fmt.Errorf("leaf=%d is not a mirror cover; 0 is all, 1 to 4 one of them", leaf)
	}
	m.covers.goTo(0)
	return nil
}

func (m *mount) step(ctx context.Context, now time.Time, dt time.Duration) {
	if m.mode == mountSurveys {
		m.observe(ctx, now)
	}
	for _, a := range []*axis{&m.azimuth, &m.elevation} {
		a.step(dt.Seconds())
	}
	m.azimuth.position = min(maxAzimuth, max(minAzimuth, m.azimuth.position))
	m.elevation.position = min(maxElevation, max(minElevation, m.elevation.position))
	m.covers.step(dt.Seconds())

	m.write(ctx, "tel_azimuth", axisTelemetry(&m.azimuth, now, 2.5e6))
	elevation := axisTelemetry(&m.elevation, now, 0.8e6)
	elevation["elevationInclinometer"] = m.elevation.position
	elevation["elevationInclinometerTimestamp"] = love.TAI(now)
	m.write(ctx, "tel_elevation", elevation)
	m.writeCableWrap(ctx, now)
	m.writeState(ctx)
}

// observe points the mount at the field that is observed.
func (m *mount) observe(ctx context.Context, now time.Time) {
	pointing, fresh := m.survey.pointing(now)
	rates := m.survey.rates(now)
	azimuth := reachable(pointing.azimuth, m.azimuth.position)
	m.azimuth.follow(azimuth, rates.azimuth)
	m.elevation.follow(pointing.elevation, rates.elevation)
	if !fresh {
		return
	}
	m.fields++
	m.write(ctx, "evt_target", sal.Values{
		"azimuth": azimuth, "azimuthVelocity": rates.azimuth,
		"elevation": pointing.elevation, "elevationVelocity": rates.elevation,
		"taiTime": love.TAI(now), "trackId": m.fields, "tracksys": "sidereal", "radesys": "ICRS",
	})
}

// reachable returns the equivalent of an azimuth, within the limits, that is nearest
// to the position of a mount.
func reachable(azimuth, position float64) float64 {
	best := math.Mod(azimuth+180, 360) - 180
	for _, turn := range []float64{best - 360, best + 360} {
		if turn > minAzimuth && turn < maxAzimuth && math.Abs(turn-position) < math.Abs(best-position) {
			best = turn
		}
	}
	return best
}

// axisTelemetry returns the telemetry of an axis. Torque is that of the inertia alone.
func axisTelemetry(a *axis, now time.Time, inertia float64) sal.Values {
	values := sal.Values{
		"actualPosition": reading(a.position, perDegree), "actualVelocity": reading(a.velocity, perDegree),
		"actualAcceleration": reading(a.acceleration, perDegree),
		"actualTorque":       reading(inertia*a.acceleration*math.Pi/180, 1), "actualJerk": 0.0,
		"demandPosition": a.target, "demandVelocity": a.rate,
	}
	stamped := sal.Values{"timestamp": love.TAI(now)}
	for name, v := range values {
		stamped[name], stamped[name+"Timestamp"] = v, love.TAI(now)
	}
	return stamped
}

// writeCableWrap writes the telemetry of the camera cable wrap, which turns with the
// rotator, and so with the sky.
func (m *mount) writeCableWrap(ctx context.Context, now time.Time) {
	tai := love.TAI(now)
	position := 60 * math.Sin(2*math.Pi*math.Mod(tai, 7200)/7200)
	m.write(ctx, "tel_cameraCableWrap", sal.Values{
		"actualPosition": reading(position, perDomeDegree), "actualPositionTimestamp": tai,
		"demandPosition": position, "demandPositionTimestamp": tai,
		"timestamp": tai,
	})
}

// writeState writes the states that changed.
func (m *mount) writeState(ctx context.Context) {
	m.write(ctx, "evt_azimuthMotionState", sal.Values{"state": m.motion(&m.azimuth)})
	m.write(ctx, "evt_azimuthInPosition", sal.Values{"inPosition": m.azimuth.arrived(mountTolerance)})
	m.write(ctx, "evt_elevationMotionState", sal.Values{"state": m.motion(&m.elevation)})
	m.write(ctx, "evt_elevationInPosition", sal.Values{"inPosition": m.elevation.arrived(mountTolerance)})
	state := m.coversState()
	all := []int{state, state, state, state}
	m.write(ctx, "evt_mirrorCoversMotionState", sal.Values{"state": state, "elementsState": all})
}

func (m *mount) motion(a *axis) int {
	switch {
	case m.mode != mountStands:
		return axisTracks
	case !a.moving():
		return axisStopped
	case a.distance()*a.velocity < 0:
		return axisStopping
	}
	return axisMoves
}

func (m *mount) coversState() int {
	switch {
	case m.covers.moving() && m.covers.velocity < 0:
		return coversOpening
	case m.covers.moving():
		return coversClosing
	case m.covers.position < 1:
		return coversOpen
	}
	return coversClosed
}
