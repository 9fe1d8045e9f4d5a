package hub

import (
	"hash/maphash"
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

	lastBytes atomic.Int64 // memory of all last values
}

type shard struct {
	mu     sync.RWMutex
	groups map[love.Group]*group
}

func (x *index) init() {
	x.seed = maphash.MakeSeed()
	for i := range x.shards {
		x.shards[i].groups = make(map[love.Group]*group)
	}
}

// shard returns the shard of a component. All streams of a component share
// one.
func (x *index) shard(csc []byte) *shard {
	return &x.shards[maphash.Bytes(x.seed, csc)%shards]
}

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

// group returns the group, creating it if it is not known.
func (x *index) group(name love.Group) *group {
	sh := x.shard([]byte(name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return x.groupLocked(sh, name)
}

func (x *index) groupLocked(sh *shard, name love.Group) *group {
	g := sh.groups[name]
	if g == nil {
		g = &group{name: name, key: maphash.Comparable(x.seed, name), text: love.AppendText(nil, name.String())}
		sh.groups[name] = g
	}
	return g
}

// join adds m to the group, which stays known as long as it has members.
func (x *index) join(name love.Group, m *member) *group {
	sh := x.shard([]byte(name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g := x.groupLocked(sh, name)
	// Readers of the old list never look beyond its length, so m may be
	// appended in place; append copies only when there is no room.
	members := append(g.memberList(), m)
	g.members.Store(&members)
	x.wildcards[wildcardShape(name)].Add(1)
	return g
}

// replace puts m in the place of old, which must be a member of g.
func (x *index) replace(g *group, old, m *member) {
	sh := x.shard([]byte(g.name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	members := slices.Clone(g.memberList())
	members[slices.Index(members, old)] = m
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
	if len(members) == 0 && g.last.markRemoved() {
		delete(sh.groups, g.name)
	}
}

// dropLast drops the last value of g, and removes g itself if it has no
// members.
func (x *index) dropLast(g *group) {
	sh := x.shard([]byte(g.name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	x.lastBytes.Add(-int64(g.last.clear()))
	if len(g.memberList()) == 0 && sh.groups[g.name] == g && g.last.markRemoved() {
		delete(sh.groups, g.name)
	}
}

// each calls f for every group. Groups that come or go meanwhile may be missed.
func (x *index) each(f func(*group)) {
	for i := range x.shards {
		x.shards[i].each(f)
	}
}

func (sh *shard) each(f func(*group)) {
	sh.mu.RLock()
	all := make([]*group, 0, len(sh.groups))
	for _, g := range sh.groups {
		all = append(all, g)
	}
	sh.mu.RUnlock()
	for _, g := range all {
		f(g)
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
