package sal

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
)

// Queue collects the samples of one event or telemetry topic, for a program that
// takes them one by one (spec sal-kafka, sections 9.6 and 9.7). A full queue drops
// its oldest sample. It is safe for concurrent use.
type Queue struct {
	remote *Remote
	topic  *readTopic
	limit  int

	mu      sync.Mutex
	waiting []*Sample      // oldest first
	takers  []chan *Sample // callers that wait in Next
	call    *subscriber    // the callback, or nil
	lost    uint64
	closed  bool
}

// ErrCallback reports an attempt to take from a queue whose samples go to a
// callback.
var ErrCallback = errors.New("the queue has a callback, which gets all samples")

// QueueLength is the default number of samples that a [Queue] keeps.
const QueueLength = 100

// Queue begins to collect the samples of a topic that arrive from now on. It keeps
// the newest length samples, [QueueLength] if length is 0. Close it when it is no
// longer needed.
func (r *Remote) Queue(attr string, length int) (*Queue, error) {
	t, err := r.topic(attr)
	if err != nil {
		return nil, err
	}
	if length == 0 {
		length = QueueLength
	}
	if length < 0 {
		return nil, fmt.Errorf("a queue of %d samples: give its length, or 0 for %d", length, QueueLength)
	}
	q := &Queue{remote: r, topic: t, limit: length}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	r.queues[t.topic] = append(r.queues[t.topic], q)
	return q, nil
}

// put takes a sample from the remote, whose lock is held.
func (q *Queue) put(s *Sample) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.call != nil:
		q.remote.calls.Put(delivery{q.call, s})
	case len(q.takers) > 0:
		for _, taker := range q.takers {
			taker <- s
		}
		q.takers = nil
	default:
		if len(q.waiting) == q.limit {
			q.waiting = slices.Delete(q.waiting, 0, 1)
			q.lost++
		}
		q.waiting = append(q.waiting, s)
	}
}

// Len returns the number of samples that wait to be taken.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Lost returns the number of samples that were dropped because the queue was full.
func (q *Queue) Lost() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}

// Oldest takes the sample that has waited longest. It returns nil if none waits.
func (q *Queue) Oldest() (*Sample, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.usable(); err != nil || len(q.waiting) == 0 {
		return nil, err
	}
	return q.take(), nil
}

// Next takes the sample that has waited longest, or waits for one to arrive. All
// callers that wait at the same time get the same sample.
func (q *Queue) Next(ctx context.Context) (*Sample, error) {
	q.mu.Lock()
	if err := q.usable(); err != nil || len(q.waiting) > 0 {
		defer q.mu.Unlock()
		if err != nil {
			return nil, err
		}
		return q.take(), nil
	}
	arrived := make(chan *Sample, 1)
	q.takers = append(q.takers, arrived)
	q.mu.Unlock()
	select {
	case s, ok := <-arrived:
		if !ok {
			return nil, q.ended()
		}
		return s, nil
	case <-q.remote.done:
		return nil, q.remote.Err()
	case <-ctx.Done():
		q.mu.Lock()
		defer q.mu.Unlock()
		q.takers = slices.DeleteFunc(q.takers, func(c chan *Sample) bool { return c == arrived })
		return nil, fmt.Errorf("waiting for %s %s: %w", q.remote.component.Instance(q.remote.index), q.topic.topic.Attr(), context.Cause(ctx))
	}
}

// Await returns the newest sample that the remote knows, whether in the queue or
// not. If there is none, it waits for the first.
func (q *Queue) Await(ctx context.Context) (*Sample, error) {
	q.mu.Lock()
	err := q.usable()
	q.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return q.remote.Await(ctx, q.topic.topic.Attr())
}

// Flush drops the samples that wait in the queue.
func (q *Queue) Flush() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.usable(); err != nil {
		return err
	}
	q.waiting = nil
	return nil
}

// Call passes all samples that arrive from now on to a callback and drops those
// that wait. Callers of Next get [ErrCallback], those that wait already and later
// ones, as do all others that take from the queue. A nil callback makes it an
// ordinary queue again. Callbacks run like those of [Remote.Subscribe].
func (q *Queue) Call(callback func(*Sample)) error {
	q.remote.mu.Lock() // guards subscriber.gone
	defer q.remote.mu.Unlock()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return fmt.Errorf("queue: %w", ErrClosed)
	}
	q.replace(callback)
	return nil
}

func (q *Queue) replace(callback func(*Sample)) {
	if q.call != nil {
		q.call.gone = true
		q.call = nil
	}
	if callback != nil {
		q.call = &subscriber{call: callback}
	}
	q.waiting = nil
	for _, taker := range q.takers {
		close(taker)
	}
	q.takers = nil
}

// All yields samples, waiting for each, until ctx ends, the remote closes or the
// loop is left. The error that ended it comes last, without a sample.
func (q *Queue) All(ctx context.Context) iter.Seq2[*Sample, error] {
	return func(yield func(*Sample, error) bool) {
		for {
			s, err := q.Next(ctx)
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// Close ends the collection. It may be called more than once.
func (q *Queue) Close() {
	r := q.remote
	r.mu.Lock()
	defer r.mu.Unlock()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.replace(nil)
	r.queues[q.topic.topic] = slices.DeleteFunc(slices.Clone(r.queues[q.topic.topic]), func(o *Queue) bool { return o == q })
}

// take removes and returns the oldest sample. The queue must not be empty.
func (q *Queue) take() *Sample {
	s := q.waiting[0]
	q.waiting = slices.Delete(q.waiting, 0, 1)
	return s
}

// usable returns an error if no samples can be taken.
func (q *Queue) usable() error {
	switch {
	case q.closed:
		return fmt.Errorf("queue: %w", ErrClosed)
	case q.call != nil:
		return ErrCallback
	}
	return nil
}

// ended returns the reason why a waiting caller got no sample.
func (q *Queue) ended() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.usable(); err != nil {
		return err
	}
	return ErrCallback // the queue had a callback in the meantime
}

// Samples yields the newest known sample of an event or telemetry topic (of each
// instance) and then all that arrive, in order. If the loop is too slow, at most
// length samples wait ([QueueLength] if length is 0) and the oldest are dropped.
// The loop ends when ctx or the remote ends, or when it is left. The error that
// ended it comes last, without a sample.
//
//	for s, err := range remote.Samples(ctx, "tel_position", 0) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(s.Float("azimuthPosition"))
//	}
func (r *Remote) Samples(ctx context.Context, attr string, length int) iter.Seq2[*Sample, error] {
	return func(yield func(*Sample, error) bool) {
		q, known, err := r.queueAfter(attr, length)
		if err != nil {
			yield(nil, err)
			return
		}
		defer q.Close()
		for _, s := range known {
			if !yield(s, nil) {
				return
			}
		}
		q.All(ctx)(yield)
	}
}

// queueAfter makes a queue that begins exactly after the known samples, and returns
// both.
func (r *Remote) queueAfter(attr string, length int) (*Queue, []*Sample, error) {
	q, err := r.Queue(attr, length)
	if err != nil {
		return nil, nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := q.Flush(); err != nil {
		return nil, nil, err
	}
	return q, r.byIndex[q.topic.topic].all(), nil
}
