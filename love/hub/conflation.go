package hub

import "slices"

// minGaps is the least number of gaps for which the frames of an outbox are moved
// together.
const minGaps = 64

// place returns the place of waiting telemetry with the same key as f, which f can take,
// or -1: if the outbox is not conflating, or if some of f's streams wait in newer
// frames, because f would come before them.
func (o *outbox) place(f *frame) int {
	if o.newest == nil || f.key == 0 {
		return -1
	}
	keys := f.streamKeys()
	at, waits := o.newest[keys[0]]
	if at -= o.base; !waits || at < o.head || o.frames[at].key != f.key {
		return -1
	}
	for _, k := range keys[1:] {
		if newest, waits := o.newest[k]; !waits || newest-o.base != at {
			return -1
		}
	}
	return at
}

// put puts f in the place of other telemetry, if there is room for what it is larger.
func (o *outbox) put(f *frame, at int) pushResult {
	old := len(o.frames[at].bytes)
	if grown := len(f.bytes) - old; grown > 0 {
		if o.isFull(f, old) {
			return overflowed
		}
		if !o.hold(grown) {
			return exhausted
		}
	}
	o.lossy += len(f.bytes) - old
	o.frames[at] = f
	return queued
}

// track records where f waits, counted from the first frame ever, so that newer
// telemetry can replace it. It drops the older frames whose streams now all wait in
// newer ones, and returns how many.
func (o *outbox) track(f *frame, at int) (dropped int) {
	switch {
	case o.newest == nil:
		return 0
	case f.barrier:
		clear(o.newest)
		return 0
	case f.key == 0:
		return 0
	}
	var before [8]int
	older := before[:0]
	for _, k := range f.streamKeys() {
		if old, waits := o.newest[k]; waits && old-o.base >= o.head && !slices.Contains(older, old) {
			older = append(older, old)
		}
		o.newest[k] = at
	}
	for _, old := range older {
		if o.isObsolete(old) {
			o.lossy -= len(o.frames[old-o.base].bytes)
			o.frames[old-o.base] = nil
			o.gaps++
			dropped++
		}
	}
	return dropped
}

// isObsolete reports whether all streams of the frame there wait in newer ones.
func (o *outbox) isObsolete(at int) bool {
	for _, k := range o.frames[at-o.base].streamKeys() {
		if o.newest[k] == at {
			return false
		}
	}
	return true
}

// conflate begins conflating, or begins anew: of the waiting telemetry only the newest of
// each stream stays, in the place of the oldest where that keeps the order of every
// stream. It returns how many frames were dropped.
func (o *outbox) conflate() (dropped int) {
	o.newest, o.gaps = make(map[uint64]int), 0
	kept := o.frames[:o.head]
	for _, f := range o.frames[o.head:] {
		if f == nil {
			continue
		}
		if at := o.place(f); at >= 0 {
			o.lossy -= len(o.frames[at].bytes)
			o.frames[at] = f // whose bytes have been counted already
			dropped++
			continue
		}
		kept = append(kept, f)
		dropped += o.track(f, o.base+len(kept)-1)
	}
	clear(o.frames[len(kept):])
	o.frames = kept
	o.timed = min(o.timed, o.base+len(kept)-1)
	return dropped
}
