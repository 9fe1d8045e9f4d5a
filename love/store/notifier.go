package store

import (
	"sync"

	"github.com/rubin-love/love-go/internal/watch"
)

// notifier notifies watchers of what has changed, one item after the other, while
// holding no lock that the store itself needs: a watcher may use the store, which
// may add more items.
type notifier struct {
	watchers watch.List[string]

	notifying sync.Mutex // held while watchers are notified
	mu        sync.Mutex
	queue     []string
}

// add queues an item.
func (n *notifier) add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.queue = append(n.queue, name)
}

// notify notifies the watchers of the queued items, unless another goroutine is
// doing so. Items added too late for that one are left for the next poll.
func (n *notifier) notify() {
	if n.notifying.TryLock() {
		defer n.notifying.Unlock()
		n.drain()
	}
}

// notifyAll notifies the watchers, and returns when they have been notified of all
// items that were added before the call. A watcher must not call it: it would wait
// for itself.
func (n *notifier) notifyAll() {
	n.notifying.Lock()
	defer n.notifying.Unlock()
	n.drain()
}

func (n *notifier) drain() {
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
