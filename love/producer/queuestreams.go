package producer

import (
	"sync"

	"github.com/rubin-love/love-go/love"
	"github.com/rubin-love/love-go/love/producer/internal/scriptqueue"
)

// queueStreams owns the state of a script queue and renders the streams that show
// it. It is safe for concurrent use, so that requests can be answered at any time.
type queueStreams struct {
	index int // of the queue

	mu      sync.Mutex
	state   *scriptqueue.State
	streams []*queueStream
}

// queueStream is one of the streams.
type queueStream struct {
	scriptqueue.Stream
	stale bool // whether the rendered object does not show the newest state
}

func newQueueStreams(index int, state *scriptqueue.State, streams []scriptqueue.Stream) *queueStreams {
	q := &queueStreams{index: index, state: state}
	for _, s := range streams {
		q.streams = append(q.streams, &queueStream{Stream: s, stale: true})
	}
	return q
}

// update calls f, which may change the state, and returns the streams that show
// what has changed.
func (q *queueStreams) update(f func(*scriptqueue.State) scriptqueue.Changes) (changed []scriptqueue.Stream) {
	q.mu.Lock()
	defer q.mu.Unlock()
	what := f(q.state)
	for _, s := range q.streams {
		if s.Shows&what != 0 {
			s.stale = true
			changed = append(changed, s.Stream)
		}
	}
	return changed
}

// withState calls f, which must not change what streams show.
func (q *queueStreams) withState(f func(*scriptqueue.State)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f(q.state)
}

// has reports whether name is one of the streams.
func (q *queueStreams) has(name string) bool {
	for _, s := range q.streams { // never changes
		if s.Name == name {
			return true
		}
	}
	return false
}

// stored returns what a publisher stores of the streams.
func (q *queueStreams) stored() (all []stored) {
	for _, s := range q.streams {
		header := Header{
			Category: love.CategoryEvent, CSC: scriptqueue.StateComponent, SalIndex: love.Index(q.index),
			Streams: []string{s.Name}, Replaceable: true,
		}
		all = append(all, stored{
			item: item{header: header}, key: s.Name,
			render: func(old love.RawValue) love.RawValue { return q.render(s, old) },
		})
	}
	return all
}

// render returns the object of a stream, built over the bytes of the old one if that
// is stale.
func (q *queueStreams) render(s *queueStream, old love.RawValue) love.RawValue {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !s.stale {
		return old
	}
	s.stale = false
	return s.AppendItem(old[:0], q.state, q.index)
}
