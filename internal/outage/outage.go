// Package outage logs what fails again and again in few lines: when it begins, now
// and then while it lasts, and when it is over.
package outage

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// repeat is the shortest time between two lines about failures that go on or come
	// back.
	repeat = 10 * time.Minute
	// settled is how long a failure that came back before that goes on without a line.
	settled = time.Minute
	// maxCauses is how many different errors of an outage are logged at once.
	maxCauses = 3
)

// Log logs the failures of one thing. It is safe for concurrent use.
type Log struct {
	log           *slog.Logger
	level, end    slog.Level
	failing, over string

	failed atomic.Bool // there are failures since the last success

	mu       sync.Mutex
	failures int // since the last success
	since    time.Time
	last     time.Time // of the last line about a failure
	shown    bool      // the last line is about a failure
	causes   map[string]bool
}

// New returns a log of what fails, which is logged with the message failing, and
// of its end, with the message over. The failures have the level. So has the end, that who
// sees the one sees the other, but that of errors is for information: nothing is wrong then.
func New(log *slog.Logger, level slog.Level, failing, over string) *Log {
	end := level
	if level >= slog.LevelError {
		end = slog.LevelInfo
	}
	return &Log{log: log, level: level, end: end, failing: failing, over: over}
}

// Failed notes a failure. about describes it, as for [slog.Logger.Log].
func (l *Log) Failed(now time.Time, err error, about ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failures++; l.failures == 1 {
		l.since = now
		l.failed.Store(true)
	}
	quiet := l.last.IsZero() || now.Sub(l.last) >= repeat
	if quiet && !l.shown {
		l.causes = map[string]bool{}
	}
	cause := err.Error()
	another := len(l.causes) < maxCauses && !l.causes[cause]
	if !quiet && !another && (l.shown || now.Sub(l.since) < settled) {
		return
	}
	if another {
		l.causes[cause] = true
	}
	l.last, l.shown = now, true
	about = append([]any{"error", err}, about...)
	if l.failures > 1 {
		about = append(about, "failures", l.failures, "since", l.since.UTC().Format(time.RFC3339))
	}
	l.line(l.level, l.failing, about)
}

// Failing reports whether the last thing noted is a failure.
func (l *Log) Failing() bool { return l.failed.Load() }

// Succeeded notes a success, which ends an outage.
func (l *Log) Succeeded(now time.Time, about ...any) {
	if !l.Failing() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	failures, since := l.failures, l.since
	l.failures = 0
	l.failed.Store(false)
	if !l.shown {
		return
	}
	l.shown = false
	l.line(l.end, l.over, append(about, "failures", failures, "lasted", now.Sub(since).Round(time.Millisecond)))
}

func (l *Log) line(level slog.Level, message string, about []any) {
	l.log.Log(context.Background(), level, message, about...)
}
