package hub

import (
	"errors"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// router routes one batch.
type router struct {
	hub   *Hub
	wakes wakeList
	now   time.Time
	tai   float64      // now, for tracing
	own   wire.Message // parsed here, if the sender's process did not do so

	// Of the present message:
	envelope  *Envelope
	msg       *wire.Message
	category  []byte
	telemetry bool // may be conflated
	source    *source
	routed    []*group // the streams, if it comes from another process
	trace     []byte   // the member "tracing"; empty until a group needs it
	born      int64    // see frame; -1 until a frame needs it
	missed    int64    // when it was received, UNIX ns, if it is a last value that sessions have missed; else 0

	changed []otherSource // of which the hub's own sessions must be told
	found   []string      // IDs of sources that are connected, of which the hub may think otherwise
}

var routers = sync.Pool{New: func() any { return new(router) }}

// deliver routes a batch from the broker. Each session that gets any of it is
// woken once.
func (h *Hub) deliver(batch []Envelope) {
	r := routers.Get().(*router)
	r.hub, r.now = h, h.clock.Now()
	r.tai = love.TAI(r.now)
	h.joinMu.RLock()
	for i := range batch {
		r.route(&batch[i])
	}
	h.joinMu.RUnlock()
	r.wakes.wakeAll()
	changed, found := r.changed, r.found
	r.envelope, r.msg, r.source, r.changed, r.found = nil, nil, nil, nil, nil
	clear(r.routed[:cap(r.routed)])
	routers.Put(r)
	h.clearStale(found)
	h.announceOthers(changed)
}

func (r *router) route(e *Envelope) {
	if e.Kind >= EnvelopeGone {
		r.routeSource(e)
		return
	}
	r.envelope, r.msg = e, e.parsed
	if r.msg == nil {
		r.msg = &r.own
		err := r.msg.Parse(e.Payload)
		if err == nil && !wire.IsText(r.msg.Category) {
			err = errCategory
		}
		if err != nil {
			r.hub.misdelivered(err)
			return
		}
	}
	if r.source = e.source; r.source == nil {
		r.source = r.hub.sources.get(e.Source)
	}
	r.routed, r.trace, r.born, r.missed = r.routed[:0], r.trace[:0], -1, 0
	if e.missed {
		r.missed = e.Received.UnixNano()
	}
	switch {
	case e.Kind != EnvelopeInitialState:
		r.routeData()
	case r.isRequest():
		r.routeInitialState()
	default:
		r.hub.misdelivered(errNotRequest)
	}
}

// routeSource notes that a source has come or gone.
func (r *router) routeSource(e *Envelope) {
	switch {
	case e.Kind == EnvelopeFound:
		r.hub.sources.get(e.Source)
		r.found = append(r.found, e.Source)
	case e.source != nil:
		e.source.gone.Store(true)
	default:
		r.hub.sources.remove(e.Source)
	}
	if e.Kind != EnvelopeGone && isSession(e.Source) {
		r.changed = append(r.changed, otherSource{id: e.Source, connected: e.Kind == EnvelopeFound})
	}
}

// isRequest reports whether the message has what a request to producers needs.
func (r *router) isRequest() bool {
	items := r.msg.Items
	return len(items) == 1 && items[0].Err == nil && len(r.msg.Streams(&items[0])) > 0 && wire.IsText(r.msg.Streams(&items[0])[0].Value)
}

var errNotRequest = errors.New("a request for the state of a component names no event")

// misdelivered counts and logs something of the broker that cannot be routed.
func (h *Hub) misdelivered(err error) {
	h.counters.deny(DenyBroker)
	h.misdelivery.Failed(h.clock.Now(), err)
}

// all is the name that stands for every component, index and stream.
var all = []byte(love.All)

// routeData routes a data message to its groups (docs/protocol/manager.md#routing):
// those of its streams, of its components, and of its category, and to wildcards.
func (r *router) routeData() {
	msg, x := r.msg, &r.hub.index
	anyFresh, anyRepeated := false, false
	r.category = wire.Text(msg.Category)
	r.telemetry = string(r.category) == string(love.CategoryTelemetry)
	for i := range msg.Items {
		it := &msg.Items[i]
		if it.Err != nil {
			continue
		}
		csc, index := wire.Text(it.CSC), indexText(it.SalIndex)
		fresh := len(msg.Streams(it)) == 0
		for _, s := range msg.Streams(it) {
			if r.routeStream(it, s, csc, index) {
				fresh = true
			}
		}
		if !fresh {
			anyRepeated = true
			continue
		}
		anyFresh = true
		if g := x.lookup(r.category, csc, index, all); g != nil && len(g.memberList()) > 0 {
			r.sendStreams(g, msg.Items[i:i+1], r.encodeStream(it, it.CSC, it.Data, g))
		}
	}
	if r.envelope.Kind == EnvelopeHub || anyRepeated && !anyFresh {
		return
	}
	if g := x.lookup(r.category, all, all, all); g != nil && len(g.memberList()) > 0 {
		r.sendStreams(g, msg.Items, r.encodeAll(g))
	}
}

// routeStream routes one stream, and keeps its value as the last one. It returns false for
// what the hub has learned already: a broker that cannot know whether a message of another
// process has come sends it again.
func (r *router) routeStream(it *wire.Item, s wire.Stream, csc, index []byte) (fresh bool) {
	h, name := r.hub, wire.Text(s.Name)
	g := h.index.lookup(r.category, csc, index, name)
	known := g != nil && g.routed.Load()
	if !known {
		g, known = h.newStream(love.Group{Category: love.Category(r.category), CSC: string(csc), SalIndex: string(index), Stream: string(name)})
	}
	g.orderMu.Lock()
	defer g.orderMu.Unlock()
	if known && r.envelope.source == nil {
		if g.last.has(r.source, r.envelope.Number) && !slices.Contains(r.routed, g) {
			return false
		}
		r.routed = append(r.routed, g)
	}
	seq := g.seq.Add(1)
	if known {
		h.storeLast(g, it, s.Value, stamp{seq, r.envelope.Number, h.joinEpoch, r.source, r.now, r.envelope.Received})
	}
	if len(g.memberList()) > 0 {
		r.send(g, g.key, r.frame(g.key, seq, r.encodeStream(it, s.Name, s.Value, g)))
	}
	h.index.eachWildcard(r.category, csc, index, name, func(w *group) {
		if r.envelope.Kind == EnvelopeHub && w.name.CSC == wildcard {
			return
		}
		key := bits.RotateLeft64(w.key, 17) ^ g.key
		r.send(w, key, r.frame(key, seq, r.encodeStream(it, s.Name, s.Value, w)))
	})
	return true
}

// newStream returns the group of a stream that was not known as one. If there are too
// many, or nobody could subscribe to its name, known is false: nothing is kept of the
// message, and a group without members is for one message.
func (h *Hub) newStream(name love.Group) (g *group, known bool) {
	if nameBytes(name) <= h.limits.GroupName {
		if g, known = h.index.stream(name, h.limits.Streams); !known {
			h.sweep()
			g, known = h.index.stream(name, h.limits.Streams)
		}
	}
	if !known {
		h.counters.drop(DropSnapshot, 1)
	}
	if g == nil {
		g = h.index.newGroup(name)
	}
	return g, known
}

// sendStreams sends a message with several streams to its group.
func (r *router) sendStreams(g *group, items []wire.Item, buf []byte) {
	g.orderMu.Lock()
	defer g.orderMu.Unlock()
	key, streams := r.streamKeys(g, items)
	f := r.frame(key, g.seq.Add(1), buf)
	f.streams = streams
	r.send(g, key, f)
}

// streamKeys returns the key of a message with several streams to g, and those of the
// streams. Messages with the same streams have the same keys.
func (r *router) streamKeys(g *group, items []wire.Item) (key uint64, streams []uint64) {
	var message, stream maphash.Hash
	message.SetSeed(r.hub.index.seed)
	stream.SetSeed(r.hub.index.seed)
	maphash.WriteComparable(&message, g.key)
	for i := range items {
		it := &items[i]
		if it.Err != nil {
			continue
		}
		component := itemKey{g.key, maphash.Bytes(r.hub.index.seed, wire.Text(it.CSC)), maphash.Bytes(r.hub.index.seed, indexText(it.SalIndex))}
		maphash.WriteComparable(&message, component)
		for _, s := range r.msg.Streams(it) {
			stream.Reset()
			maphash.WriteComparable(&stream, component)
			_, _ = stream.Write(wire.Text(s.Name))
			k := max(stream.Sum64(), 1)
			streams = append(streams, k)
			maphash.WriteComparable(&message, k)
		}
	}
	return message.Sum64(), streams
}

// itemKey holds the hashes of a group, and of the csc and the salindex of an item.
type itemKey struct{ group, csc, index uint64 }

// frame makes a frame of a buffer with a payload. Only telemetry gets the key,
// because nothing else may be conflated.
func (r *router) frame(key, seq uint64, buf []byte) *frame {
	f := textFrame(buf)
	f.seq, f.counted, f.born = seq, true, r.sent()
	if r.telemetry {
		f.key = max(key, 1)
	}
	return f
}

// sent returns when the present message left its producer, for an observer.
func (r *router) sent() int64 {
	if r.born >= 0 {
		return r.born
	}
	r.born = 0
	if !r.hub.observed {
		return 0
	}
	// It is UTC, unlike the manager's own stamps (docs/protocol/manager.md#routing).
	if utc, err := strconv.ParseFloat(string(r.msg.ProducerSnd), 64); err == nil && math.Abs(love.UnixSeconds(r.now)-utc) < maxApart {
		r.born = int64(utc * 1e9)
	}
	return r.born
}

// maxApart is how many seconds a message may be old, or its producer's clock ahead. What is
// beyond that was published again, or is no time at all.
const maxApart = 3600

func (r *router) send(g *group, stream uint64, f *frame) {
	offered := 0
	for _, m := range g.memberList() {
		if r.sendTo(m, stream, f) {
			offered++
		}
	}
	r.hub.counters.offer(offered)
}

// sendTo reports whether the subscription m is in force.
func (r *router) sendTo(m *member, stream uint64, f *frame) bool {
	if r.missed != 0 && r.missed < m.since-int64(lateness) {
		return false
	}
	if m.past != nil && m.past.hold(f) {
		return false
	}
	if m.throttle != nil {
		return r.hub.sendThrottled(m, stream, f, r.now, &r.wakes)
	}
	return m.session.deliver(m, f.as(m.variant), r.now, &r.wakes)
}
