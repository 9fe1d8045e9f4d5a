package hub

import (
	"sync"
	"time"
)

// pace limits the messages of one subscription: per stream at most one in an
// interval, the newest.
type pace struct {
	interval time.Duration

	mu      sync.Mutex
	streams map[uint64]*paced
}

type paced struct {
	last    time.Time
	pending *frame
}

// offer hands a frame of the stream to the pace. It returns true if the frame
// may be sent now. Otherwise the pace keeps it, in place of an older one if
// dropped is 1, and if due is not zero wants release to be called then.
func (p *pace) offer(stream uint64, f *frame, now time.Time) (send bool, due time.Time, dropped int) {
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
	if st.pending != nil {
		st.pending = f
		return false, time.Time{}, 1
	}
	if !st.last.IsZero() && now.Sub(st.last) < p.interval {
		st.pending = f
		return false, st.last.Add(p.interval), 0
	}
	st.last = now
	return true, time.Time{}, 0
}

// release returns the frame that waited, if any.
func (p *pace) release(stream uint64, now time.Time) *frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := p.streams[stream]
	f := st.pending
	st.pending, st.last = nil, now
	return f
}

// stop forgets what waits, and reports how much that was.
func (p *pace) stop() (dropped int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, st := range p.streams {
		if st.pending != nil {
			st.pending = nil
			dropped++
		}
	}
	return dropped
}

// paced sends f to m now, or keeps it until m's pace allows it.
func (h *Hub) paced(m *member, stream uint64, f *frame, now time.Time, b *burst) {
	send, due, dropped := m.pace.offer(stream, f, now)
	if send {
		m.session.send(f, now, b)
		return
	}
	if dropped > 0 {
		m.session.dropped.Add(1)
		h.counters.drop(DropRate, dropped)
	}
	if !due.IsZero() {
		h.schedule.at(due, func(now time.Time) {
			if f := m.pace.release(stream, now); f != nil {
				var b burst
				m.session.send(f, now, &b)
				b.flush()
			}
		})
	}
}
