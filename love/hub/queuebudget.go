package hub

import "sync/atomic"

// queueBudget bounds what waits for all sessions of a user, and for all of the hub.
// When a bound is reached, a session that holds more than its share of it gets no more;
// one that holds less still does, so that those who keep up notice nothing.
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

// grow adds a step to a queue that holds so many bytes already, if there is room.
func (b queueBudget) grow(held int) bool {
	for i, part := range b {
		used := part.used.Add(budgetStep)
		share := part.limit / (2 * max(part.sessions.Load(), 1))
		if used > part.limit && int64(held+budgetStep) > share {
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
