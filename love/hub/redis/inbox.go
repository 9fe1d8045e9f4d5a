package redis

import "sync"

// inboxBytes bounds what has come from Redis and has not been routed: then nothing more is
// read, and Redis keeps what comes, up to its own bound.
const inboxBytes = 64 << 20

// item is something that came from Redis, in order.
type item struct {
	channel, text string
	subscribed    bool // a subscription was confirmed
	pattern       bool
	poke          bool // look for topics whose last values must be read
}

// inbox holds what has come and was not routed, so that all that came meanwhile is routed
// together.
type inbox struct {
	confirmed chan struct{} // a subscription was

	mu     sync.Mutex
	change sync.Cond
	items  []item
	bytes  int
	closed bool
}

func (in *inbox) init() {
	in.change.L = &in.mu
	in.confirmed = make(chan struct{}, 1)
}

// add adds an item, and waits while there are too many.
func (in *inbox) add(it item) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.bytes > inboxBytes && !in.closed && !it.poke {
		in.change.Wait()
	}
	in.items = append(in.items, it)
	in.bytes += len(it.text)
	if len(in.items) == 1 {
		in.change.Broadcast()
	}
}

// take waits for items and returns all of them; none when the inbox was closed. into is
// memory for those that come later.
func (in *inbox) take(into []item) []item {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.items) == 0 && !in.closed {
		in.change.Wait()
	}
	if in.closed {
		return nil
	}
	taken := in.items
	in.items, in.bytes = into[:0], 0
	in.change.Broadcast()
	return taken
}

func (in *inbox) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	in.change.Broadcast()
}
