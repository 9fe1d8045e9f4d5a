package hub

import (
	"cmp"
	"slices"
)

// groupList holds groups in the order in which they were added. It can be read in
// portions while it changes: none that stays is left out, and none comes twice.
type groupList struct {
	places []groupPlace
	last   uint64 // number of the place that was added last; the first is 1
	gaps   int    // places without a group
}

type groupPlace struct {
	number uint64
	group  *group // nil if it was removed
}

// add adds a group and returns the number of its place.
func (l *groupList) add(g *group) uint64 {
	l.last++
	l.places = append(l.places, groupPlace{l.last, g})
	return l.last
}

// remove removes the group from its place.
func (l *groupList) remove(number uint64) {
	at, _ := l.find(number)
	l.places[at].group = nil
	if l.gaps++; l.gaps > len(l.places)/2 {
		l.places = slices.DeleteFunc(l.places, func(p groupPlace) bool { return p.group == nil })
		l.gaps = 0
	}
}

// after appends to dst the groups of the next n places after the one with that number,
// and returns the number of the last of them, or 0 if there are no more.
func (l *groupList) after(number uint64, n int, dst []*group) ([]*group, uint64) {
	at, found := l.find(number)
	if found {
		at++
	}
	next := l.places[at:min(at+n, len(l.places))]
	for _, p := range next {
		if p.group != nil {
			dst = append(dst, p.group)
		}
	}
	if at+len(next) == len(l.places) {
		return dst, 0
	}
	return dst, next[len(next)-1].number
}

func (l *groupList) size() int { return len(l.places) - l.gaps }

func (l *groupList) find(number uint64) (at int, found bool) {
	return slices.BinarySearchFunc(l.places, number, func(p groupPlace, number uint64) int { return cmp.Compare(p.number, number) })
}
