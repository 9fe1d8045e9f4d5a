package store

import (
	"sync"

	"github.com/rubin-love/love-go/internal/watch"
)

// news tells watchers what has changed, one thing after the other and with no
// lock held that the store itself needs: a watcher may look at the store, which
// may find more to tell.
type news struct {
	watchers watch.List[string]

	turn  sync.Mutex // held by who is telling
	mu    sync.Mutex
	queue []string
}

// add notes what has to be told.
func (n *news) add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, name)
}

// tell tells what has been added, unless somebody is at it; what came too late
// for that is told at the next look.
func (n *news) tell() {
	if n.turn.TryLock() {
		defer n.turn.Unlock()
		n.drain()
	}
}

// told returns when all that was added before has been told. No watcher may
// wait for that.
func (n *news) told() {
	n.turn.Lock()
	defer n.turn.Unlock()
	n.drain()
}

func (n *news) drain() {
	for {
		n.mu.Lock()
		if len(n.queue) == 0 {
			n.mu.Unlock()
			return
		}
		name := n.queue[0]
		n.queue = n.queue[1:]
		n.mu.Unlock()
		n.watchers.Tell(name)
	}
}
