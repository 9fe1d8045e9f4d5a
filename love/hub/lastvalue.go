package hub

import (
	"sync"
	"time"

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
	epoch  uint64 // in which it was stored; see Hub.joinMu

	// The newest message, whether its value was kept or not; publisher is nil before
	// the first.
	publisher *source
	at        int64 // when it came, UNIX ns

	nameSize int  // bytes counted for the group's name
	removed  bool // the index has removed the group: use its successor
}

// sweepInterval is the least time between two searches for stale values.
const sweepInterval = time.Second

// streamOverhead estimates the memory of a stream besides its value, in bytes.
const streamOverhead = 256

// set stores a copy of the value, which came at the time now, and returns by how many
// bytes its memory grew. A value older than the stored one is ignored. ok is false if the index
// has removed the group meanwhile.
func (l *lastValue) set(it *wire.Item, value []byte, nameSize int, seq, epoch uint64, src *source, now time.Time) (grown int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.removed {
		return 0, false
	}
	if seq < l.seq {
		return 0, true // overtaken by another sender
	}
	before := l.size()
	if cap(l.value) > 4*len(value)+64 {
		l.value = nil
	}
	l.value = append(l.value[:0], value...)
	l.csc = append(l.csc[:0], it.CSC...)
	l.index = append(l.index[:0], it.SalIndex...)
	l.seq, l.epoch, l.source = seq, epoch, src
	l.publisher, l.at = src, now.UnixNano()
	l.nameSize = nameSize
	return l.size() - before, true
}

func (l *lastValue) size() int {
	if l.source == nil {
		return 0
	}
	return cap(l.value) + cap(l.csc) + cap(l.index) + l.nameSize + streamOverhead
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

// clear drops the value and returns how many bytes that freed.
func (l *lastValue) clear() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.size()
	l.value, l.csc, l.index, l.source = nil, nil, nil, nil
	return n
}

// isFrom reports whether there is a value, published by src.
func (l *lastValue) isFrom(src *source) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.source != nil && l.source.id == src.id
}

// stale reports whether there is no value, or its source has gone.
func (l *lastValue) stale() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.source == nil || l.source.gone.Load()
}

// storeLast keeps a value as the last of its stream; the caller holds joinMu. If the
// last values exceed their memory limit, those whose source has gone are dropped; if
// that is not enough, the new value is not kept. The group of a stream without a value
// stays until the next search, because subscribers by wildcard rely on it.
func (h *Hub) storeLast(g *group, it *wire.Item, value []byte, seq uint64, src *source, now time.Time) {
	grown, ok := g.last.set(it, value, 2*len(g.text), seq, h.joinEpoch, src, now)
	for !ok { // the index has removed the group meanwhile
		var known bool
		if g, known = h.newStream(g.name); !known {
			return
		}
		g.seq.CompareAndSwap(0, seq) // the new group counts on
		grown, ok = g.last.set(it, value, 2*len(g.text), seq, h.joinEpoch, src, now)
	}
	if grown <= 0 || h.index.lastBytes.Add(int64(grown)) <= int64(h.limits.LastBytes) {
		if grown < 0 {
			h.index.lastBytes.Add(int64(grown))
		}
		return
	}
	h.dropStale()
	if h.index.lastBytes.Load() > int64(h.limits.LastBytes) {
		h.index.lastBytes.Add(-int64(g.last.clear()))
		h.counters.drop(DropSnapshot, 1)
	}
}

// dropStale drops the values whose sources have gone, and removes the groups
// without a value, at most once a second.
func (h *Hub) dropStale() {
	now := h.clock.Now().UnixNano()
	before := h.lastSweep.Load()
	if now-before < int64(sweepInterval) || !h.lastSweep.CompareAndSwap(before, now) {
		return
	}
	h.index.each(func(g *group) {
		if g.last.stale() {
			h.index.dropLast(g)
		}
	})
}
