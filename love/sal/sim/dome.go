package sim

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/rubin-love/love-go/love/sal"
)

// Numbers of the enumerations of ATDome.
const (
	azimuthUnknown = 1
	azimuthGoTo    = 2
	azimuthHome    = 3
	azimuthStop    = 4

	azimuthStill    = 1
	azimuthMovesCW  = 2
	azimuthMovesCCW = 3

	doorCommandedClosed = 2
	doorCommandedOpen   = 3
	doorCommandedStop   = 4

	doorClosed  = 1
	doorOpen    = 2
	doorPartly  = 3
	doorOpening = 4
	doorClosing = 5
)

const (
	homeAzimuth   = 285.0     // of the home switch, degrees
	azimuthCounts = 4_000_000 // of the encoder, in a turn
	domeTolerance = 0.5       // degrees
)

// dome is the simulated ATDome.
type dome struct {
	*csc
	azimuth, main, dropout axis

	survey    *survey // what it follows; used while following
	following bool
	homing    bool
	homed     bool
	shutter   shutterMove
}

// shutterMove is a move of both doors, one after the other so that they do not
// jam: the main door opens first and closes last.
type shutterMove int

const (
	noShutterMove shutterMove = iota
	opensShutter
	closesShutter
)

func newDome(c *csc) *dome {
	door := axis{maxVelocity: 2.5, maxAcceleration: 1}
	return &dome{
		csc:     c,
		azimuth: axis{position: homeAzimuth, target: homeAzimuth, maxVelocity: 3, maxAcceleration: 1, circle: 360},
		main:    door, dropout: door,
		survey: newSurvey(c.seed, c.dwell),
	}
}

func (d *dome) begin(ctx context.Context) {
	d.write(ctx, "evt_azimuthCommandedState", sal.Values{"commandedState": azimuthUnknown, "azimuth": math.NaN()})
	d.write(ctx, "evt_mainDoorCommandedState", sal.Values{"commandedState": 1})
	d.write(ctx, "evt_dropoutDoorCommandedState", sal.Values{"commandedState": 1})
	d.write(ctx, "evt_emergencyStop", nil)
	d.write(ctx, "evt_scbLink", sal.Values{"active": true})
	d.write(ctx, "evt_moveCode", nil)
	d.write(ctx, "evt_doorEncoderExtremes", sal.Values{"mainOpened": 1_000_000, "dropoutOpened": 500_000})
	d.write(ctx, "evt_settingsAppliedDomeController", sal.Values{
		"rainSensorEnabled": true, "tolerance": domeTolerance, "homeAzimuth": homeAzimuth, "highSpeedDistance": 9,
		"watchdogTimer": 600, "dropoutTimer": 70, "reversalDelay": 4, "coast": 0.8,
		"encoderCountsPer360": azimuthCounts, "azimuthMoveTimeout": 120, "doorMoveTimeout": 360,
	})
	d.write(ctx, "evt_settingsAppliedDomeTcp", sal.Values{"host": "simulated", "port": 17310, "readTimeout": 10, "connectionTimeout": 10})
	d.writeState(ctx)
}

func (d *dome) commands() map[string]command {
	return map[string]command{
		"moveAzimuth":  d.moveAzimuth,
		"homeAzimuth":  d.home,
		"stopMotion":   d.stopMotion,
		"openShutter":  func(ctx context.Context, _ *sal.Sample) error { d.moveShutter(ctx, opensShutter); return nil },
		"closeShutter": func(ctx context.Context, _ *sal.Sample) error { d.moveShutter(ctx, closesShutter); return nil },
		"moveShutterMainDoor": func(ctx context.Context, s *sal.Sample) error {
			return d.moveDoor(ctx, &d.main, "main", s.Bool("open"))
		},
		"moveShutterDropoutDoor": func(ctx context.Context, s *sal.Sample) error {
			return d.moveDoor(ctx, &d.dropout, "dropout", s.Bool("open"))
		},
	}
}

// enable makes an enabled dome follow its telescope; a disabled one stops.
func (d *dome) enable(ctx context.Context, on bool) {
	d.following = on
	if on {
		d.moveShutter(ctx, opensShutter)
		return
	}
	d.homing = false
	d.shutter = noShutterMove
	for _, a := range []*axis{&d.azimuth, &d.main, &d.dropout} {
		a.stop()
	}
}

func (d *dome) moveAzimuth(ctx context.Context, s *sal.Sample) error {
	azimuth := s.Float("azimuth")
	if !(azimuth >= 0 && azimuth <= 360) {
		return fmt.Errorf("azimuth=%v is not in the range 0 to 360 deg", azimuth)
	}
	d.following, d.homing = false, false
	d.aim(ctx, azimuth)
	return nil
}

// aim moves azimuth and writes the events about it.
func (d *dome) aim(ctx context.Context, azimuth float64) {
	d.azimuth.goTo(azimuth)
	d.write(ctx, "evt_azimuthCommandedState", sal.Values{"commandedState": azimuthGoTo, "azimuth": azimuth})
	d.write(ctx, "evt_lastAzimuthGoTo", sal.Values{"position": azimuth})
	d.writeState(ctx)
}

func (d *dome) home(ctx context.Context, _ *sal.Sample) error {
	d.following, d.homing, d.homed = false, true, false
	d.azimuth.goTo(homeAzimuth)
	d.write(ctx, "evt_azimuthCommandedState", sal.Values{"commandedState": azimuthHome, "azimuth": math.NaN()})
	d.writeState(ctx)
	return nil
}

func (d *dome) stopMotion(ctx context.Context, _ *sal.Sample) error {
	d.enable(ctx, false)
	d.write(ctx, "evt_azimuthCommandedState", sal.Values{"commandedState": azimuthStop, "azimuth": math.NaN()})
	d.write(ctx, "evt_mainDoorCommandedState", sal.Values{"commandedState": doorCommandedStop})
	d.write(ctx, "evt_dropoutDoorCommandedState", sal.Values{"commandedState": doorCommandedStop})
	d.writeState(ctx)
	return nil
}

func (d *dome) moveShutter(ctx context.Context, m shutterMove) {
	commanded := doorCommandedClosed
	if m == opensShutter {
		commanded = doorCommandedOpen
	}
	d.shutter = m
	d.write(ctx, "evt_mainDoorCommandedState", sal.Values{"commandedState": commanded})
	d.write(ctx, "evt_dropoutDoorCommandedState", sal.Values{"commandedState": commanded})
}

func (d *dome) moveDoor(ctx context.Context, door *axis, name string, open bool) error {
	commanded, target := doorCommandedClosed, 0.0
	if open {
		commanded, target = doorCommandedOpen, 100
	}
	if name == "dropout" && d.main.position < 50 {
		return fmt.Errorf("the dropout door can only be moved while the main door is at least half open")
	}
	d.shutter = noShutterMove
	door.goTo(target)
	d.write(ctx, "evt_"+name+"DoorCommandedState", sal.Values{"commandedState": commanded})
	d.writeState(ctx)
	return nil
}

func (d *dome) step(ctx context.Context, now time.Time, dt time.Duration) {
	if d.following {
		d.follow(ctx, now)
	}
	switch d.shutter {
	case opensShutter:
		moveInTurn(&d.main, &d.dropout, 100)
	case closesShutter:
		moveInTurn(&d.dropout, &d.main, 0)
	}
	for _, a := range []*axis{&d.azimuth, &d.main, &d.dropout} {
		a.step(dt.Seconds())
	}
	if d.homing && d.azimuth.arrived(0.01) {
		d.homing, d.homed = false, true
	}
	azimuth := math.Mod(math.Mod(d.azimuth.position, 360)+360, 360)
	d.write(ctx, "tel_position", sal.Values{
		"azimuthPosition":              reading(azimuth, perDomeDegree),
		"azimuthEncoderPosition":       int64(azimuth / 360 * azimuthCounts),
		"mainDoorOpeningPercentage":    reading(d.main.position, perDomeDegree),
		"dropoutDoorOpeningPercentage": reading(d.dropout.position, perDomeDegree),
	})
	d.writeState(ctx)
}

// follow turns the dome along with the field that is observed.
func (d *dome) follow(ctx context.Context, now time.Time) {
	pointing, fresh := d.survey.pointing(now)
	if fresh {
		d.aim(ctx, pointing.azimuth)
	}
	d.azimuth.follow(pointing.azimuth, d.survey.rates(now).azimuth)
}

// moveInTurn moves the second door when the first has arrived.
func moveInTurn(first, second *axis, target float64) {
	first.goTo(target)
	if first.arrived(0.01) {
		second.goTo(target)
	}
}

// writeState writes the states of azimuth and doors that changed.
func (d *dome) writeState(ctx context.Context) {
	state := azimuthStill
	switch {
	case d.azimuth.moving() && d.azimuth.velocity > 0:
		state = azimuthMovesCW
	case d.azimuth.moving():
		state = azimuthMovesCCW
	}
	atHome := math.Abs(math.Remainder(d.azimuth.position-homeAzimuth, 360)) < 1
	d.write(ctx, "evt_azimuthState", sal.Values{"state": state, "homing": d.homing, "homed": d.homed, "homeSwitch": atHome})
	d.write(ctx, "evt_mainDoorState", sal.Values{"state": doorState(&d.main)})
	d.write(ctx, "evt_dropoutDoorState", sal.Values{"state": doorState(&d.dropout)})

	azimuth := d.azimuth.arrived(domeTolerance)
	shutter := d.main.arrived(0.01) && d.dropout.arrived(0.01) && (d.shutter != opensShutter || d.dropout.position > 99)
	d.write(ctx, "evt_azimuthInPosition", sal.Values{"inPosition": azimuth})
	d.write(ctx, "evt_shutterInPosition", sal.Values{"inPosition": shutter})
	d.write(ctx, "evt_allAxesInPosition", sal.Values{"inPosition": azimuth && shutter})
}

func doorState(a *axis) int {
	switch {
	case a.moving() && a.velocity > 0:
		return doorOpening
	case a.moving():
		return doorClosing
	case a.position <= 0.01:
		return doorClosed
	case a.position >= 99.99:
		return doorOpen
	}
	return doorPartly
}
