package hub

import "github.com/rubin-love/love-go/love"

// cursorStep is how many places a cursor reads at a time.
const cursorStep = 64

// cursor reads lists of groups in portions, shard by shard, so that no lock is held for
// long.
type cursor struct {
	shard, end int    // the present shard, and the one to stop before
	after      uint64 // number of the place that was read last; 0 at the beginning
}

// newCursor returns a cursor for all shards.
func newCursor() cursor { return cursor{end: shards} }

func (c *cursor) atEnd() bool { return c.shard == c.end }

// streams appends to dst the next groups that are known as streams. It may append none
// before the end.
func (c *cursor) streams(x *index, dst []*group) []*group {
	sh := &x.shards[c.shard]
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	return c.read(&sh.streams, dst)
}

// values is the same for the groups of a category that have a last value.
func (c *cursor) values(x *index, category love.Category, dst []*group) []*group {
	sh := &x.shards[c.shard]
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	return c.read(sh.values[category], dst)
}

// read reads from the list of the present shard, nil for an empty one, and goes on to
// the next shard at its end.
func (c *cursor) read(list *groupList, dst []*group) []*group {
	next := uint64(0)
	if list != nil {
		dst, next = list.after(c.after, cursorStep, dst)
	}
	if c.after = next; next == 0 {
		c.shard++
	}
	return dst
}

// eachStream calls f for every group that is known as a stream. Those that come or go
// meanwhile may be missed.
func (x *index) eachStream(f func(*group)) {
	var groups []*group
	for c := newCursor(); !c.atEnd(); {
		groups = c.streams(x, groups[:0])
		for _, g := range groups {
			f(g)
		}
	}
}
