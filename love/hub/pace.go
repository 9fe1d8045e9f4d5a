package hub

import (
	"sync"
	"time"
)

// pace limits the messages of one subscription: per stream at most one in an
// interval, the newest.
type pace struct {
	member   *member
	interval time.Duration

	mu      sync.Mutex
	streams map[uint64]*paced // by the stream's key
	armed   bool              // release is scheduled
}

type paced struct {
	last    time.Time
	pending *frame
}

// offer hands a frame of the stream to the pace. If send is true the frame may
// be sent now. Otherwise the pace keeps it, and replaced reports whether it
// took the place of an older one. Unless due is zero, release has to be called
// at that time.
func (p *pace) offer(stream uint64, f *frame, now time.Time) (send, replaced bool, due time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := p.streams[stream]
	if st == nil {
		if p.streams == nil {
			p.streams = make(map[uint64]*paced)
		}
		st = &paced{}
		p.streams[stream] = st
	}
	free := st.last.Add(p.interval)
	if st.pending == nil && !free.After(now) {
		st.last = now
		return true, false, time.Time{}
	}
	replaced = st.pending != nil
	st.pending = f
	if !p.armed {
		p.armed, due = true, free
	}
	return false, replaced, due
}

// release returns the frames that may be sent now, the member they are for,
// and when to call it again, which is zero if nothing waits.
func (p *pace) release(now time.Time) (m *member, frames []*frame, next time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, st := range p.streams {
		free := st.last.Add(p.interval)
		switch {
		case st.pending == nil:
		case !free.After(now):
			frames = append(frames, st.pending)
			st.pending, st.last = nil, now
		case next.IsZero() || free.Before(next):
			next = free
		}
	}
	p.armed = !next.IsZero()
	return p.member, frames, next
}

// stop ends the pace and returns the frames that it held back.
func (p *pace) stop() (frames []*frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, st := range p.streams {
		if st.pending != nil {
			frames = append(frames, st.pending)
		}
	}
	// A scheduled release may keep p for an interval: let it keep nothing else.
	p.member, p.streams = nil, nil
	return frames
}

// paced sends f to m now, or keeps it until m's pace allows it.
func (h *Hub) paced(m *member, stream uint64, f *frame, now time.Time, b *burst) {
	send, replaced, due := m.pace.offer(stream, f, now)
	if send {
		m.session.send(f, now, b)
	}
	if replaced {
		m.session.dropped.Add(1)
		h.counters.drop(DropRate, 1)
	}
	h.releaseAt(m.pace, due)
}

// releaseAt schedules the release of what waits in p, unless due is zero.
func (h *Hub) releaseAt(p *pace, due time.Time) {
	if due.IsZero() {
		return
	}
	h.schedule.at(due, func(now time.Time) {
		m, frames, next := p.release(now)
		var b burst
		for _, f := range frames {
			m.session.send(f, now, &b)
		}
		b.flush()
		h.releaseAt(p, next)
	})
}
