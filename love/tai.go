package love

import (
	"errors"
	"math"
)

// ErrBeforeLeapSeconds is returned for a time before 1972, when TAI - UTC was
// not a whole number of seconds.
var ErrBeforeLeapSeconds = errors.New("before 1972 TAI - UTC is not a whole number of seconds")

// TAIFromUTC converts UNIX seconds, UTC, to the same count on the TAI scale, as SAL
// does (docs/protocol/sal-kafka.md#time): in the 24 hours before a leap second the
// step is smeared over the day, so that no second lasts longer than the others.
// [TAI] is the plain conversion without smearing. After the last known leap second
// the offset stays the same. The error is [ErrBeforeLeapSeconds].
func TAIFromUTC(utc float64) (float64, error) {
	t := leapTable()
	if !(utc >= float64(t.steps[0].unix)) {
		return 0, ErrBeforeLeapSeconds
	}
	const day = 86400
	now := int64(math.Floor(min(utc, math.MaxInt32*2.0)))
	offset := float64(t.at(now))
	if next := t.next(now); next != nil && float64(next.unix) <= utc+day {
		offset += (float64(next.offset) - offset) * (1 - (float64(next.unix)-utc)/day)
	}
	return utc + offset, nil
}

// next returns the first step after a time, nil if there is none.
func (t *LeapSecondTable) next(unix int64) *leapStep {
	for i := range t.steps {
		if t.steps[i].unix > unix {
			return &t.steps[i]
		}
	}
	return nil
}

// UTCFromTAI converts seconds on the TAI scale to UNIX seconds, UTC. It
// subtracts the whole offset in force, without smearing: on the day before a
// leap second it is not exactly the inverse of [TAIFromUTC]. The error is
// [ErrBeforeLeapSeconds].
func UTCFromTAI(tai float64) (float64, error) {
	t := leapTable()
	if !(tai >= float64(t.steps[0].unix+t.steps[0].offset)) {
		return 0, ErrBeforeLeapSeconds
	}
	n := len(t.steps) - 1
	for tai < float64(t.steps[n].unix+t.steps[n].offset) {
		n--
	}
	return tai - float64(t.steps[n].offset), nil
}
