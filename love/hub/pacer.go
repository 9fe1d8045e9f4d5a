package hub

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// pacer wakes the sessions whose telemetry waits for the end of their write interval:
// all that are due together in one pass, so that one timer serves any number of sessions.
// It sleeps while none waits.
type pacer struct {
	clock love.Clock
	began time.Time
	woken chan struct{} // a session is due before the timer

	mu      sync.Mutex
	slots   [pacerSlots][]*session // by tick
	next    int64                  // the first tick that was not handled
	waiting int                    // sessions in slots
	timer   int64                  // the tick that the timer waits for; noTick if for none
}

const (
	// pacerTick is how exact the pacer is. No screen shows the difference, and sessions
	// that got their last message in the same tick stay together.
	pacerTick = time.Millisecond
	// pacerSlots is more than the ticks of the longest interval.
	pacerSlots = 1024
	noTick     = 1<<63 - 1
)

func (p *pacer) init(clock love.Clock) {
	p.clock, p.began, p.woken, p.timer = clock, clock.Now(), make(chan struct{}, 1), noTick
}

// add has the session woken at the time due. The session must not be added again before.
func (p *pacer) add(s *session, due time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	tick := max(int64((due.Sub(p.began)+pacerTick-1)/pacerTick), p.next)
	slot := &p.slots[tick%pacerSlots]
	*slot = append(*slot, s)
	p.waiting++
	if tick < p.timer {
		p.timer = tick
		select {
		case p.woken <- struct{}{}:
		default:
		}
	}
}

// run wakes the sessions when they are due, until ctx ends.
func (p *pacer) run(ctx context.Context) {
	timer := p.clock.NewTimer(time.Hour)
	defer timer.Stop()
	var due []*session
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.woken:
		case <-timer.C():
		}
		now := p.clock.Now()
		due = p.take(due[:0], now)
		p.flush(due, now)
		clear(due)
		if wait, any := p.wait(p.clock.Now()); any {
			timer.Reset(wait)
		}
	}
}

// take appends the sessions that are due to dst.
func (p *pacer) take(dst []*session, now time.Time) []*session {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := int64(now.Sub(p.began) / pacerTick)
	p.next = max(p.next, last+1-pacerSlots) // after a long pause
	for ; p.next <= last; p.next++ {
		slot := &p.slots[p.next%pacerSlots]
		dst = append(dst, *slot...)
		p.waiting -= len(*slot)
		clear(*slot)
		*slot = (*slot)[:0]
	}
	return dst
}

// wait returns how long to wait for the next session, or false if none waits.
func (p *pacer) wait(now time.Time) (time.Duration, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = noTick
	if p.waiting == 0 {
		return 0, false
	}
	p.timer = p.next
	for len(p.slots[p.timer%pacerSlots]) == 0 {
		p.timer++
	}
	return max(0, p.began.Add(time.Duration(p.timer)*pacerTick).Sub(now)), true
}

// flushStep is how many sessions are written to before it is worth another goroutine.
const flushStep = 128

// flush writes to the sessions, on several processors if there are many.
func (p *pacer) flush(due []*session, now time.Time) {
	var flushing sync.WaitGroup
	defer flushing.Wait()
	share := max(flushStep, len(due)/runtime.GOMAXPROCS(0)+1)
	for len(due) > share {
		part := due[:share]
		due = due[share:]
		flushing.Go(func() { p.flushPart(part, now) })
	}
	p.flushPart(due, now)
}

func (p *pacer) flushPart(part []*session, now time.Time) {
	for _, s := range part {
		wake, again := s.out.endInterval(now)
		switch {
		case wake:
			s.sink.wake()
		case !again.IsZero():
			p.add(s, again)
		}
	}
}
