package love

import (
	"errors"
	"math"
	"time"
)

// ErrBeforeLeapSeconds is returned for a time before 1972, when TAI - UTC was
// not a whole number of seconds.
var ErrBeforeLeapSeconds = errors.New("before 1972 there is no TAI - UTC")

// TAIFromUTC converts UNIX seconds, UTC, to the same count on the TAI scale,
// as SAL does (spec sal-kafka, section 17): in the 24 hours before a leap
// second the step is smeared over the day, so that no second lasts longer than
// the others. [TAI] is the plain conversion without smearing. After the last
// known leap second the offset stays the same. The error is
// [ErrBeforeLeapSeconds].
func TAIFromUTC(utc float64) (float64, error) {
	if !(utc >= float64(leapSteps[0])) {
		return 0, ErrBeforeLeapSeconds
	}
	leap := leapAt(utc)
	if next := leapAt(utc + 86400); next != leap {
		step := float64(leapSteps[int(next)-10])
		leap += (next - leap) * (1 - (step-utc)/86400)
	}
	return utc + leap, nil
}

// UTCFromTAI converts seconds on the TAI scale to UNIX seconds, UTC. It
// subtracts the whole offset in force, without smearing: on the day before a
// leap second it is not exactly the inverse of [TAIFromUTC]. The error is
// [ErrBeforeLeapSeconds].
func UTCFromTAI(tai float64) (float64, error) {
	if !(tai >= float64(leapSteps[0]+10)) {
		return 0, ErrBeforeLeapSeconds
	}
	n := len(leapSteps)
	for tai < float64(leapSteps[n-1]+int64(9+n)) {
		n--
	}
	return tai - float64(9+n), nil
}

// leapAt returns TAI - UTC in seconds, at a UTC that is not before 1972.
func leapAt(utc float64) float64 {
	return tableLeapSeconds(time.Unix(int64(math.Floor(min(utc, math.MaxInt32*2.0))), 0)).Seconds()
}
