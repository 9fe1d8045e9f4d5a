package hub

import (
	"cmp"
	"sync"
	"time"
	"weak"

	"github.com/rubin-love/love-go/internal/wire"
)

// lastValue is the newest value of a stream, kept for snapshots.
type lastValue struct {
	mu     sync.Mutex
	value  []byte  // raw JSON
	csc    []byte  // quoted, as published
	index  []byte  // raw salindex, as published
	source *source // nil if there is no value
	seq    uint64
	number uint64 // of the envelope; see [Envelope].Number
	epoch  uint64 // in which it was stored; see Hub.joinMu

	// The newest message, whether its value was kept or not; publisher is nil before
	// the first.
	publisher *source
	at        int64 // when it came, UNIX ns

	// The message of the stream's own group with the value, as long as some session has
	// not read it: many may subscribe at once. It holds the value of seq.
	made      weak.Pointer[frame]
	madeStale bool // the source had gone

	nameSize int  // bytes counted for the group's name
	removed  bool // the index has removed the group: use its successor
}

// streamOverhead estimates the memory of a stream besides its value, in bytes.
const streamOverhead = 256

// kept is what became of a value that was to be kept.
type kept uint8

const (
	valueKept   kept = iota
	valueOld         // ignored: it was overtaken by another sender
	valueNoRoom      // not kept, nor is the one before
	valueGone        // not kept: the index has removed the group
)

// stamp says where a value comes from.
type stamp struct {
	seq    uint64 // counts the messages of the stream at this hub
	number uint64 // counts the messages of the source, as its broker does; see [Envelope].Number
	epoch  uint64 // of Hub.joinMu, in which it is stored
	source *source
	at     time.Time // when it came
	sent   time.Time // when the first hub received it
}

// lateness is how much older than the value of another source a value may be, to be kept
// in its place: more than the clocks of two managers differ. One that a broker could not
// carry for so long may have been overtaken. It does not count against a source that is
// gone: otherwise, where the clock was set back, a producer that comes again would count
// as late for as long.
const lateness = time.Second

// set stores a copy of the value, if grow agrees to the number of bytes by which its
// memory grows. changed reports whether there is a value where there was none, or the
// other way round.
func (l *lastValue) set(it *wire.Item, value []byte, nameSize int, from stamp, grow func(int) bool) (result kept, changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.removed:
		return valueGone, false
	case from.seq < l.seq:
		return valueOld, false
	case l.source != nil && l.source.id != from.source.id && !l.source.gone.Load() && from.sent.UnixNano() < l.at-int64(lateness):
		return valueOld, false
	}
	l.publisher, l.at = from.source, from.at.UnixNano()
	before := l.size()
	after := roomFor(l.value, value) + roomFor(l.csc, it.CSC) + roomFor(l.index, it.SalIndex) + nameSize + streamOverhead
	if after != before && !grow(after-before) {
		grow(-before)
		changed = l.source != nil
		l.value, l.csc, l.index, l.source = nil, nil, nil, nil
		return valueNoRoom, changed
	}
	changed = l.source == nil
	l.value = replaceBytes(l.value, value)
	l.csc = replaceBytes(l.csc, it.CSC)
	l.index = replaceBytes(l.index, it.SalIndex)
	l.seq, l.number, l.epoch, l.source = from.seq, from.number, from.epoch, from.source
	l.nameSize = nameSize
	return valueKept, changed
}

// roomFor returns the capacity of replaceBytes(old, with).
func roomFor(old, with []byte) int {
	if n := cap(old); len(with) <= n && n <= 4*len(with)+64 {
		return n
	}
	return len(with)
}

// replaceBytes returns a copy of with, in the place of old unless that is too small or
// much too large.
func replaceBytes(old, with []byte) []byte {
	if n := roomFor(old, with); n != cap(old) {
		old = make([]byte, 0, n)
	}
	return append(old[:0], with...)
}

func (l *lastValue) size() int {
	if l.source == nil {
		return 0
	}
	return cap(l.value) + cap(l.csc) + cap(l.index) + l.nameSize + streamOverhead
}

// memory returns the memory of the value, in bytes.
func (l *lastValue) memory() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size()
}

// isStale reports whether there is no value, or its source has gone.
func (l *lastValue) isStale() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.source == nil || l.source.gone.Load()
}

// isKept reports whether there is a value.
func (l *lastValue) isKept() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.source != nil
}

// markRemoved marks the group as removed from the index, unless it has a value,
// and reports whether it is marked.
func (l *lastValue) markRemoved() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source == nil {
		l.removed = true
	}
	return l.removed
}

// newest returns when the newest message came and whether its publisher is still
// connected; ok is false before the first.
func (l *lastValue) newest() (at time.Time, live, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.publisher == nil {
		return at, false, false
	}
	return time.Unix(0, l.at).UTC(), !l.publisher.gone.Load(), true
}

// clearStale drops the value if its source has gone, and returns how many bytes that
// freed. stale reports whether there is no value now.
func (l *lastValue) clearStale() (freed int, stale bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source != nil && !l.source.gone.Load() {
		return 0, false
	}
	freed = l.size()
	l.value, l.csc, l.index, l.source = nil, nil, nil, nil
	return freed, true
}

// has reports whether the value is from the message of src with that number, or a later
// one; see [Envelope].Number.
func (l *lastValue) has(src *source, number uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return number > 0 && l.source != nil && l.source.id == src.id && l.number >= number
}

// sourceID returns the ID of the source of the value, "" if there is none.
func (l *lastValue) sourceID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source == nil {
		return ""
	}
	return l.source.id
}

// setSource replaces the source of the value by the one of these with its ID, and likewise
// the newest publisher.
func (l *lastValue) setSource(of map[string]*source) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source != nil {
		l.source = cmp.Or(of[l.source.id], l.source)
	}
	if l.publisher != nil {
		l.publisher = cmp.Or(of[l.publisher.id], l.publisher)
	}
}

// storeLast keeps a value as the last of its stream; the caller holds joinMu and the
// stream's order. If there
// is no room for it, some of those whose source has gone are dropped; if that is not
// enough, the new value is not kept. The group of a stream without a value stays until
// it is swept, because subscribers by wildcard rely on it.
func (h *Hub) storeLast(g *group, it *wire.Item, value []byte, from stamp) {
	swept := false
	for {
		result, changed := g.last.set(it, value, 2*len(g.text), from, h.growLast)
		if changed {
			h.index.listValue(g)
		}
		switch {
		case result == valueGone:
			var known bool
			if g, known = h.newStream(g.name); !known {
				return
			}
			raise(&g.seq, from.seq) // the new group counts on
		case result == valueNoRoom && !swept:
			h.sweep()
			swept = true
		default:
			if result == valueNoRoom {
				h.counters.drop(DropSnapshot, 1)
			}
			return
		}
	}
}

// growLast changes the memory of the last values, unless it would exceed its limit.
func (h *Hub) growLast(bytes int) bool {
	if h.index.lastBytes.Add(int64(bytes)) <= int64(h.limits.LastBytes) || bytes <= 0 {
		return true
	}
	h.index.lastBytes.Add(-int64(bytes))
	return false
}
