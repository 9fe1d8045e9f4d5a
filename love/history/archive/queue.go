package archive

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rubin-love/love-go/love"
)

// The bounds of what waits for the disk, in bytes: telemetry is dropped beyond the first,
// everything else beyond the second.
const (
	queuedTelemetry = 8 << 20
	queuedAll       = 16 << 20
)

// wokenBytes is how many bytes wait before the writer is woken ahead of its next second:
// woken for each message, it would take time from those who route them.
const wokenBytes = 64 << 10

// item is a delivery that waits to be recorded, or a request to the writer.
type item struct {
	love.Delivery
	groups  []love.Group // of the subscription
	request func()       // called in its turn; nil for a delivery
}

func (i *item) isTelemetry() bool {
	return strings.HasPrefix(i.Group, string(love.CategoryTelemetry)+"-")
}

// queue is what waits for the writer. Nobody who puts something into it waits.
type queue struct {
	mu     sync.Mutex
	items  []item
	bytes  int
	closed bool
	eager  atomic.Int64  // how many wait for what is put into the queue
	woken  chan struct{} // much waits, or a request
}

func newQueue() *queue { return &queue{woken: make(chan struct{}, 1)} }

// push adds an item and reports whether there was room.
func (q *queue) push(i item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	most := queuedAll
	if i.isTelemetry() {
		most = queuedTelemetry
	}
	if q.closed || i.request == nil && q.bytes > 0 && q.bytes+len(i.Raw) > most {
		return false
	}
	q.items = append(q.items, i)
	q.bytes += len(i.Raw)
	if i.request == nil && q.bytes < wokenBytes && q.eager.Load() == 0 {
		return true
	}
	select {
	case q.woken <- struct{}{}:
	default:
	}
	return true
}

// take returns what waits and gives the queue used, an empty list, for what comes next.
// What is taken counts until it is given back with done.
func (q *queue) take(used []item) []item {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.items
	q.items = used[:0]
	return taken
}

// done notes that an item has been dealt with, and reports whether nothing waits.
func (q *queue) done(bytes int) (empty bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes -= bytes
	return q.bytes == 0
}

// close makes the queue refuse everything.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}
