package hub

import "github.com/rubin-love/love-go/love"

// eachStream calls f for every known stream that delivers to the group.
func (h *Hub) eachStream(name love.Group, f func(*group)) {
	x := &h.index
	switch {
	case name == love.CategoryGroup(name.Category) || name.CSC == wildcard:
		x.each(func(g *group) {
			if matches(name, g.name) {
				f(g)
			}
		})
	case name.Stream == love.All || wildcardShape(name) != 0:
		x.shard([]byte(name.CSC)).each(func(g *group) {
			if matches(name, g.name) {
				f(g)
			}
		})
	default:
		if g := x.find(name); g != nil {
			f(g)
		}
	}
}

// sendLast sends the last value of the stream g, if there is one, in the shape
// of messages to the group called name, to the member that joined it in epoch. A
// value that was stored since then has been delivered, or will be, as a message.
// The last value is marked as a snapshot, and as stale if its source has gone. sendLast
// returns the number of bytes.
func (h *Hub) sendLast(name love.Group, g *group, m *member, epoch uint64, wakes *wakeList) int {
	l := &g.last
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source == nil || l.epoch >= epoch {
		return 0
	}
	stream := love.AppendText(nil, g.name.Stream)
	value := l.value
	if name.Stream == love.All && name.CSC != love.All && wildcardShape(name) == 0 {
		value = append(append(append(append([]byte(`{`), stream...), ':'), value...), '}')
		stream = l.csc
	}
	buf := love.AppendText(append(newBuffer(len(value)+256), `{"category":`...), string(g.name.Category))
	buf = appendItem(append(buf, `,"data":[`...), l.csc, l.index, stream, value)
	buf = love.AppendText(append(buf, `],"subscription":`...), name.String())
	buf = append(buf, `,"snapshot":true`...)
	if l.source.gone.Load() {
		buf = append(buf, `,"stale":true`...)
	}
	f := textFrame(append(buf, '}'))
	f.seq, f.barrier, f.counted = l.seq, true, true
	h.counters.offer(1)
	f = f.as(m.variant)
	m.session.deliver(m, f, h.clock.Now(), wakes)
	return len(f.bytes)
}
