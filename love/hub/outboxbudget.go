package hub

// hold makes room in the budget for n more bytes, and reports whether there was some.
func (o *outbox) hold(n int) bool {
	for o.waiting()+o.heldBack+n > o.held+budgetStep {
		if !o.budget.grow(o.held) {
			return false
		}
		o.held += budgetStep
	}
	return true
}

// holdConflated is hold after the outbox has begun to conflate, if it had not.
func (o *outbox) holdConflated(n int, dropped *int) bool {
	if o.newest == nil {
		*dropped += o.conflate()
	}
	return o.hold(n)
}

// letGo gives back what it holds of the budget and does not need.
func (o *outbox) letGo() {
	needed := (o.waiting() + o.heldBack + budgetStep - 1) / budgetStep * budgetStep
	if o.held > needed+budgetStep || needed == 0 && o.held > 0 {
		o.budget.shrink(o.held - needed)
		o.held = needed
	}
}

// holdBack counts n more bytes that wait for their max_rate, if there is room for them:
// half as much as for events, so that they can be sent together.
func (o *outbox) holdBack(n int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished || o.heldBack > 0 && o.heldBack+n > o.hard/2 || !o.hold(n) {
		return false
	}
	o.heldBack += n
	return true
}

// letBack ends the waiting of n bytes for their max_rate.
func (o *outbox) letBack(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.finished {
		o.heldBack -= n
		o.letGo()
	}
}

// holds returns how many bytes of the budget the session holds and would give back if it
// were closed.
func (o *outbox) holds() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished {
		return 0
	}
	return int64(o.held)
}

// snapshotRoom returns how many bytes of snapshots may wait: so few that they take no
// room that others need.
func (o *outbox) snapshotRoom() int {
	ahead := min(snapshotAhead, o.hard/4)
	if o.budget != nil {
		ahead = min(ahead, max(int(o.budget.share()/2), budgetStep/2))
	}
	return max(ahead, 1)
}
