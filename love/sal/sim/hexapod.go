package sim

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/sal"
)

// Numbers of the enumerations of MTHexapod.
const (
	hexapodStandby = 0
	hexapodEnabled = 2

	hexapodStationary = 0
	hexapodMoves      = 1
)

// hexapodAxes are the six degrees of freedom: micrometres, then degrees.
var hexapodAxes = [...]string{"x", "y", "z", "u", "v", "w"}

// Limits of both hexapods.
const (
	maxXY, maxZ, maxUV, maxW = 11400.0, 13100.0, 0.36, 0.1
)

// hexapod is a simulated MTHexapod.
type hexapod struct {
	*csc
	axes        [6]axis
	wanted      [6]float64 // uncompensated
	pivot       [3]float64
	compensates bool
	drift       drift // of the temperature, which compensation follows in z
}

func newHexapod(c *csc) *hexapod {
	h := &hexapod{csc: c, pivot: [3]float64{0, 0, -2758400}, compensates: true, drift: newWeather(c).temperature}
	for i := range h.axes {
		h.axes[i] = axis{maxVelocity: 200, maxAcceleration: 100}
		if i >= 3 {
			h.axes[i] = axis{maxVelocity: 0.01, maxAcceleration: 0.01}
		}
	}
	return h
}

func (h *hexapod) limit(i int) float64 {
	return [...]float64{maxXY, maxXY, maxZ, maxUV, maxUV, maxW}[i]
}

func (h *hexapod) begin(ctx context.Context) {
	h.write(ctx, "evt_connected", sal.Values{"connected": true})
	h.write(ctx, "evt_commandableByDDS", sal.Values{"state": true})
	h.write(ctx, "evt_interlock", nil)
	h.writeConfiguration(ctx)
	h.writeState(ctx)
}

func (h *hexapod) writeConfiguration(ctx context.Context) {
	h.write(ctx, "evt_configuration", sal.Values{
		"maxXY": maxXY, "minZ": -maxZ, "maxZ": maxZ, "maxUV": maxUV, "minW": -maxW, "maxW": maxW,
		"maxVelocityXY": 200, "maxVelocityZ": 200, "maxVelocityUV": 0.01, "maxVelocityW": 0.01,
		"pivotX": h.pivot[0], "pivotY": h.pivot[1], "pivotZ": h.pivot[2],
		"maxDisplacementStrut": 14100, "maxVelocityStrut": 1200, "accelerationStrut": 500, "drivesEnabled": true,
	})
}

func (h *hexapod) commands() map[string]command {
	return map[string]command{
		"move":   func(ctx context.Context, s *sal.Sample) error { return h.moveTo(ctx, s, [6]float64{}) },
		"offset": func(ctx context.Context, s *sal.Sample) error { return h.moveTo(ctx, s, h.wanted) },
		"stop":   func(ctx context.Context, _ *sal.Sample) error { h.halt(ctx); return nil },
		"setCompensationMode": func(ctx context.Context, s *sal.Sample) error {
			h.compensates = s.Bool("enable")
			h.writeState(ctx)
			return nil
		},
		"setPivot": func(ctx context.Context, s *sal.Sample) error {
			h.pivot = [3]float64{s.Float("x"), s.Float("y"), s.Float("z")}
			h.writeConfiguration(ctx)
			return nil
		},
	}
}

func (h *hexapod) enable(ctx context.Context, on bool) {
	if !on {
		h.halt(ctx)
	}
}

// halt stops all axes, and compensation, which would move them.
func (h *hexapod) halt(ctx context.Context) {
	h.compensates = false
	for i := range h.axes {
		h.axes[i].stop()
		h.wanted[i] = h.axes[i].target
	}
	h.writeState(ctx)
}

// moveTo moves to a position relative to another one.
func (h *hexapod) moveTo(ctx context.Context, s *sal.Sample, origin [6]float64) error {
	wanted := origin
	for i, name := range hexapodAxes {
		wanted[i] += s.Float(name)
		if !(math.Abs(wanted[i]) <= h.limit(i)) {
			return fmt.Errorf("%s=%v is not in the range %v to %v", name, wanted[i], -h.limit(i), h.limit(i))
		}
	}
	h.wanted = wanted
	h.aim(h.domain.Clock().Now())
	h.write(ctx, "evt_uncompensatedPosition", hexapodValues(h.wanted))
	h.write(ctx, "evt_compensatedPosition", hexapodValues(h.targets()))
	h.writeState(ctx)
	return nil
}

// aim sets the targets of the axes, with compensation if that is on. Compensation
// changes in steps; otherwise the hexapod would never be at rest.
func (h *hexapod) aim(now time.Time) {
	for i := range h.axes {
		target := h.wanted[i]
		if i == 2 && h.compensates {
			target += math.Round((h.drift.at(now)-h.drift.mean)*3) * 10
		}
		h.axes[i].goTo(target)
	}
}

func (h *hexapod) targets() (targets [6]float64) {
	for i := range h.axes {
		targets[i] = h.axes[i].target
	}
	return targets
}

func hexapodValues(v [6]float64) sal.Values {
	values := sal.Values{}
	for i, name := range hexapodAxes {
		values[name] = v[i]
	}
	return values
}

func (h *hexapod) step(ctx context.Context, now time.Time, dt time.Duration) {
	if h.state == sal.Enabled && h.compensates {
		h.aim(now)
		h.write(ctx, "evt_compensatedPosition", hexapodValues(h.targets()))
	}
	var position, demand, deviation [6]float64
	for i := range h.axes {
		a := &h.axes[i]
		a.step(dt.Seconds())
		position[i], demand[i] = reading(a.position, perStrutReading), a.target
		deviation[i] = reading(a.target-a.position, perStrutReading)
	}
	h.write(ctx, "tel_application", sal.Values{"position": position, "demand": demand, "error": deviation})
	h.struts(ctx, now, position)
	h.writeState(ctx)
}

// struts writes the telemetry of the six struts: each has a share of the motion.
func (h *hexapod) struts(ctx context.Context, now time.Time, position [6]float64) {
	var length, current [6]float64
	moves := h.moving()
	for i := range length {
		sin, cos := math.Sincos(float64(i) * math.Pi / 3)
		length[i] = reading(0.3*(position[0]*cos+position[1]*sin)+0.9*position[2]+1000*(position[3]*sin-position[4]*cos), perStrutReading)
		current[i] = 0.6
		if moves {
			current[i] = 2.1
		}
	}
	h.write(ctx, "tel_actuators", sal.Values{"calibrated": length, "raw": length, "timestamp": love.TAI(now)})
	h.write(ctx, "tel_electrical", sal.Values{"motorCurrent": current, "busVoltage": []float64{75, 75, 75}})
}

func (h *hexapod) moving() bool {
	for i := range h.axes {
		if h.axes[i].moving() {
			return true
		}
	}
	return false
}

// writeState writes the states that changed.
func (h *hexapod) writeState(ctx context.Context) {
	state, substate, arrived := hexapodStandby, hexapodStationary, true
	if h.state == sal.Enabled {
		state = hexapodEnabled
	}
	if h.moving() {
		substate = hexapodMoves
	}
	for i := range h.axes {
		arrived = arrived && h.axes[i].arrived(h.limit(i)*1e-5)
	}
	h.write(ctx, "evt_controllerState", sal.Values{"controllerState": state, "enabledSubstate": substate, "applicationStatus": 2})
	h.write(ctx, "evt_inPosition", sal.Values{"inPosition": arrived})
	h.write(ctx, "evt_compensationMode", sal.Values{"enabled": h.compensates})
}
