package hub

import "github.com/rubin-love/love-go/love"

// A wildcard in place of the csc, the salindex or the stream of a subscription
// matches any: it delivers single streams of data messages. "all" is not a wildcard,
// it has a meaning of its own (docs/protocol/manager.md#routing). Groups that are
// not streams (…-all, requests, the manager's heartbeat) can be joined only by name.
const wildcard = "*"

// wildcardShapes is the number of ways to put wildcards in three places: a bit
// each for csc, salindex and stream.
const wildcardShapes = 8

// wildcardShape returns which parts of a group are wildcards, one bit for each.
func wildcardShape(g love.Group) (shape int) {
	for bit, part := range [...]string{g.CSC, g.SalIndex, g.Stream} {
		if part == wildcard {
			shape |= 1 << bit
		}
	}
	return shape
}

var star = []byte(wildcard)

// eachWildcard calls f for every group with wildcards that matches a stream.
func (x *index) eachWildcard(category, csc, salindex, stream []byte, f func(*group)) {
	for shape := 1; shape < wildcardShapes; shape++ {
		if x.wildcards[shape].Load() == 0 {
			continue
		}
		parts := [...][]byte{csc, salindex, stream}
		for bit := range parts {
			if shape&(1<<bit) != 0 {
				parts[bit] = star
			}
		}
		if g := x.lookup(category, parts[0], parts[1], parts[2]); g != nil {
			f(g)
		}
	}
}

// matches reports whether the stream group s delivers to the group g: g itself,
// an …-all group, or one with wildcards.
func matches(g, s love.Group) bool {
	if g.Category != s.Category || s.CSC == sourcesGroup.CSC && g.CSC != s.CSC {
		return false // messages of hubs go only to groups that name their component
	}
	if g == love.CategoryGroup(g.Category) {
		return true
	}
	same := func(pattern, part string) bool { return pattern == part || pattern == wildcard }
	return same(g.CSC, s.CSC) && same(g.SalIndex, s.SalIndex) && (same(g.Stream, s.Stream) || g.Stream == love.All && wildcardShape(g) == 0)
}
