package sal

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
)

// Queue collects the samples of one event or telemetry topic, for a program
// that takes them one by one (spec sal-kafka, sections 9.6 and 9.7). Of those
// that are not taken the newest are kept. It is safe for concurrent use.
type Queue struct {
	remote *Remote
	topic  *readTopic
	limit  int

	mu      sync.Mutex
	waiting []*Sample      // oldest first
	takers  []chan *Sample // of Next
	call    *subscriber    // the callback, nil without
	lost    uint64
	closed  bool
}

// ErrCallback is the use of a queue whose samples go to a callback.
var ErrCallback = errors.New("the queue has a callback, which gets all samples")

// QueueLength is how many samples a [Queue] keeps.
const QueueLength = 100

// Queue begins to collect the samples of a topic; the newest that is known
// already, if any, is not among them. length is how many are kept, 0 for
// [QueueLength]. Close it when it is no longer needed.
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

// Len is how many samples wait to be taken.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Lost is how many samples were not taken in time, so far.
func (q *Queue) Lost() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}

// Oldest takes the sample that waits longest, nil if none waits.
func (q *Queue) Oldest() (*Sample, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.usable(); err != nil || len(q.waiting) == 0 {
		return nil, err
	}
	return q.take(), nil
}

// Next takes the sample that waits longest; if none does it waits for one.
// Several callers that wait get the same sample.
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

// Await is the newest sample that the remote knows, in the queue or not; if
// there is none it waits for the first.
func (q *Queue) Await(ctx context.Context) (*Sample, error) {
	q.mu.Lock()
	err := q.usable()
	q.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return q.remote.Await(ctx, q.topic.topic.Attr())
}

// Flush empties the queue: what is taken next came after the call.
func (q *Queue) Flush() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.usable(); err != nil {
		return err
	}
	q.waiting = nil
	return nil
}

// Call gives all samples that arrive from now on to a callback; those that wait
// are dropped. Callers that wait in Next get [ErrCallback], as do those that
// take from the queue later. A nil callback makes it an ordinary queue again.
// Callbacks run as those of [Remote.Subscribe] do.
func (q *Queue) Call(callback func(*Sample)) error {
	q.remote.mu.Lock() // callbacks that wait are looked up under it
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

// All takes samples, waiting for each, until ctx ends, the remote closes or
// the loop is left. The error that ended it comes last, without a sample.
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

// Close ends the collection. It may be called again.
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

// take removes the oldest sample; there is one.
func (q *Queue) take() *Sample {
	s := q.waiting[0]
	q.waiting = slices.Delete(q.waiting, 0, 1)
	return s
}

// usable tells whether samples can be taken.
func (q *Queue) usable() error {
	switch {
	case q.closed:
		return fmt.Errorf("queue: %w", ErrClosed)
	case q.call != nil:
		return ErrCallback
	}
	return nil
}

// ended is why a caller that waited got nothing.
func (q *Queue) ended() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.usable(); err != nil {
		return err
	}
	return ErrCallback // it had one in the meantime
}

// Samples are all samples of an event or telemetry topic from now on, the
// newest that is known already (of each instance) first. The loop takes them
// in order; if it is slower than they arrive, the oldest of more than length
// (0 for [QueueLength]) are lost. It ends with ctx, with the remote, or when
// it is left; the error that ended it comes last, without a sample.
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

// queueAfter makes a queue that begins exactly behind the known samples.
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
