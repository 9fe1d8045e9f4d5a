package love

import "time"

// Clock returns the time and makes timers. Everything here that waits takes a
// Clock, so that a test can control the time (lovetest.Clock).
type Clock interface {
	Now() time.Time
	NewTimer(d time.Duration) Timer
	NewTicker(d time.Duration) Ticker
}

// Timer is what Clock.NewTimer returns; it behaves like [time.Timer].
type Timer interface {
	C() <-chan time.Time
	Stop() bool
	Reset(d time.Duration) bool
}

// Ticker is what Clock.NewTicker returns; it behaves like [time.Ticker].
type Ticker interface {
	C() <-chan time.Time
	Stop()
}

// SystemClock is the clock of the machine, and under testing/synctest that of
// the bubble.
type SystemClock struct{}

// Now implements [Clock].
func (SystemClock) Now() time.Time { return time.Now() }

// NewTimer implements [Clock].
func (SystemClock) NewTimer(d time.Duration) Timer { return systemTimer{time.NewTimer(d)} }

// NewTicker implements [Clock].
func (SystemClock) NewTicker(d time.Duration) Ticker { return systemTicker{time.NewTicker(d)} }

type systemTimer struct{ *time.Timer }

func (t systemTimer) C() <-chan time.Time { return t.Timer.C }

type systemTicker struct{ *time.Ticker }

func (t systemTicker) C() <-chan time.Time { return t.Ticker.C }
