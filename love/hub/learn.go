package hub

import (
	"iter"
	"strings"
	"time"

	"github.com/rubin-love/love-go/internal/wire"
	"github.com/rubin-love/love-go/love"
)

// receiver is the hub as its broker sees it.
type receiver struct{ hub *Hub }

// Deliver implements [Receiver].
func (r receiver) Deliver(batch []Envelope) { r.hub.deliver(batch) }

// Mark implements [Receiver]: values that are stored from now on have an epoch that is
// not before the mark.
func (r receiver) Mark() uint64 {
	h := r.hub
	h.joinMu.Lock()
	defer h.joinMu.Unlock()
	h.joinEpoch++
	return h.joinEpoch
}

// Ready implements [Receiver].
func (r receiver) Ready(t Topic) {
	r.hub.interests.setReady(t)
}

// Learn implements [Receiver].
func (r receiver) Learn(t Topic, mark uint64, values []LastValue) {
	h := r.hub
	if t != (Topic{}) && !h.interests.isWanted(t) {
		return
	}
	var sent []Envelope
	h.joinMu.RLock()
	for i := range values {
		// Sessions have missed it that want its component, or all of the category.
		if v := &values[i]; t != (Topic{}) && h.interests.isReady(v) {
			if h.missed(v, mark) {
				sent = append(sent, v.envelope())
			}
		} else {
			h.learn(v, mark)
		}
	}
	h.joinMu.RUnlock()
	if len(sent) > 0 {
		h.deliver(sent)
	}
}

// learn keeps a value for the snapshots that come, unless the hub has a newer one.
func (h *Hub) learn(v *LastValue, mark uint64) {
	name := v.group()
	g := h.index.find(name)
	if g == nil || !g.routed.Load() {
		var known bool
		if g, known = h.newStream(name); !known {
			return
		}
	}
	g.orderMu.Lock()
	defer g.orderMu.Unlock()
	if g.last.isOlder(v, mark, false) {
		// Of the first epoch, so that every snapshot has it.
		it := &wire.Item{CSC: v.CSC, SalIndex: v.SalIndex}
		h.storeLast(g, it, v.Value, stamp{seq: g.seq.Add(1), number: v.Number, source: h.sourceOf(v), at: v.Received, sent: v.Received})
	} else {
		h.learnSource(g, v)
	}
}

// missed reports whether the sessions of the hub have missed a value.
func (h *Hub) missed(v *LastValue, mark uint64) bool {
	g := h.index.find(v.group())
	if g == nil || !g.routed.Load() || g.last.isOlder(v, mark, true) {
		return true
	}
	h.learnSource(g, v)
	return false
}

// isOlder reports whether the value of the stream is older than v. Of another source it
// is, if it came before mark: what the broker tells has taken it into account. After a
// time without the broker, checkTime says to compare the times as well: that which
// the broker was told last may have been published before.
func (l *lastValue) isOlder(v *LastValue, mark uint64, checkTime bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.source == nil:
		return l.publisher == nil || l.epoch < mark
	case l.source.id == v.Source:
		return l.number < v.Number
	}
	return l.epoch < mark && (!checkTime || l.at < v.Received.UnixNano())
}

// learnSource notes whether the source of the value that the hub has is still there: it
// may be again, if its hub could not be reached for a while.
func (h *Hub) learnSource(g *group, v *LastValue) {
	src := h.sourceOf(v)
	l := &g.last
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source != nil && l.source.id == v.Source && l.source.gone.Load() != v.Stale {
		l.source, l.publisher = src, src
	}
}

// sourceOf returns the source of a value.
func (h *Hub) sourceOf(v *LastValue) *source {
	switch {
	case v.source != nil:
		return v.source
	case v.Stale:
		src := &source{id: v.Source}
		src.gone.Store(true)
		return src
	}
	return h.sources.get(v.Source)
}

// envelope returns a message with the value alone, for sessions that have missed it.
func (v *LastValue) envelope() Envelope {
	kind := EnvelopeData
	if v.group() == sourcesGroup {
		kind = EnvelopeHub
	}
	msg := love.AppendText([]byte(`{"category":`), string(v.Category))
	msg = append(appendItem(append(msg, `,"data":[`...), v.CSC, v.SalIndex, v.Stream, v.Value), `]}`...)
	e := Envelope{Kind: kind, Payload: msg, Received: v.Received, Source: v.Source, Number: v.Number, source: v.source, missed: true}
	if e.source == nil && v.Stale {
		e.source = &source{id: v.Source}
		e.source.gone.Store(true)
	}
	return e
}

// LastValues implements [Receiver].
func (r receiver) LastValues(own bool) iter.Seq[LastValue] {
	return func(yield func(LastValue) bool) {
		var groups []*group
		for c := newCursor(); !c.atEnd(); {
			groups = c.streams(&r.hub.index, groups[:0])
			for _, g := range groups {
				v, ok := g.lastValue()
				if ok && (!own || strings.HasPrefix(v.Source, r.hub.self.id)) && !yield(v) {
					return
				}
			}
		}
	}
}

// lastValue returns a copy of the last value of the group, if there is one.
func (g *group) lastValue() (v LastValue, ok bool) {
	l := &g.last
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source == nil {
		return v, false
	}
	return LastValue{
		Category: g.name.Category, Stream: love.AppendText(nil, g.name.Stream),
		CSC: append([]byte(nil), l.csc...), SalIndex: append([]byte(nil), l.index...), Value: append([]byte(nil), l.value...),
		Received: time.Unix(0, l.at).UTC(), Source: l.source.id, Number: l.number, Stale: l.source.gone.Load(), source: l.source,
	}, true
}
