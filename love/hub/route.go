package hub

import (
	"sync"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// delivery is the routing of one batch.
type delivery struct {
	hub   *Hub
	burst burst
	now   float64 // TAI, for tracing
	trace []byte  // of the present message; empty until a group needs it
	cut   wire.Frame
}

var deliveries = sync.Pool{New: func() any { return new(delivery) }}

// deliver routes a batch that came from the broker. Each session that gets
// something of it is woken once.
func (h *Hub) deliver(batch []Envelope) {
	d := deliveries.Get().(*delivery)
	d.hub = h
	d.now = love.TAI(h.clock.Now())
	for i := range batch {
		e := &batch[i]
		cut := e.cut
		if cut == nil {
			cut = &d.cut
			if err := cut.Parse(e.Payload); err != nil {
				h.log.Error("the broker delivered what is no message", "error", err)
				continue
			}
		}
		d.trace = d.trace[:0]
		if e.Kind == EnvelopeInitialState {
			d.initialState(e, cut)
		} else {
			d.data(e, cut)
		}
	}
	d.burst.flush()
	deliveries.Put(d)
}

// all is the name that stands for every component, index and stream.
var all = []byte(love.All)

// data routes a data message to its three kinds of groups (section 2.5).
func (d *delivery) data(e *Envelope, cut *wire.Frame) {
	x := &d.hub.index
	category := wire.Text(cut.Category)
	for i := range cut.Items {
		it := &cut.Items[i]
		if it.Problem != nil {
			continue
		}
		csc, index := wire.Text(it.CSC), indexText(it.SalIndex)
		for _, s := range cut.Streams(it) {
			if g := x.lookup(category, csc, index, wire.Text(s.Name)); g != nil {
				d.send(g, d.encodeStream(e, cut, it, s.Name, s.Value, g))
			}
		}
		if g := x.lookup(category, csc, index, all); g != nil {
			d.send(g, d.encodeStream(e, cut, it, it.CSC, it.Data, g))
		}
	}
	if g := x.lookup(category, all, all, all); g != nil {
		d.send(g, d.encodeWhole(e, cut, g))
	}
}

// initialState routes a request to the producers of its component (section 2.6).
func (d *delivery) initialState(e *Envelope, cut *wire.Frame) {
	csc := all
	if !d.hub.legacyRequests {
		csc = wire.Text(cut.Items[0].CSC)
	}
	g := d.hub.index.lookup([]byte(love.CategoryInitialState), csc, all, all)
	if g == nil {
		return
	}
	buf := append(newBuffer(len(e.Payload)+128), e.Payload[:len(e.Payload)-1]...)
	if d.hub.tracing {
		buf = append(buf, `,"tracing":{"manager_rcv_from_group":`...)
		buf = love.AppendFloat(buf, d.now)
		buf = append(buf, `,"manager_snd_to_client":`...)
		buf = append(love.AppendFloat(buf, d.now), '}')
	}
	d.send(g, textFrame(append(buf, '}')))
}

func (d *delivery) send(g *group, f *frame) {
	members := g.list()
	for _, s := range members {
		s.send(f, &d.burst)
	}
	d.hub.counters.delivered.Add(uint64(len(members)))
}

// encodeStream is the frame for one stream of an item, or, with the
// component's name in place of the stream's, for all of them.
func (d *delivery) encodeStream(e *Envelope, cut *wire.Frame, it *wire.Item, name, value []byte, g *group) *frame {
	trace := d.tracing(e, cut)
	buf := newBuffer(len(cut.Category) + len(it.CSC) + len(it.SalIndex) + len(name) + len(value) + len(g.text) + len(trace) + 80)
	buf = append(append(buf, `{"category":`...), cut.Category...)
	buf = append(append(buf, `,"data":[{"csc":`...), it.CSC...)
	buf = append(append(buf, `,"salindex":`...), it.SalIndex...)
	buf = append(append(buf, `,"data":{`...), name...)
	buf = append(append(buf, ':'), value...)
	buf = append(append(buf, `}}],"subscription":`...), g.text...)
	buf = append(buf, trace...)
	return textFrame(append(buf, '}'))
}

// encodeWhole is the frame for the broadest group: the list as it came.
func (d *delivery) encodeWhole(e *Envelope, cut *wire.Frame, g *group) *frame {
	trace := d.tracing(e, cut)
	buf := newBuffer(len(cut.Category) + len(cut.Data) + len(g.text) + len(trace) + 48)
	buf = append(append(buf, `{"category":`...), cut.Category...)
	buf = append(append(buf, `,"data":`...), cut.Data...)
	buf = append(append(buf, `,"subscription":`...), g.text...)
	buf = append(buf, trace...)
	return textFrame(append(buf, '}'))
}

// tracing is the member "tracing" of what is delivered of a message, encoded
// once for all its groups. The times are TAI (section 2.5).
func (d *delivery) tracing(e *Envelope, cut *wire.Frame) []byte {
	if !d.hub.tracing || len(d.trace) > 0 {
		return d.trace
	}
	t := append(d.trace, `,"tracing":{"producer_snd":`...)
	if wire.IsNumber(cut.ProducerSnd) {
		t = append(t, cut.ProducerSnd...)
	} else {
		t = append(t, "null"...)
	}
	t = love.AppendFloat(append(t, `,"manager_rcv_from_producer":`...), love.TAI(e.Received))
	for _, name := range [...]string{`,"manager_snd_to_group":`, `,"manager_rcv_from_group":`, `,"manager_snd_to_client":`} {
		t = love.AppendFloat(append(t, name...), d.now)
	}
	d.trace = append(t, '}')
	return d.trace
}
