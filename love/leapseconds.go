package love

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// LeapSecondTable holds the steps of TAI - UTC since 1972. The zero value is
// the table that is built in.
type LeapSecondTable struct {
	steps  []leapStep // in order of time, the first one in 1972
	expiry time.Time
}

// leapStep is a UTC date from which TAI - UTC has a new value.
type leapStep struct {
	unix   int64
	offset int64 // seconds
}

// builtinLeapSeconds ends with the leap second before 2017, the last one known
// when this was written.
var builtinLeapSeconds = func() *LeapSecondTable {
	t := &LeapSecondTable{expiry: time.Date(2027, time.June, 28, 0, 0, 0, 0, time.UTC)}
	for i, unix := range [...]int64{
		63072000, 78796800, 94694400, 126230400, 157766400, 189302400, 220924800,
		252460800, 283996800, 315532800, 362793600, 394329600, 425865600, 489024000,
		567993600, 631152000, 662688000, 709948800, 741484800, 773020800, 820454400,
		867715200, 915148800, 1136073600, 1230768000, 1341100800, 1435708800, 1483228800,
	} {
		t.steps = append(t.steps, leapStep{unix, int64(10 + i)})
	}
	return t
}()

// leapSeconds is the table in use: like the time zones of package time, one for
// the whole program.
var leapSeconds atomic.Pointer[LeapSecondTable]

func leapTable() *LeapSecondTable {
	if t := leapSeconds.Load(); t != nil {
		return t
	}
	return builtinLeapSeconds
}

// UseLeapSeconds makes all time scales of this package use a table other than the
// one that is built in. A program calls it once, when it starts; times that were
// computed before stay as they are.
func UseLeapSeconds(t LeapSecondTable) { leapSeconds.Store(t.orBuiltin()) }

func (t *LeapSecondTable) orBuiltin() *LeapSecondTable {
	if len(t.steps) == 0 {
		return builtinLeapSeconds
	}
	return t
}

// ReadLeapSeconds reads a table in the format of leap-seconds.list, the file that
// the IERS publishes. The error says which line is wrong, or what is missing.
func ReadLeapSeconds(r io.Reader) (LeapSecondTable, error) {
	const ntpEpoch = 2208988800 // seconds from 1900, the file's zero, to 1970
	var t LeapSecondTable
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		expiry, isExpiry := strings.CutPrefix(line, "#@")
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		switch {
		case isExpiry:
			seconds, err := strconv.ParseInt(strings.TrimSpace(expiry), 10, 64)
			if err != nil {
				return LeapSecondTable{}, fmt.Errorf("leap seconds, line %d: the expiry is not a number of seconds", n)
			}
			t.expiry = time.Unix(seconds-ntpEpoch, 0).UTC()
		case len(words) == 0:
		case len(words) != 2:
			return LeapSecondTable{}, fmt.Errorf("leap seconds, line %d: a line has a time in seconds since 1900 and TAI - UTC in seconds", n)
		default:
			at, errAt := strconv.ParseInt(words[0], 10, 64)
			offset, errOffset := strconv.ParseInt(words[1], 10, 64)
			step := leapStep{at - ntpEpoch, offset}
			if errAt != nil || errOffset != nil || !t.follows(step) {
				return LeapSecondTable{}, fmt.Errorf("leap seconds, line %d: %q does not follow from the line before by one second more or less", n, line)
			}
			t.steps = append(t.steps, step)
		}
	}
	switch {
	case lines.Err() != nil:
		return LeapSecondTable{}, fmt.Errorf("leap seconds: %w", lines.Err())
	case len(t.steps) == 0 || t.steps[0] != builtinLeapSeconds.steps[0]:
		return LeapSecondTable{}, fmt.Errorf("leap seconds: the table must begin with 1972, as the file leap-seconds.list of the IERS does")
	case t.expiry.IsZero():
		return LeapSecondTable{}, fmt.Errorf("leap seconds: the table has no line #@ with its expiry")
	}
	return t, nil
}

// follows reports whether a step can be the next one.
func (t *LeapSecondTable) follows(next leapStep) bool {
	if len(t.steps) == 0 {
		return true
	}
	last := t.steps[len(t.steps)-1]
	change := next.offset - last.offset
	return next.unix > last.unix && (change == 1 || change == -1)
}

// Expiry returns the time until which the table is known to be complete: the
// IERS announces a leap second half a year ahead. Afterwards times may be wrong
// by a second, until a newer table is used.
func (t LeapSecondTable) Expiry() time.Time { return t.orBuiltin().expiry }

// at returns TAI - UTC in seconds at a UTC; before 1972 the first value.
func (t *LeapSecondTable) at(unix int64) int64 {
	n := len(t.steps) - 1
	for n > 0 && unix < t.steps[n].unix {
		n--
	}
	return t.steps[n].offset
}

// LeapSecondsExpiry returns the [LeapSecondTable.Expiry] of the table in use.
func LeapSecondsExpiry() time.Time { return leapTable().expiry }

// LeapSeconds returns TAI - UTC at t: 37 s since 2017, and 10 s before 1972.
func LeapSeconds(t time.Time) time.Duration {
	return time.Duration(leapTable().at(t.Unix())) * time.Second
}
