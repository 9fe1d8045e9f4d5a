package hub

import (
	"context"
	"sync"
	"time"

	"github.com/rubin-love/love-go/love"
)

// pastQueue holds the histories that a session still gets, in the order in which it asked
// for them.
type pastQueue struct {
	mu      sync.Mutex
	pending []*past
	moved   time.Time // when the first last got further
	blocked bool      // it waits for the client to read
}

// move notes how far the first history is.
func (q *pastQueue) move(now time.Time, blocked bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.blocked = blocked; !blocked {
		q.moved = now
	}
}

// first returns the first history that is not over, nil if there is none.
func (q *pastQueue) first() *past {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.pending) > 0 {
		if p := q.pending[0]; !p.isOver() {
			return p
		}
		q.pending[0] = nil
		q.pending = q.pending[1:]
	}
	q.pending = nil
	return nil
}

func (p *past) isOver() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over
}

// beginPast has a history delivered.
func (h *Hub) beginPast(p *past) {
	q, now := &p.session.pasts, h.clock.Now()
	q.mu.Lock()
	if q.pending = append(q.pending, p); len(q.pending) == 1 {
		q.moved, q.blocked = now, false
	}
	q.mu.Unlock()
	h.pasts.add(p.session)
	h.schedule.at(now.Add(pastHangs), p.watch)
}

// deliverPast delivers the next portion of a session's first history.
func deliverPast(ctx context.Context, s *session, wakes *wakeList) (more bool) {
	p := s.pasts.first()
	return p != nil && p.deliver(ctx, wakes)
}

// deliver delivers the next portion of the history, as far as there is room for it. It
// reports whether to go on at once with the session; if not, that is scheduled, or happens
// when the client has read.
func (p *past) deliver(ctx context.Context, wakes *wakeList) (more bool) {
	h := p.session.hub
	p.mu.Lock()
	upTo := p.upTo
	p.mu.Unlock()
	has := upTo == 0 || h.past.Has(p.group.name, upTo)
	if has {
		p.waiting = time.Time{}
	}
	if !has && !p.begun && p.isPatient() {
		p.again(pastRetry) // its bounds count back from the newest
		return false
	}
	q := love.PastQuery{Stream: p.group.name, After: p.after, UpTo: upTo}
	if !p.begun {
		q.Messages, q.Bytes = pastMessages, pastBytes
	}
	read := 0
	defer func() { p.session.chargePast(read, h.clock.Now()) }()
	for m, err := range h.past.Past(ctx, q) {
		if err != nil {
			h.unread.Failed(h.clock.Now(), err, "stream", p.group.name.String())
			has = true // there will be no more of it
			break
		}
		result := queued
		if p.sent.IsZero() || m.Recorded.Sub(p.sent) >= p.interval {
			result = p.push(m, wakes)
		}
		switch result {
		case queued:
			read += len(m.Value)
			p.passed(m)
		case later:
			p.waiting = time.Time{} // for the archive
			return false
		case overflowed, exhausted:
			p.again(snapshotRetry)
			return false
		case inactive: // ended, or another is about to take its place
			p.again(pastRetry)
			return false
		default: // the session ends
			return false
		}
	}
	p.begun = true
	return p.caughtUp(upTo, has, wakes)
}

// passed notes that a message has been delivered, or left out.
func (p *past) passed(m love.PastMessage) {
	p.begun, p.after, p.waiting = true, m.Recorded, time.Time{}
	p.delivered++
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number = max(p.number, m.Number)
}

// push queues a message of the history.
func (p *past) push(m love.PastMessage, wakes *wakeList) pushResult {
	s := p.session
	f, now := s.hub.pastFrame(p.group.name, m), s.hub.clock.Now()
	ahead := s.out.snapshotRoom()
	p.mu.Lock()
	to := p.member
	p.mu.Unlock()
	v := to.variant
	if m.Number == 0 {
		v &^= variantSeq
	}
	result, dropped := s.out.pushSnapshot(f.as(v), to, now, ahead)
	s.pasts.move(now, result == later)
	if result == queued || result == needsWake {
		s.hub.counters.offer(1)
		s.pushed(f, result, dropped, wakes)
		p.sent = m.Recorded
		return queued
	}
	s.pushed(nil, queued, dropped, wakes)
	return result
}

// again has the next portion made after a time.
func (p *past) again(wait time.Duration) {
	h := p.session.hub
	h.schedule.at(h.clock.Now().Add(wait), func(time.Time) { h.pasts.add(p.session) })
}

// caughtUp ends the history if everything up to a number has been delivered: what the
// archive has, if it has everything.
func (p *past) caughtUp(upTo uint64, has bool, wakes *wakeList) (more bool) {
	now := p.session.hub.clock.Now()
	p.session.pasts.move(now, false)
	if p.delivered >= 2*pastMessages { // it would never catch up
		p.finish(upTo, true, wakes)
		return true
	}
	if has {
		p.finish(upTo, false, wakes)
		return true
	}
	if p.isPatient() {
		p.again(pastRetry)
		return false
	}
	p.finish(upTo, true, wakes)
	return true
}

// isPatient reports whether to wait longer for what the archive has not recorded yet.
func (p *past) isPatient() bool {
	now := p.session.hub.clock.Now()
	if p.waiting.IsZero() {
		p.waiting = now
	}
	return now.Sub(p.waiting) < pastPatience
}

// finish delivers what is held back behind the history, and ends it; unless there is more
// to deliver by now, and force is not set.
func (p *past) finish(upTo uint64, force bool, wakes *wakeList) {
	s := p.session
	h := s.hub
	s.snapshots.mu.Lock()
	p.mu.Lock()
	if p.over || p.upTo != upTo && !force {
		p.mu.Unlock()
		s.snapshots.mu.Unlock()
		return
	}
	p.over = true
	h.index.chargeUser(s.user, -pastMemory)
	s.out.letBack(p.bytes)
	more := p.snapshot != nil && s.queueSnapshotLocked(p.snapshot, wakes)
	now, offered := h.clock.Now(), 0
	for _, f := range p.held {
		if f.seq > p.number && s.deliverLive(p.member, p.group, f, now, wakes) {
			offered++
		}
	}
	h.counters.offer(offered)
	p.held, p.bytes = nil, 0
	missed := int(p.upTo - min(p.upTo, max(p.joined, p.number)))
	p.mu.Unlock()
	s.snapshots.mu.Unlock()
	if more {
		s.out.goOn()
	}
	s.missed(p.group.name.Category, missed)
}

// missed counts live messages that were left to the archive, which has not delivered
// them. Events must not be lost without the client noticing.
func (s *session) missed(c love.Category, n int) {
	if n == 0 {
		return
	}
	s.hub.counters.offer(n)
	if c == love.CategoryTelemetry {
		s.dropped.Add(uint64(n))
		s.hub.counters.drop(DropBacklog, n)
		return
	}
	s.hub.counters.drop(DropClosed, n)
	s.close(CloseSlow)
}

// deliverLive delivers a message that was held back, and reports whether the subscription
// is in force.
func (s *session) deliverLive(m *member, g *group, f *frame, now time.Time, wakes *wakeList) bool {
	if m.throttle != nil {
		return s.hub.sendThrottled(m, g.key, f, now, wakes)
	}
	return s.deliver(m, f.as(m.variant), now, wakes)
}

// watch ends a history that the archive does not deliver.
func (p *past) watch(now time.Time) {
	p.mu.Lock()
	over, upTo := p.over, p.upTo
	p.mu.Unlock()
	q := &p.session.pasts
	q.mu.Lock()
	due, blocked := q.moved.Add(pastHangs), q.blocked
	q.mu.Unlock()
	h := p.session.hub
	switch {
	case over:
	case blocked:
		h.schedule.at(now.Add(pastHangs), p.watch)
	case due.After(now):
		h.schedule.at(due, p.watch)
	default:
		h.unread.Failed(now, errPastHangs, "stream", p.group.name.String())
		var wakes wakeList
		p.finish(upTo, true, &wakes)
		wakes.wakeAll()
	}
}
