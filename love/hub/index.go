package hub

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rubin-love/love-go/love"
)

const shards = 64

// index knows which sessions are in which group. Reading the members of a
// group takes no lock; joining and leaving copy the list.
type index struct {
	seed   maphash.Seed
	shards [shards]shard
}

type shard struct {
	mu     sync.RWMutex
	groups map[love.Group]*group
}

// group is one set of subscribers. It is dropped with its last member.
type group struct {
	name    love.Group
	text    []byte // the name as a quoted JSON text
	members atomic.Pointer[[]*Session]
}

func (x *index) init() {
	x.seed = maphash.MakeSeed()
	for i := range x.shards {
		x.shards[i].groups = make(map[love.Group]*group)
	}
}

// shard finds the shard by the component alone, so that a message, whose
// streams mostly belong to one, stays in few.
func (x *index) shard(csc []byte) *shard {
	return &x.shards[maphash.Bytes(x.seed, csc)%shards]
}

// lookup returns the group, or nil if nobody is in it. It does not allocate.
func (x *index) lookup(category, csc, salindex, stream []byte) *group {
	sh := x.shard(csc)
	sh.mu.RLock()
	g := sh.groups[love.Group{Category: love.Category(category), CSC: string(csc), SalIndex: string(salindex), Stream: string(stream)}]
	sh.mu.RUnlock()
	return g
}

// join adds s to the group. s must not be in it.
func (x *index) join(name love.Group, s *Session) {
	sh := x.shard([]byte(name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g := sh.groups[name]
	if g == nil {
		g = &group{name: name, text: love.AppendText(nil, name.String())}
		sh.groups[name] = g
	}
	old := g.list()
	members := append(append(make([]*Session, 0, len(old)+1), old...), s)
	g.members.Store(&members)
}

// leave takes s out of the group, if it is there.
func (x *index) leave(name love.Group, s *Session) {
	sh := x.shard([]byte(name.CSC))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	g := sh.groups[name]
	if g == nil {
		return
	}
	members := slices.DeleteFunc(slices.Clone(g.list()), func(m *Session) bool { return m == s })
	g.members.Store(&members)
	if len(members) == 0 {
		delete(sh.groups, name)
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

func (g *group) list() []*Session {
	if p := g.members.Load(); p != nil {
		return *p
	}
	return nil
}
