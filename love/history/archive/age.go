package archive

import (
	"log/slog"
	"strings"
	"time"
)

// ageClock is the time by which files become too old: the clock's, but a jump of the clock
// forward counts only as the clock runs on. Whoever sets the clock to next year, or starts
// with a clock that is a year ahead, does not lose the archive: after a jump, age grows
// twice as fast until it has caught up.
type ageClock struct {
	now    time.Time // by which files have their age
	seen   time.Time // what the clock showed last
	jumped bool      // it has been logged
}

const (
	// longestTick is how much time may have passed between two looks at the clock without
	// a jump: a slow disk takes time, too.
	longestTick = 10 * time.Second
	// loggedJump is the least jump that is logged.
	loggedJump = time.Hour
)

// start begins with the clock, or with the time that the last run has left if the clock is
// beyond it.
func (c *ageClock) start(clock, left time.Time, log *slog.Logger) {
	c.now, c.seen = clock, clock
	if !left.IsZero() {
		c.now = minTime(clock, left)
	}
	c.report(log)
}

// look looks at the clock.
func (c *ageClock) look(clock time.Time, log *slog.Logger) {
	passed := min(clock.Sub(c.seen), longestTick)
	c.seen = clock
	if passed <= 0 || c.now.After(clock) { // it has gone back
		c.now = minTime(c.now, clock)
	} else {
		behind := clock.Sub(c.now) - passed
		c.now = c.now.Add(passed + max(min(behind, passed), 0))
		c.now = minTime(c.now, clock)
	}
	c.report(log)
}

// report logs a jump, and when age has caught up.
func (c *ageClock) report(log *slog.Logger) {
	behind := c.seen.Sub(c.now)
	switch {
	case behind >= loggedJump && !c.jumped:
		c.jumped = true
		log.Warn("the clock is far ahead of when the archive was open last, or has jumped: files become too old only as it runs on; if it is wrong, set it right",
			"clock", c.seen.UTC().Format(time.RFC3339), "age_counts_from", c.now.UTC().Format(time.RFC3339))
	case behind == 0 && c.jumped:
		c.jumped = false
		log.Info("the age of the archive's files is again that by the clock")
	}
}

// readAge returns the time that the last run has left; if there is none, that of the
// newest message.
func (a *Archive) readAge() time.Time {
	text := make([]byte, 64)
	n, _ := a.lock.ReadAt(text, 0) // an empty file is the usual error
	if t, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text[:n]))); err == nil {
		return t
	}
	newest := time.Time{}
	for _, s := range a.stored {
		if t := timeOf(s.end); t.After(newest) {
			newest = t
		}
	}
	return newest
}

// leaveAge writes the time for the next run into the lock file.
func (a *Archive) leaveAge() {
	// Without it, the newest message is a good guess.
	_, _ = a.lock.WriteAt([]byte(a.age.now.UTC().Format(time.RFC3339)+"\n"), 0)
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
