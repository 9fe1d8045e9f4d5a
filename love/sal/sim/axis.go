package sim

import "math"

// axisStep is the time, in seconds, in which an axis keeps its acceleration.
const axisStep = 0.02

// axis is something that moves to a target with a limited velocity and acceleration.
// Units are those of its owner, per second.
type axis struct {
	position, velocity, acceleration float64

	target float64 // where to be
	rate   float64 // how fast the target itself moves

	maxVelocity, maxAcceleration float64
	circle                       float64 // positions repeat after it; 0 for a line
}

// goTo makes the axis move to a fixed target.
func (a *axis) goTo(target float64) { a.follow(target, 0) }

// follow makes the axis move to a moving target.
func (a *axis) follow(target, rate float64) { a.target, a.rate = target, rate }

// stop makes the axis stop as soon as it can.
func (a *axis) stop() {
	braking := a.velocity * math.Abs(a.velocity) / (2 * a.maxAcceleration)
	a.goTo(a.position + braking)
}

// distance returns the distance to the target, the shorter way round on a circle.
func (a *axis) distance() float64 {
	d := a.target - a.position
	if a.circle > 0 {
		d = math.Remainder(d, a.circle)
	}
	return d
}

// arrived reports whether the axis is where it should be, or moves along with it.
func (a *axis) arrived(tolerance float64) bool {
	return math.Abs(a.distance()) <= tolerance && math.Abs(a.velocity-a.rate) <= a.maxAcceleration*axisStep*2
}

// moving reports whether the axis is moving at all.
func (a *axis) moving() bool { return math.Abs(a.velocity) > 1e-9 }

// step moves the axis on by dt seconds.
func (a *axis) step(dt float64) {
	if a.distance() == 0 && a.velocity == a.rate { // it moves along with the target
		a.acceleration = 0
		a.target += a.rate * dt
		a.position = a.target
		return
	}
	for ; dt > 1e-9; dt -= axisStep {
		a.substep(min(dt, axisStep))
	}
}

// substep moves the axis for a time in which its acceleration is constant. It is as
// fast as it can be and still brake in time.
func (a *axis) substep(dt float64) {
	a.target += a.rate * dt
	d := a.distance()
	if math.Abs(d) <= a.maxAcceleration*dt*dt && math.Abs(a.velocity-a.rate) <= 2*a.maxAcceleration*dt {
		a.acceleration = (a.rate - a.velocity) / dt
		a.position, a.velocity = a.position+d, a.rate
		return
	}
	brake := a.maxAcceleration * dt / 2
	wanted := math.Sqrt(brake*brake+2*a.maxAcceleration*math.Abs(d)) - brake
	wanted = math.Copysign(min(wanted, a.maxVelocity), d) + a.rate
	change := max(-a.maxAcceleration*dt, min(a.maxAcceleration*dt, wanted-a.velocity))
	a.acceleration = change / dt
	a.velocity += change
	a.position += a.velocity * dt
}
