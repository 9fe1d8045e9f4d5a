package producer

import (
	"sync"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer/internal/scriptqueue"
)

// queueDocuments owns the state of a script queue and renders the streams that show
// it. It is safe for concurrent use, so that requests can be answered at any time.
type queueDocuments struct {
	index int // of the queue

	mu        sync.Mutex
	state     *scriptqueue.State
	documents []*queueDocument
}

// queueDocument is one of the streams.
type queueDocument struct {
	scriptqueue.Stream
	stale bool // whether the rendered object does not show the newest state
}

func newQueueDocuments(index int, state *scriptqueue.State, streams []scriptqueue.Stream) *queueDocuments {
	q := &queueDocuments{index: index, state: state}
	for _, s := range streams {
		q.documents = append(q.documents, &queueDocument{Stream: s, stale: true})
	}
	return q
}

// update calls f, which may change the state, and returns the streams that show
// what has changed.
func (q *queueDocuments) update(f func(*scriptqueue.State) scriptqueue.Changes) (changed []scriptqueue.Stream) {
	q.mu.Lock()
	defer q.mu.Unlock()
	what := f(q.state)
	for _, d := range q.documents {
		if d.Shows&what != 0 {
			d.stale = true
			changed = append(changed, d.Stream)
		}
	}
	return changed
}

// view calls f, which must not change what streams show.
func (q *queueDocuments) view(f func(*scriptqueue.State)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f(q.state)
}

// has reports whether name is one of the streams.
func (q *queueDocuments) has(name string) bool {
	for _, d := range q.documents { // never changes
		if d.Name == name {
			return true
		}
	}
	return false
}

// stored returns what a publisher stores of the streams.
func (q *queueDocuments) stored() (all []stored) {
	for _, d := range q.documents {
		header := Header{
			Category: love.CategoryEvent, CSC: scriptqueue.StateComponent, SalIndex: love.Index(q.index),
			Streams: []string{d.Name}, Replaceable: true,
		}
		all = append(all, stored{
			item: item{header: header}, key: d.Name,
			render: func(old love.RawValue) love.RawValue { return q.render(d, old) },
		})
	}
	return all
}

// render returns the object of a stream, built over the bytes of the old one if that
// is stale.
func (q *queueDocuments) render(d *queueDocument, old love.RawValue) love.RawValue {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !d.stale {
		return old
	}
	d.stale = false
	return d.AppendItem(old[:0], q.state, q.index)
}
