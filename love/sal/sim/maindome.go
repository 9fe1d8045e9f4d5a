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

// Numbers of the enumerations of MTDome.
const (
	domeEnabled = 2

	motionClosed   = 2
	motionClosing  = 3
	motionCrawling = 4
	motionMoving   = 5
	motionOpen     = 6
	motionOpening  = 7
	motionParked   = 8
	motionParking  = 9
	motionStopped  = 10
)

const (
	louverCount = 34
	parkAzimuth = 328.0 // degrees
)

// mainDome is the simulated MTDome: azimuth, the light and wind screen (in
// elevation), two shutter doors, louvers.
type mainDome struct {
	*csc
	azimuth, screen axis
	doors           [2]axis // per cent open
	louvers         [louverCount]axis

	survey    *survey
	following bool
	crawling  bool
	parked    bool // or about to be
}

func newMainDome(c *csc) *mainDome {
	door := axis{maxVelocity: 2, maxAcceleration: 1}
	d := &mainDome{
		csc:     c,
		azimuth: axis{position: parkAzimuth, target: parkAzimuth, maxVelocity: 1.5, maxAcceleration: 0.75, circle: 360},
		screen:  axis{maxVelocity: 1.75, maxAcceleration: 0.875},
		doors:   [2]axis{door, door},
		survey:  newSurvey(c.seed+1, c.dwell),
		parked:  true,
	}
	for i := range d.louvers {
		d.louvers[i] = axis{maxVelocity: 5, maxAcceleration: 5}
	}
	return d
}

func (d *mainDome) begin(ctx context.Context) {
	for _, part := range [...]string{"az", "el", "shutter", "louvers"} {
		d.write(ctx, "evt_"+part+"Enabled", sal.Values{"state": domeEnabled})
	}
	d.write(ctx, "evt_controlMode", sal.Values{"mode": 1})
	d.write(ctx, "evt_operationalMode", sal.Values{"operationalMode": 1, "subSystemId": 1})
	d.write(ctx, "evt_powerManagementMode", sal.Values{"mode": 1})
	d.write(ctx, "evt_azConfigurationApplied", sal.Values{"vmax": 1.5, "amax": 0.75, "jmax": 3})
	for _, attr := range [...]string{"evt_brakesEngaged", "evt_lockingPinsEngaged", "evt_interlocks"} {
		d.write(ctx, attr, nil)
	}
	d.writeState(ctx)
}

func (d *mainDome) commands() map[string]command {
	return map[string]command{
		"moveAz":       d.moveAz,
		"moveEl":       d.moveEl,
		"crawlAz":      d.crawlAz,
		"crawlEl":      d.crawlEl,
		"park":         func(ctx context.Context, _ *sal.Sample) error { d.park(ctx); return nil },
		"stop":         func(context.Context, *sal.Sample) error { d.halt(); return nil },
		"openShutter":  func(context.Context, *sal.Sample) error { d.shutter(100); return nil },
		"closeShutter": func(context.Context, *sal.Sample) error { d.shutter(0); return nil },
		"setLouvers":   d.setLouvers,
		"closeLouvers": func(context.Context, *sal.Sample) error { d.aimLouvers(0); return nil },
		"exitFault":    func(context.Context, *sal.Sample) error { return nil },
	}
}

func (d *mainDome) enable(_ context.Context, on bool) {
	if !on {
		d.halt()
		return
	}
	d.following, d.parked = true, false
	d.shutter(100)
	d.aimLouvers(40)
}

func (d *mainDome) halt() {
	d.following, d.crawling = false, false
	for _, a := range []*axis{&d.azimuth, &d.screen, &d.doors[0], &d.doors[1]} {
		a.stop()
	}
}

func (d *mainDome) shutter(percent float64) {
	for i := range d.doors {
		d.doors[i].goTo(percent)
	}
}

func (d *mainDome) aimLouvers(percent float64) {
	for i := range d.louvers {
		d.louvers[i].goTo(percent)
	}
}

func (d *mainDome) moveAz(ctx context.Context, s *sal.Sample) error {
	position, velocity := s.Float("position"), s.Float("velocity")
	if err := d.inRange("position", position, 0, 360); err != nil {
		return err
	}
	if err := d.inRange("velocity", velocity, -d.azimuth.maxVelocity, d.azimuth.maxVelocity); err != nil {
		return err
	}
	d.following, d.parked, d.crawling = false, false, velocity != 0
	d.aim(ctx, "azTarget", &d.azimuth, position, velocity)
	return nil
}

func (d *mainDome) moveEl(ctx context.Context, s *sal.Sample) error {
	position := s.Float("position")
	if err := d.inRange("position", position, 0, 90); err != nil {
		return err
	}
	d.following = false
	d.aim(ctx, "elTarget", &d.screen, position, 0)
	return nil
}

func (d *mainDome) crawlAz(ctx context.Context, s *sal.Sample) error {
	velocity := s.Float("velocity")
	if err := d.inRange("velocity", velocity, -d.azimuth.maxVelocity, d.azimuth.maxVelocity); err != nil {
		return err
	}
	d.following, d.parked, d.crawling = false, false, true
	d.aim(ctx, "azTarget", &d.azimuth, d.azimuth.position, velocity)
	return nil
}

// crawlEl moves the screen until it reaches its end.
func (d *mainDome) crawlEl(ctx context.Context, s *sal.Sample) error {
	velocity := s.Float("velocity")
	if err := d.inRange("velocity", velocity, -d.screen.maxVelocity, d.screen.maxVelocity); err != nil {
		return err
	}
	d.following = false
	d.aim(ctx, "elTarget", &d.screen, d.screen.position, velocity)
	return nil
}

func (d *mainDome) park(ctx context.Context) {
	d.following, d.crawling, d.parked = false, false, true
	d.aim(ctx, "azTarget", &d.azimuth, parkAzimuth, 0)
}

func (d *mainDome) inRange(name string, v, low, high float64) error {
	if v >= low && v <= high {
		return nil
	}
	return fmt.Errorf("%s=%v is not in the range %v to %v", name, v, low, high)
}

func (d *mainDome) setLouvers(_ context.Context, s *sal.Sample) error {
	positions := s.Floats("position")
	if len(positions) != louverCount {
		return fmt.Errorf("position has %d elements; give one for each of the %d louvers", len(positions), louverCount)
	}
	for _, p := range positions {
		if p >= 0 { // a negative one leaves the louver alone
			if err := d.inRange("position", p, 0, 100); err != nil {
				return err
			}
		}
	}
	for i, p := range positions {
		if p >= 0 {
			d.louvers[i].goTo(p)
		}
	}
	return nil
}

func (d *mainDome) aim(ctx context.Context, event string, a *axis, position, velocity float64) {
	a.follow(position, velocity)
	d.write(ctx, "evt_"+event, sal.Values{"position": position, "velocity": velocity})
}

func (d *mainDome) step(ctx context.Context, now time.Time, dt time.Duration) {
	if d.following {
		d.follow(ctx, now)
	}
	for _, a := range []*axis{&d.azimuth, &d.screen, &d.doors[0], &d.doors[1]} {
		a.step(dt.Seconds())
	}
	if limited := min(90, max(0, d.screen.position)); limited != d.screen.position {
		d.screen.position, d.screen.velocity = limited, 0
		d.screen.goTo(limited)
	}
	for i := range d.louvers {
		d.louvers[i].step(dt.Seconds())
	}
	d.telemetry(ctx, now)
	d.writeState(ctx)
}

func (d *mainDome) follow(ctx context.Context, now time.Time) {
	pointing, fresh := d.survey.pointing(now)
	if fresh {
		d.aim(ctx, "azTarget", &d.azimuth, pointing.azimuth, 0)
		d.aim(ctx, "elTarget", &d.screen, pointing.elevation, 0)
	}
	rates := d.survey.rates(now)
	d.azimuth.follow(pointing.azimuth, rates.azimuth)
	d.screen.follow(pointing.elevation, rates.elevation)
}

func (d *mainDome) telemetry(ctx context.Context, now time.Time) {
	stamp := love.TAI(now)
	d.write(ctx, "tel_azimuth", sal.Values{
		"positionActual": reading(normalized(d.azimuth.position), perDomeDegree), "positionCommanded": normalized(d.azimuth.target),
		"velocityActual": reading(d.azimuth.velocity, perDegree), "velocityCommanded": d.azimuth.rate,
		"driveTorqueActual": slices.Repeat([]float64{1800 * d.azimuth.acceleration}, 5), "timestamp": stamp,
	})
	d.write(ctx, "tel_lightWindScreen", sal.Values{
		"positionActual": reading(d.screen.position, perDomeDegree), "positionCommanded": d.screen.target,
		"velocityActual": reading(d.screen.velocity, perDegree), "velocityCommanded": d.screen.rate,
		"driveTemperature": []float64{21, 21.5}, "timestamp": stamp,
	})
	d.write(ctx, "tel_apertureShutter", sal.Values{
		"positionActual":    []float64{reading(d.doors[0].position, perDomeDegree), reading(d.doors[1].position, perDomeDegree)},
		"positionCommanded": []float64{d.doors[0].target, d.doors[1].target}, "timestamp": stamp,
	})
	actual, commanded := make([]float64, louverCount), make([]float64, louverCount)
	for i := range d.louvers {
		actual[i], commanded[i] = reading(d.louvers[i].position, perDomeDegree), d.louvers[i].target
	}
	d.write(ctx, "tel_louvers", sal.Values{"positionActual": actual, "positionCommanded": commanded, "timestamp": stamp})
}

// normalized returns an azimuth between 0 and 360.
func normalized(azimuth float64) float64 { return math.Mod(math.Mod(azimuth, 360)+360, 360) }

// writeState writes the states that changed.
func (d *mainDome) writeState(ctx context.Context) {
	arrived := d.azimuth.arrived(domeTolerance)
	d.write(ctx, "evt_azMotion", sal.Values{"state": d.azimuthMotion(), "inPosition": arrived})
	state := motionStopped
	if d.screen.moving() {
		state = motionMoving
	}
	d.write(ctx, "evt_elMotion", sal.Values{"state": state, "inPosition": d.screen.arrived(domeTolerance)})
	states, in := make([]int, 2), make([]bool, 2)
	for i := range d.doors {
		states[i], in[i] = partMotion(&d.doors[i]), d.doors[i].arrived(0.1)
	}
	d.write(ctx, "evt_shutterMotion", sal.Values{"state": states, "inPosition": in})
	states, in = make([]int, louverCount), make([]bool, louverCount)
	for i := range d.louvers {
		states[i], in[i] = partMotion(&d.louvers[i]), d.louvers[i].arrived(0.1)
	}
	d.write(ctx, "evt_louversMotion", sal.Values{"state": states, "inPosition": in})
}

func (d *mainDome) azimuthMotion() int {
	switch {
	case d.parked && d.azimuth.moving():
		return motionParking
	case d.parked:
		return motionParked
	case d.crawling && d.azimuth.moving():
		return motionCrawling
	case d.azimuth.moving():
		return motionMoving
	}
	return motionStopped
}

// partMotion returns the state of a door or a louver.
func partMotion(a *axis) int {
	switch {
	case a.moving() && a.velocity > 0:
		return motionOpening
	case a.moving():
		return motionClosing
	case a.position <= 0.1:
		return motionClosed
	case a.position >= 99.9:
		return motionOpen
	}
	return motionStopped
}
