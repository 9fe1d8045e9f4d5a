package lovetest

import (
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// Clock is a [love.Clock] that moves only when a test calls [Clock.Advance]. Its
// timers fire inside that call, in the order of their times. Use [NewClock].
//
// The code that waits for a timer runs on another goroutine, so code that sets its
// next timer when one fires must be advanced step by step: Advance to the first,
// [Clock.WaitForTimers], Advance again. Or run the code with [love.SystemClock] in a
// bubble of testing/synctest, which does that by itself.
type Clock struct {
	mu      sync.Mutex
	changed *sync.Cond
	now     time.Time
	pending []*timer // by time, then in the order of creation
}

var _ love.Clock = (*Clock)(nil)

// NewClock returns a clock that stands at now.
func NewClock(now time.Time) *Clock {
	c := &Clock{now: now}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// Now implements [love.Clock].
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// NewTimer implements [love.Clock]. A duration of zero or less fires at once.
func (c *Clock) NewTimer(d time.Duration) love.Timer {
	t := &timer{clock: c, c: make(chan time.Time, 1)}
	t.Reset(d)
	return t
}

// NewTicker implements [love.Clock]. Like [time.Ticker], it drops ticks for a
// slow receiver and panics if d is not positive.
func (c *Clock) NewTicker(d time.Duration) love.Ticker {
	if d <= 0 {
		panic("lovetest: the period of a ticker must be positive")
	}
	t := &timer{clock: c, c: make(chan time.Time, 1), period: d}
	t.Reset(d)
	return ticker{t}
}

// Advance moves the clock by d and fires the timers that are due on the way, in
// order; [Clock.Now] shows the time of each while it fires.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := c.now.Add(d)
	for len(c.pending) > 0 && !c.pending[0].at.After(end) {
		t := c.pending[0]
		c.now = t.at
		c.remove(t)
		t.fire()
	}
	c.now = end
}

// WaitForTimers blocks until n timers and tickers, or more, are pending. A
// test calls it before Advance, so that the code under test is waiting.
func (c *Clock) WaitForTimers(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.pending) < n {
		c.changed.Wait()
	}
}

func (c *Clock) add(t *timer) {
	i, _ := slices.BinarySearchFunc(c.pending, t.at, func(p *timer, at time.Time) int {
		if p.at.After(at) {
			return 1
		}
		return -1 // behind those of the same time
	})
	c.pending = slices.Insert(c.pending, i, t)
	c.changed.Broadcast()
}

func (c *Clock) remove(t *timer) (was bool) {
	i := slices.Index(c.pending, t)
	if i < 0 {
		return false
	}
	c.pending = slices.Delete(c.pending, i, i+1)
	return true
}

// timer is a timer, or the part of a ticker that fires. Its clock's mutex guards it.
type timer struct {
	clock  *Clock
	c      chan time.Time
	at     time.Time
	period time.Duration // of a ticker
}

func (t *timer) C() <-chan time.Time { return t.c }

func (t *timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.stop()
}

func (t *timer) Reset(d time.Duration) bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	was := t.stop()
	t.at = t.clock.now.Add(d)
	if d <= 0 {
		t.fire()
	} else {
		t.clock.add(t)
	}
	return was
}

// stop also discards a time that was not received, as timers do since Go 1.23.
func (t *timer) stop() bool {
	select {
	case <-t.c:
	default:
	}
	return t.clock.remove(t)
}

func (t *timer) fire() {
	select {
	case t.c <- t.at:
	default:
	}
	if t.period > 0 {
		t.at = t.at.Add(t.period)
		t.clock.add(t)
	}
}

type ticker struct{ *timer }

func (t ticker) Stop() { t.timer.Stop() }
