package hub

import (
	"cmp"
	"slices"
	"sync/atomic"
)

// queueBudget bounds what waits for all sessions of a user, and for all of the hub.
// When a bound is reached, those that hold most of it are closed, and a session that
// holds less than its share notices nothing.
type queueBudget []budgetPart

// budgetPart is one of the bounds.
type budgetPart struct {
	used     *atomic.Int64 // bytes
	limit    int64
	sessions *atomic.Int64 // that share it
}

// budgetStep is by how much a queue grows in its budget, in bytes. The first step is
// free: a session that keeps up never touches what it shares with others.
const budgetStep = 64 << 10

// share returns what each of the sessions may hold even if nothing is left.
func (p budgetPart) share() int64 { return p.limit / (2 * max(p.sessions.Load(), 1)) }

// share returns what a session may hold even if nothing is left.
func (b queueBudget) share() int64 {
	share := b[0].share()
	for _, part := range b[1:] {
		share = min(share, part.share())
	}
	return share
}

// grow adds a step to a queue that holds so many bytes already, if there is room.
func (b queueBudget) grow(held int) bool {
	for i, part := range b {
		if used := part.used.Add(budgetStep); used > part.limit && int64(held+budgetStep) > part.share() {
			for _, undo := range b[:i+1] {
				undo.used.Add(-budgetStep)
			}
			return false
		}
	}
	return true
}

// shrink gives back what a queue held.
func (b queueBudget) shrink(bytes int) {
	for _, part := range b {
		part.used.Add(-int64(bytes))
	}
}

// holder is a session that holds some of a budget.
type holder struct {
	session *session
	user    int64 // bytes that all sessions of its user hold
	own     int64
}

// relieve closes those that hold most of the budget in which s has found no room, until
// a sixteenth of it is free: sessions of the user who holds most, the largest first. It
// returns false if s is one of those to close.
func (h *Hub) relieve(s *session) bool {
	h.relieving.Lock()
	defer h.relieving.Unlock()
	part, ofUser := s.out.budget[0], false
	if s.user != nil {
		if own := s.out.budget[1]; own.used.Load()+budgetStep > own.limit {
			part, ofUser = own, true
		}
	}
	if part.used.Load()+budgetStep <= part.limit {
		return true // another has made room meanwhile
	}
	closed := false
	for _, x := range h.holders(s, ofUser) {
		if x.session == s {
			return closed
		}
		if x.own <= part.share() { // such as a room of screens of the user who holds most
			continue
		}
		x.session.close(CloseMemory)
		closed = true
		if part.used.Load() <= part.limit-part.limit/16 {
			break
		}
	}
	return closed
}

// holders returns the sessions that hold something, of the user of s or of all, those
// that hold most first.
func (h *Hub) holders(s *session, ofUser bool) (list []holder) {
	for _, other := range h.sessions.all() {
		own := other.out.holds()
		if own == 0 || ofUser && other.user != s.user {
			continue
		}
		x := holder{other, own, own}
		if other.user != nil {
			x.user = other.user.queueBytes.Load()
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b holder) int { return cmp.Or(cmp.Compare(b.user, a.user), cmp.Compare(b.own, a.own)) })
	return list
}
