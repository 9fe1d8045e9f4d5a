package hub

import (
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rubin-love/love-go/love"
)

const shards = 64

// index holds the groups: the members of each, and the last value of each
// stream. Reading the members of a group takes no lock, because the elements
// of a list never change once it is stored.
type index struct {
	seed      maphash.Seed
	shards    [shards]shard
	wildcards [wildcardShapes]atomic.Int32 // members of groups of each shape

	lastBytes         atomic.Int64 // memory of all last values
	subscriptionBytes atomic.Int64 // memory of all subscriptions
	streams           atomic.Int64 // groups that are known as streams
	values            atomic.Int64 // groups that have a last value

	// floor, with a Past, is the largest number of a message in a group that has been
	// removed: its successor counts on, so that a stream's numbers never repeat.
	floor   atomic.Uint64
	hasPast bool
}

type shard struct {
	mu      sync.RWMutex
	groups  map[love.Group]*group
	streams groupList                    // known as streams
	values  map[love.Category]*groupList // with a last value
}

func (x *index) init() {
	x.seed = maphash.MakeSeed()
	for i := range x.shards {
		x.shards[i].groups = make(map[love.Group]*group)
		x.shards[i].values = make(map[love.Category]*groupList)
	}
}

// shard returns the shard of a component. All streams of a component share
// one.
func (x *index) shard(csc []byte) *shard { return &x.shards[x.shardNumber(csc)] }

func (x *index) shardNumber(csc []byte) int { return int(maphash.Bytes(x.seed, csc) % shards) }

// lookup returns the group, or nil if it is not known. It takes the parts of
// the name as they occur in a message, and does not allocate.
func (x *index) lookup(category, csc, salindex, stream []byte) *group {
	sh := x.shard(csc)
	sh.mu.RLock()
	g := sh.groups[love.Group{Category: love.Category(category), CSC: string(csc), SalIndex: string(salindex), Stream: string(stream)}]
	sh.mu.RUnlock()
	return g
}

// find returns the group, or nil if it is not known.
func (x *index) find(name love.Group) *group {
	sh := x.shard([]byte(name.CSC))
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	return sh.groups[name]
}

func (x *index) groupLocked(sh *shard, name love.Group) *group {
	g := sh.groups[name]
	if g == nil {
		g = x.newGroup(name)
		sh.groups[name] = g
	}
	return g
}

func (x *index) newGroup(name love.Group) *group {
	g := &group{name: name, key: maphash.Comparable(x.seed, name), text: love.AppendText(nil, name.String())}
	g.seq.Store(x.floor.Load())
	return g
}

// join adds m to the group, which stays known as long as it has members.
func (x *index) join(name love.Group, m *member) *group {
	sh := x.shard([]byte(name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g := sh.groups[name]
	bytes := membershipBytes
	if g == nil {
		g = x.groupLocked(sh, name)
		bytes, m.ownsGroup = bytes+groupMemory(name), true
	}
	x.charge(m, bytes)
	// Readers of the old list never look beyond its length, so m may be
	// appended in place; append copies only when there is no room.
	members := append(g.memberList(), m)
	g.members.Store(&members)
	x.wildcards[wildcardShape(name)].Add(1)
	return g
}

// charge changes the memory that is charged to the user of a member.
func (x *index) charge(m *member, bytes int) {
	m.bytes += bytes
	x.chargeUser(m.session.user, bytes)
}

// chargeUser changes the memory of subscriptions that is charged to a user, nil for a
// process.
func (x *index) chargeUser(u *user, bytes int) {
	x.subscriptionBytes.Add(int64(bytes))
	if u != nil {
		u.subscriptionBytes.Add(int64(bytes))
	}
}

// replace puts m in the place of old, which must be a member of g.
func (x *index) replace(g *group, old, m *member) {
	sh := x.shard([]byte(g.name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	members := slices.Clone(g.memberList())
	members[slices.Index(members, old)] = m
	m.bytes, m.ownsGroup = old.bytes, old.ownsGroup
	g.members.Store(&members)
}

// leave removes m, which must be a member, from g.
func (x *index) leave(g *group, m *member) {
	sh := x.shard([]byte(g.name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	old := g.memberList()
	at := slices.Index(old, m)
	members := append(append(make([]*member, 0, len(old)), old[:at]...), old[at+1:]...)
	g.members.Store(&members)
	x.wildcards[wildcardShape(g.name)].Add(-1)
	x.charge(m, -m.bytes)
	if m.ownsGroup && len(members) > 0 { // the group stays, for somebody else
		members[0].ownsGroup = true
		x.charge(members[0], groupMemory(g.name))
	}
	if len(members) == 0 && g.last.markRemoved() {
		x.removeLocked(sh, g)
	}
}

func (x *index) removeLocked(sh *shard, g *group) {
	delete(sh.groups, g.name)
	if x.hasPast && isOfOne(g.name) {
		raise(&x.floor, g.seq.Load())
	}
	x.forgetStreamLocked(sh, g)
}

// raise makes n at least least.
func raise(n *atomic.Uint64, least uint64) {
	for {
		old := n.Load()
		if old >= least || n.CompareAndSwap(old, least) {
			return
		}
	}
}

// forgetStreamLocked makes g a group that is known only because of its members.
func (x *index) forgetStreamLocked(sh *shard, g *group) {
	if g.streamPlace != 0 {
		sh.streams.remove(g.streamPlace)
		g.streamPlace = 0
		g.routed.Store(false)
		x.streams.Add(-1)
	}
}

// stream returns the group of a stream that is published, and makes it known as one,
// unless there are limit of them: then it returns the group if it has members, else nil.
func (x *index) stream(name love.Group, limit int) (g *group, known bool) {
	sh := x.shard([]byte(name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g = sh.groups[name]
	if g != nil && g.streamPlace != 0 {
		return g, true
	}
	if x.streams.Load() >= int64(limit) {
		return g, false
	}
	g = x.groupLocked(sh, name)
	x.knowStreamLocked(sh, g)
	return g, true
}

func (x *index) knowStreamLocked(sh *shard, g *group) {
	if g.streamPlace == 0 {
		g.streamPlace = sh.streams.add(g)
		g.routed.Store(true)
		x.streams.Add(1)
	}
}

// listValue lists g among the groups with a last value, or among them no more, as it has
// one or not.
func (x *index) listValue(g *group) {
	sh := x.shard([]byte(g.name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	x.listValueLocked(sh, g)
}

func (x *index) listValueLocked(sh *shard, g *group) {
	list := sh.values[g.name.Category]
	switch has := g.last.isKept(); {
	case has && g.valuePlace == 0:
		if list == nil {
			list = new(groupList)
			sh.values[g.name.Category] = list
		}
		g.valuePlace = list.add(g)
		x.values.Add(1)
		x.knowStreamLocked(sh, g)
	case !has && g.valuePlace != 0:
		list.remove(g.valuePlace)
		g.valuePlace = 0
		x.values.Add(-1)
		if list.size() == 0 {
			delete(sh.values, g.name.Category)
		}
	}
}

// forgetStale drops the last value of g if its source has gone. Without a value, g is not
// known as a stream any more, and is removed if it has no members either.
func (x *index) forgetStale(g *group) {
	sh := x.shard([]byte(g.name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	freed, stale := g.last.clearStale()
	x.lastBytes.Add(-int64(freed))
	if !stale || sh.groups[g.name] != g {
		return
	}
	x.listValueLocked(sh, g)
	if len(g.memberList()) > 0 {
		x.forgetStreamLocked(sh, g)
	} else if g.last.markRemoved() {
		x.removeLocked(sh, g)
	}
}

// valueCount returns how many groups of the category have a last value in the shards from
// first to before end.
func (x *index) valueCount(c love.Category, first, end int) (n int) {
	for i := first; i < end; i++ {
		sh := &x.shards[i]
		sh.mu.RLock()
		if list := sh.values[c]; list != nil {
			n += list.size()
		}
		sh.mu.RUnlock()
	}
	return n
}

// each calls f for every group. Groups that come or go meanwhile may be missed.
func (x *index) each(f func(*group)) {
	for i := range x.shards {
		sh := &x.shards[i]
		sh.mu.RLock()
		all := slices.Collect(maps.Values(sh.groups))
		sh.mu.RUnlock()
		for _, g := range all {
			f(g)
		}
	}
}

func (x *index) size() (n int) {
	for i := range x.shards {
		sh := &x.shards[i]
		sh.mu.RLock()
		n += len(sh.groups)
		sh.mu.RUnlock()
	}
	return n
}
