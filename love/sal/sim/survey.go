package sim

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/rubin-love/love-go/love"
)

// latitude of the observatory, degrees north.
const latitude = -30.244639

// direction is a direction in the sky relative to a mount, degrees; azimuth from north
// over east, 0 to 360.
type direction struct{ azimuth, elevation float64 }

// field is a position among the stars, degrees.
type field struct{ rightAscension, declination float64 }

// fieldAt returns the field that is in a direction at a time.
func fieldAt(d direction, t time.Time) field {
	declination, hourAngle := rotate(d.elevation, d.azimuth)
	return field{rightAscension: sidereal(t) - hourAngle, declination: declination}
}

// at returns the direction of the field at a time.
func (f field) at(t time.Time) direction {
	elevation, azimuth := rotate(f.declination, sidereal(t)-f.rightAscension)
	return direction{azimuth: math.Mod(azimuth+360, 360), elevation: elevation}
}

// sidereal returns the sidereal time at the observatory, degrees.
func sidereal(t time.Time) float64 { return 15 * love.SiderealTime(t, love.SummitLongitude) }

// rotate converts (elevation, azimuth) to (declination, hour angle) and back, which is
// the same rotation; degrees.
func rotate(height, around float64) (otherHeight, otherAround float64) {
	const rad = math.Pi / 180
	sinL, cosL := math.Sincos(latitude * rad)
	sinH, cosH := math.Sincos(height * rad)
	sinA, cosA := math.Sincos(around * rad)
	otherHeight = math.Asin(sinL*sinH + cosL*cosH*cosA)
	otherAround = math.Atan2(-cosH*sinA, cosL*sinH-sinL*cosH*cosA)
	return otherHeight / rad, otherAround / rad
}

// longestDwell is how long a field of the survey can be observed at most before it is
// too low or too high.
const longestDwell = 20 * time.Minute

// survey selects fields to observe, one after another. The field depends on the seed
// and the time only, so that a dome and its telescope agree.
type survey struct {
	seed  uint64
	dwell time.Duration
	slot  time.Time
	field field
}

func newSurvey(seed uint64, dwell time.Duration) *survey {
	return &survey{seed: seed, dwell: min(dwell, longestDwell)}
}

// pointing returns the direction to observe at a time, and whether the field is new.
func (s *survey) pointing(now time.Time) (d direction, fresh bool) {
	slot := now.Truncate(s.dwell)
	if slot.Equal(s.slot) {
		return s.field.at(now), false
	}
	random := rand.New(rand.NewPCG(s.seed, uint64(slot.UnixNano())))
	d = direction{azimuth: 360 * random.Float64(), elevation: 35 + 40*random.Float64()}
	s.field, s.slot = fieldAt(d, slot), slot
	return s.field.at(now), true
}

// rates returns the speed of the field at a time, degrees per second.
func (s *survey) rates(now time.Time) direction {
	a, b := s.field.at(now), s.field.at(now.Add(time.Second))
	return direction{azimuth: math.Remainder(b.azimuth-a.azimuth, 360), elevation: b.elevation - a.elevation}
}
