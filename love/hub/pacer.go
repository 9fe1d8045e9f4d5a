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
	timer love.Timer

	mu      sync.Mutex
	slots   [pacerSlots][]*session // by tick
	next    int64                  // the first tick that was not handled
	waiting int                    // sessions in slots
	armed   int64                  // the tick that the timer waits for; noTick if for none
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
	p.clock, p.began, p.timer, p.armed = clock, clock.Now(), clock.NewTimer(time.Hour), noTick
	p.timer.Stop()
}

// add has the session woken at the time due. The session must not be added again before.
func (p *pacer) add(s *session, due time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	tick := max(int64((due.Sub(p.began)+pacerTick-1)/pacerTick), p.next)
	slot := &p.slots[tick%pacerSlots]
	*slot = append(*slot, s)
	p.waiting++
	if tick < p.armed {
		p.arm(tick)
	}
}

// arm sets the timer to a tick.
func (p *pacer) arm(tick int64) {
	p.armed = tick
	p.timer.Reset(p.began.Add(time.Duration(tick) * pacerTick).Sub(p.clock.Now()))
}

// run wakes the sessions when they are due, until ctx ends.
func (p *pacer) run(ctx context.Context) {
	defer p.timer.Stop()
	var due []*session
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.timer.C():
		}
		now := p.clock.Now()
		due = p.take(due[:0], now)
		p.flush(due, now)
		clear(due)
		p.armNext()
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

// armNext sets the timer to the first session that waits, if there is one.
func (p *pacer) armNext() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == 0 {
		p.armed = noTick
		return
	}
	tick := p.next
	for len(p.slots[tick%pacerSlots]) == 0 {
		tick++
	}
	p.arm(tick)
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
