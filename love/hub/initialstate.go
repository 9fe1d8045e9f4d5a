package hub

import (
	"bytes"
	"strconv"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// requestInitialState asks the producers of a component to send the newest sample of
// a stream once more (docs/protocol/manager.md#initial-state).
func (m *messageHandler) requestInitialState(g love.Group) {
	h := m.session.hub
	now := h.clock.Now()
	e := Envelope{Kind: EnvelopeInitialState, Payload: initialStateRequest(g), Received: now, Source: h.self.id, source: h.self}
	send, due, pending, merged := h.initialStates.allow(g, len(e.Payload), m.session.username(), now)
	switch {
	case send:
		m.batch = append(m.batch, e)
	case merged:
		h.counters.drop(DropRequest, 1)
	case due.IsZero():
		h.counters.drop(DropRequestLimit, 1)
	default:
		h.schedule.at(due, func(now time.Time) {
			h.initialStates.release(pending)
			e.Received = now
			h.publish([]Envelope{e})
		})
	}
}

func initialStateRequest(g love.Group) []byte {
	msg := love.AppendText([]byte(`{"category":"initial_state","data":[{"csc":`), g.CSC)
	msg = append(msg, `,"salindex":`...)
	if n, err := strconv.ParseInt(g.SalIndex, 10, 64); err == nil {
		msg = strconv.AppendInt(msg, n, 10) // producers compare it with a number
	} else {
		msg = love.AppendText(msg, g.SalIndex)
	}
	msg = love.AppendText(append(msg, `,"data":{"event_name":`...), g.Stream)
	return append(msg, `}}],"subscription":"initial_state-all-all-all"}`...)
}

// routeInitialState routes a request to the producers of its component: the
// sessions that subscribed to requests for all its streams or for this one.
// Each gets it once.
func (r *router) routeInitialState() {
	h, x, it := r.hub, &r.hub.index, &r.msg.Items[0]
	category := []byte(love.CategoryInitialState)
	csc, stream := wire.Text(it.CSC), all
	if h.legacyInitialState {
		csc = all
	} else {
		stream = wire.Text(r.msg.Streams(it)[0].Value)
	}
	broad, narrow := x.lookup(category, csc, all, all), x.lookup(category, csc, all, stream)
	if broad == nil && narrow == nil || r.envelope.Source != h.self.id && !h.admitRequest(r.envelope, it, wire.Text(r.msg.Streams(it)[0].Value)) {
		return
	}
	payload := r.envelope.Payload
	buf := append(newBuffer(len(payload)+128), payload[:len(payload)-1]...)
	if h.tracing {
		buf = append(buf, `,"tracing":{"manager_rcv_from_group":`...)
		buf = love.AppendFloat(buf, r.tai)
		buf = append(buf, `,"manager_snd_to_client":`...)
		buf = append(love.AppendFloat(buf, r.tai), '}')
	}
	f := textFrame(append(buf, '}'))
	f.counted = true
	if broad != nil {
		r.sendRequest(broad, nil, f)
	}
	if narrow != nil && narrow != broad {
		r.sendRequest(narrow, broad, f)
	}
}

// admitRequest reports whether a request of another hub may be sent to this hub's producers now.
// They get no more from all hubs together than they may get from one: what is too much
// waits, or is dropped, here.
func (h *Hub) admitRequest(e *Envelope, it *wire.Item, stream []byte) bool {
	if e.admitted {
		return true
	}
	g := love.Group{
		Category: love.CategoryEvent, CSC: string(wire.Text(it.CSC)), SalIndex: string(indexText(it.SalIndex)), Stream: string(stream),
	}
	send, due, pending, merged := h.initialStates.allow(g, len(e.Payload), "", h.clock.Now())
	switch {
	case send:
		return true
	case merged:
		h.counters.drop(DropRequest, 1)
	case due.IsZero():
		h.counters.drop(DropRequestLimit, 1)
	default:
		later := *e
		later.Payload, later.parsed, later.admitted = bytes.Clone(e.Payload), nil, true
		h.schedule.at(due, func(time.Time) {
			h.initialStates.release(pending)
			h.deliver([]Envelope{later})
		})
	}
	return false
}

// sendRequest sends a request to the members of g that are not in except. Requests
// fill no more than half of a queue: a producer must not be closed because of what
// others want to know.
func (r *router) sendRequest(g, except *group, f *frame) {
	for _, m := range g.memberList() {
		if except != nil && except.hasMember(m.session) {
			continue
		}
		if m.session.out.isHalfFull() {
			r.hub.counters.drop(DropRequestLimit, 1)
		} else if r.sendTo(m, g.key, f) {
			r.hub.counters.offer(1)
		}
	}
}
