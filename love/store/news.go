package store

import (
	"sync"

	"github.com/rubin-love/love-go/internal/watch"
)

// news tells watchers what has changed, one item after the other, while holding
// no lock that the store itself needs: a watcher may use the store, which may
// add more news.
type news struct {
	watchers watch.List[string]

	turn  sync.Mutex // held while watchers are told
	mu    sync.Mutex
	queue []string
}

// add queues an item to be told.
func (n *news) add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, name)
}

// tell tells the watchers what is queued, unless another goroutine does so.
// What is added too late for that one is told at the next poll.
func (n *news) tell() {
	if n.turn.TryLock() {
		defer n.turn.Unlock()
		n.drain()
	}
}

// told tells the watchers what is queued, and returns when everything added
// before has been told. A watcher must not call it: it would wait for itself.
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
		n.watchers.Notify(name)
	}
}
