package sim

import "math"

// The resolution of the simulated instruments, in readings per unit: a sensor tells no
// more digits than it can measure.
const (
	perDegree       = 1e6 // encoders of the mounts, in deg and deg/s
	perDomeDegree   = 1e3 // of the domes
	perAirReading   = 1e2 // deg_C, per cent, m/s
	perHectopascal  = 10  // in Pa
	perWindVane     = 10  // in deg
	perStrutReading = 1e3 // in um
)

// reading returns a value as an instrument of that resolution shows it.
func reading(value, perUnit float64) float64 { return math.Round(value*perUnit) / perUnit }
