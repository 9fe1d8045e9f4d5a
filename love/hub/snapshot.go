package hub

import (
	"slices"
	"sync"
	"time"
	"weak"

	"github.com/rubin-love/love-go/love"
)

// snapshot is what a subscription still gets of the last values that it begins with:
// those that were stored before it joined in epoch. A newer one has been delivered, or
// will be, as a message.
type snapshot struct {
	name   love.Group
	member *member
	epoch  uint64

	cursor   cursor   // where to go on
	groups   []*group // read there last
	one      [1]*group
	at       int // in groups: the next one
	reserved int // bytes of the user's allowance
	used     int // of these
}

// snapshotMemory is the memory of a snapshot that is not complete, in bytes.
const snapshotMemory = 256

// visitCost is how many bytes of an allowance a stream costs that is looked at for a
// snapshot, besides those of the message if it belongs there.
const visitCost = 64

// isOfOne reports whether the snapshot can have only one value.
func isOfOne(name love.Group) bool {
	return name != love.CategoryGroup(name.Category) && name.Stream != love.All && wildcardShape(name) == 0
}

// snapshotCursor returns a cursor for the shards with streams that deliver to the group.
func (x *index) snapshotCursor(name love.Group) cursor {
	if name == love.CategoryGroup(name.Category) || name.CSC == wildcard {
		return newCursor()
	}
	first := x.shardNumber([]byte(name.CSC))
	return cursor{shard: first, end: first + 1}
}

// snapshotCost estimates what a snapshot takes of an allowance, in bytes.
func (x *index) snapshotCost(name love.Group) int {
	if isOfOne(name) {
		if g := x.find(name); g != nil {
			return visitCost + g.last.memory()
		}
		return visitCost
	}
	c := x.snapshotCursor(name)
	each := int(x.lastBytes.Load()) / int(max(x.values.Load(), 1))
	return x.valueCount(name.Category, c.shard, c.end) * (visitCost + each)
}

// next returns the next stream to look at, nil at the end.
func (sn *snapshot) next(x *index) *group {
	for sn.at == len(sn.groups) {
		if sn.cursor.atEnd() {
			return nil
		}
		sn.groups, sn.at = sn.cursor.values(x, sn.name.Category, sn.groups[:0]), 0
	}
	return sn.groups[sn.at]
}

// snapshotQueue holds the snapshots that a session still gets, in the order in which it
// asked for them. They are made in portions, as the peer reads them.
type snapshotQueue struct {
	mu        sync.Mutex
	pending   []*snapshot
	allowance tokenBucket // bytes
	reserved  int         // bytes, for the snapshot that is added next
	retrying  bool        // it is scheduled to try again
}

// snapshotPortion is how many streams are looked at before others have their turn.
const snapshotPortion = 1024

// snapshotRetry is how long a snapshot waits for room that others have.
const snapshotRetry = 100 * time.Millisecond

// snapshotAhead bounds how many bytes of snapshots may wait for a session.
const snapshotAhead = 4 << 20

// reserveSnapshot takes what the next snapshot of the session will cost from the
// allowances of the session and its user, and reports whether anything was left.
func (s *session) reserveSnapshot(name love.Group, now time.Time) bool {
	if s.user == nil {
		return true
	}
	q := &s.snapshots
	q.mu.Lock()
	defer q.mu.Unlock()
	ours, all := s.hub.snapshotRates()
	cost := s.hub.index.snapshotCost(name)
	if q.allowance.due(ours, now).After(now) || !s.user.takeSnapshot(all, cost, now) {
		return false
	}
	q.allowance.take(ours, cost, now)
	q.reserved = cost
	return true
}

// settleLocked gives back what the snapshot did not need, or takes what it needed more.
func (s *session) settleLocked(sn *snapshot) {
	s.hub.index.chargeUser(s.user, -snapshotMemory)
	if s.user == nil || sn.used == sn.reserved {
		return
	}
	now := s.hub.clock.Now()
	ours, all := s.hub.snapshotRates()
	s.snapshots.allowance.take(ours, sn.used-sn.reserved, now)
	s.user.settleSnapshot(all, sn.used-sn.reserved, now)
}

// newSnapshotLocked returns the snapshot of the subscription m, which joined g in epoch.
func (s *session) newSnapshotLocked(g *group, m *member, epoch uint64) *snapshot {
	x, q := &s.hub.index, &s.snapshots
	sn := &snapshot{name: g.name, member: m, epoch: epoch, reserved: q.reserved}
	if isOfOne(g.name) {
		sn.one[0] = g
		sn.groups = sn.one[:]
	} else {
		sn.cursor = x.snapshotCursor(g.name)
	}
	q.reserved = 0
	x.chargeUser(s.user, snapshotMemory)
	return sn
}

// queueSnapshotLocked begins a snapshot: what finds room at once is queued. It reports
// whether to go on at once.
func (s *session) queueSnapshotLocked(sn *snapshot, wakes *wakeList) (more bool) {
	q := &s.snapshots
	q.pending = append(q.pending, sn)
	return len(q.pending) == 1 && s.makeSnapshotsLocked(wakes)
}

// replaceSnapshotLocked gives the rest of the snapshot of old to m, which is nil if there
// is no subscription any more, or one with a snapshot of its own.
func (s *session) replaceSnapshotLocked(old, m *member) {
	q := &s.snapshots
	at := slices.IndexFunc(q.pending, func(sn *snapshot) bool { return sn.member == old })
	switch {
	case at < 0:
	case m != nil:
		q.pending[at].member = m
	default:
		s.settleLocked(q.pending[at])
		q.pending = slices.Delete(q.pending, at, at+1)
	}
}

// dropSnapshot drops what is left of the history and the snapshot of m.
func (s *session) dropSnapshot(m *member) {
	s.snapshots.mu.Lock()
	defer s.snapshots.mu.Unlock()
	m.past.stopLocked()
	s.replaceSnapshotLocked(m, nil)
}

// dropSnapshots drops what is left of all snapshots.
func (s *session) dropSnapshots() {
	s.snapshots.mu.Lock()
	defer s.snapshots.mu.Unlock()
	s.dropSnapshotsLocked()
}

func (s *session) dropSnapshotsLocked() {
	for _, sn := range s.snapshots.pending {
		s.settleLocked(sn)
	}
	s.snapshots.pending = nil
}

// makeSnapshots makes the next portion of the session's snapshots, as far as there is
// room for it. It reports whether to go on at once; if not, its turn comes again
// on when there is room.
func (s *session) makeSnapshots(wakes *wakeList) (more bool) {
	s.snapshots.mu.Lock()
	defer s.snapshots.mu.Unlock()
	return s.makeSnapshotsLocked(wakes)
}

func (s *session) makeSnapshotsLocked(wakes *wakeList) (more bool) {
	h, q := s.hub, &s.snapshots
	ahead, now := s.out.snapshotRoom(), h.clock.Now()
	for looked := 0; len(q.pending) > 0; looked++ {
		sn := q.pending[0]
		g := sn.next(&h.index)
		if looked == snapshotPortion {
			return true
		}
		result := inactive
		if g != nil {
			result = s.sendLast(sn, g, ahead, now, wakes)
		}
		switch result {
		case queued:
			sn.at++
			sn.used += visitCost
		case inactive: // or complete
			s.settleLocked(sn)
			q.pending = slices.Delete(q.pending, 0, 1)
		case later:
			return false
		case overflowed, exhausted:
			if !q.retrying {
				q.retrying = true
				h.schedule.at(now.Add(snapshotRetry), func(time.Time) { s.retrySnapshots() })
			}
			return false
		default:
			s.dropSnapshotsLocked()
		}
	}
	return false
}

// retrySnapshots goes on with the snapshots for which there was no room.
func (s *session) retrySnapshots() {
	s.snapshots.mu.Lock()
	s.snapshots.retrying = false
	s.snapshots.mu.Unlock()
	s.out.goOn()
}

// sendLast queues the last value of the stream g, if there is one that belongs to the
// snapshot. It is marked as a snapshot, and as stale if its source has gone.
func (s *session) sendLast(sn *snapshot, g *group, ahead int, now time.Time, wakes *wakeList) pushResult {
	if !matches(sn.name, g.name) {
		return queued
	}
	l := &g.last
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.source == nil || l.epoch >= sn.epoch {
		return queued
	}
	f := lastFrame(sn.name, g).as(sn.member.variant)
	result, dropped := s.out.pushSnapshot(f, sn.member, now, ahead)
	if result == queued || result == needsWake {
		s.hub.counters.offer(1)
		sn.used += len(f.bytes)
		s.pushed(f, result, dropped, wakes)
		return queued
	}
	s.pushed(nil, queued, dropped, wakes)
	return result
}

// lastFrame returns a message to the group called name with the last value of the stream
// g, whose lock is held. Those to the stream's own group are shared.
func lastFrame(name love.Group, g *group) *frame {
	l := &g.last
	stale := l.source.gone.Load()
	if name != g.name {
		f := makeLastFrame(name, g, stale)
		f.single = true
		return f
	}
	f := l.made.Value()
	if f == nil || f.seq != l.seq || l.madeStale != stale {
		f = makeLastFrame(name, g, stale)
		l.made, l.madeStale = weak.Make(f), stale
	}
	return f
}

func makeLastFrame(name love.Group, g *group, stale bool) *frame {
	l := &g.last
	stream, value := love.AppendText(nil, g.name.Stream), l.value
	if name.Stream == love.All && name.CSC != love.All && wildcardShape(name) == 0 {
		value = append(append(append(append([]byte(`{`), stream...), ':'), value...), '}')
		stream = l.csc
	}
	buf := love.AppendText(append(newBuffer(len(value)+256), `{"category":`...), string(g.name.Category))
	buf = appendItem(append(buf, `,"data":[`...), l.csc, l.index, stream, value)
	buf = love.AppendText(append(buf, `],"subscription":`...), name.String())
	buf = append(buf, `,"snapshot":true`...)
	if stale {
		buf = append(buf, `,"stale":true`...)
	}
	f := textFrame(append(buf, '}'))
	f.seq, f.barrier, f.counted, f.isLast = l.seq, true, true, true
	return f
}
