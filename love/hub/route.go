package hub

import (
	"hash/maphash"
	"math/bits"
	"slices"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// delivery routes one batch.
type delivery struct {
	hub   *Hub
	burst burst
	now   time.Time
	tai   float64 // now, for tracing
	cut   wire.Message

	// Of the present message:
	category  []byte
	telemetry bool // may be conflated
	source    *source
	trace     []byte // empty until a group needs it
}

var deliveries = sync.Pool{New: func() any { return new(delivery) }}

// deliver routes a batch that came from the broker. Each session that gets any
// of it is woken once.
func (h *Hub) deliver(batch []Envelope) {
	d := deliveries.Get().(*delivery)
	d.hub, d.now = h, h.clock.Now()
	d.tai = love.TAI(d.now)
	h.joining.RLock()
	for i := range batch {
		d.envelope(&batch[i])
	}
	h.joining.RUnlock()
	d.burst.flush()
	d.source = nil
	deliveries.Put(d)
}

func (d *delivery) envelope(e *Envelope) {
	if e.Kind == EnvelopeGone {
		if e.source != nil {
			e.source.gone.Store(true)
		} else {
			d.hub.sources.leave(e.Source)
		}
		return
	}
	cut := e.cut
	if cut == nil {
		cut = &d.cut
		if err := cut.Parse(e.Payload); err != nil {
			d.hub.log.Error("the broker delivered what is no message", "error", err)
			return
		}
	}
	if d.source = e.source; d.source == nil {
		d.source = d.hub.sources.get(e.Source)
	}
	d.trace = d.trace[:0]
	if e.Kind == EnvelopeInitialState {
		d.initialState(e, cut)
	} else {
		d.data(e, cut)
	}
}

// all is the name that stands for every component, index and stream.
var all = []byte(love.All)

// data routes a data message to its groups (section 2.5): those of its streams,
// of its components, and of its category, and to wildcards.
func (d *delivery) data(e *Envelope, cut *wire.Message) {
	d.category = wire.Text(cut.Category)
	d.telemetry = string(d.category) == string(love.CategoryTelemetry)
	x := &d.hub.index
	for i := range cut.Items {
		it := &cut.Items[i]
		if it.Err != nil {
			continue
		}
		csc, index := wire.Text(it.CSC), indexText(it.SalIndex)
		streams := cut.Streams(it)
		for _, s := range streams {
			d.stream(e, cut, it, s, csc, index)
		}
		if g := x.lookup(d.category, csc, index, all); g != nil && len(g.list()) > 0 {
			d.set(g, cut, cut.Items[i:i+1], d.encodeStream(e, cut, it, it.CSC, it.Data, g))
		}
	}
	if e.Kind == EnvelopeHub {
		return
	}
	if g := x.lookup(d.category, all, all, all); g != nil && len(g.list()) > 0 {
		d.set(g, cut, cut.Items, d.encodeWhole(e, cut, g))
	}
}

// stream routes one stream, and keeps its value as the last one.
func (d *delivery) stream(e *Envelope, cut *wire.Message, it *wire.Item, s wire.Stream, csc, index []byte) {
	h, name := d.hub, wire.Text(s.Name)
	g := h.index.lookup(d.category, csc, index, name)
	if g == nil {
		g = h.index.group(love.Group{Category: love.Category(d.category), CSC: string(csc), SalIndex: string(index), Stream: string(name)})
	}
	g.order.Lock()
	defer g.order.Unlock()
	seq := g.seq.Add(1)
	h.remember(g, it, s.Value, seq, d.source)
	if len(g.list()) > 0 {
		d.send(g, g.key, d.frame(g.key, seq, d.encodeStream(e, cut, it, s.Name, s.Value, g)))
	}
	h.index.eachWildcard(d.category, csc, index, name, func(w *group) {
		if e.Kind == EnvelopeHub && w.name.CSC == wildcard {
			return
		}
		key := bits.RotateLeft64(w.key, 17) ^ g.key
		d.send(w, key, d.frame(key, seq, d.encodeStream(e, cut, it, s.Name, s.Value, w)))
	})
}

// set sends a message with several streams to its group.
func (d *delivery) set(g *group, cut *wire.Message, items []wire.Item, buf []byte) {
	g.order.Lock()
	defer g.order.Unlock()
	key := d.setKey(g, cut, items)
	d.send(g, key, d.frame(key, g.seq.Add(1), buf))
}

// setKey returns the key of a message with several streams to g. Messages with
// the same streams have the same key.
func (d *delivery) setKey(g *group, cut *wire.Message, items []wire.Item) uint64 {
	var hash maphash.Hash
	hash.SetSeed(d.hub.index.seed)
	maphash.WriteComparable(&hash, g.key)
	for i := range items {
		_, _ = hash.Write(items[i].CSC)
		_, _ = hash.Write(items[i].SalIndex)
		for _, s := range cut.Streams(&items[i]) {
			_, _ = hash.Write(s.Name)
		}
	}
	return hash.Sum64()
}

// frame makes a frame of a buffer with a payload. Only telemetry gets the key,
// because nothing else may be conflated.
func (d *delivery) frame(key, seq uint64, buf []byte) *frame {
	f := textFrame(buf)
	f.seq = seq
	if d.telemetry {
		f.key = max(key, 1)
	}
	return f
}

func (d *delivery) send(g *group, stream uint64, f *frame) {
	members := g.list()
	for _, m := range members {
		d.sendTo(m, stream, f)
	}
	d.hub.counters.deliver(len(members))
}

func (d *delivery) sendTo(m *member, stream uint64, f *frame) {
	f = f.as(m.variant)
	if m.pace != nil {
		d.hub.paced(m, stream, f, d.now, &d.burst)
		return
	}
	m.session.send(f, d.now, &d.burst)
}

// encodeStream returns a buffer with the payload for one stream of an item, or
// for all of them if name is that of the component and value the whole data.
func (d *delivery) encodeStream(e *Envelope, cut *wire.Message, it *wire.Item, name, value []byte, g *group) []byte {
	trace := d.tracing(e, cut)
	buf := newBuffer(len(cut.Category) + len(it.CSC) + len(it.SalIndex) + len(name) + len(value) + len(g.text) + len(trace) + 80)
	buf = append(append(buf, `{"category":`...), cut.Category...)
	buf = appendItem(append(buf, `,"data":[`...), it.CSC, it.SalIndex, name, value)
	buf = append(append(buf, `],"subscription":`...), g.text...)
	buf = append(buf, trace...)
	return append(buf, '}')
}

func appendItem(buf, csc, index, name, value []byte) []byte {
	buf = append(append(buf, `{"csc":`...), csc...)
	buf = append(append(buf, `,"salindex":`...), index...)
	buf = append(append(buf, `,"data":{`...), name...)
	buf = append(append(buf, ':'), value...)
	return append(buf, "}}"...)
}

// encodeWhole returns a buffer with the payload for the group of a whole
// category: the list as it came.
func (d *delivery) encodeWhole(e *Envelope, cut *wire.Message, g *group) []byte {
	trace := d.tracing(e, cut)
	buf := newBuffer(len(cut.Category) + len(cut.Data) + len(g.text) + len(trace) + 48)
	buf = append(append(buf, `{"category":`...), cut.Category...)
	buf = append(append(buf, `,"data":`...), cut.Data...)
	buf = append(append(buf, `,"subscription":`...), g.text...)
	buf = append(buf, trace...)
	return append(buf, '}')
}

// tracing returns the member "tracing" for what is delivered of a message,
// encoded once for all its groups. The times are TAI (section 2.5).
func (d *delivery) tracing(e *Envelope, cut *wire.Message) []byte {
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
		t = love.AppendFloat(append(t, name...), d.tai)
	}
	d.trace = append(t, '}')
	return d.trace
}

// hasMember reports whether the session is in the group.
func (g *group) hasMember(s *Session) bool {
	return slices.ContainsFunc(g.list(), func(m *member) bool { return m.session == s })
}
