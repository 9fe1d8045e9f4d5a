package sal

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/rubin-love/love-go/love/sal/internal/queue"
)

// defaultSamplesLength is the number of samples that may wait for a loop over
// [Remote.Samples].
const defaultSamplesLength = 100

// Samples yields the newest known sample of an event or telemetry topic (of each
// instance) and then all that arrive, in order. If the loop is too slow, at most
// length samples wait, 100 if length is 0, and the oldest are dropped. The loop ends
// when ctx or the remote ends, or when it is left. The error that ended it comes
// last, without a sample.
//
//	for s, err := range remote.Samples(ctx, "tel_position", 0) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(s.Float("azimuthPosition"))
//	}
//
// A program that takes samples one by one uses [iter.Pull2].
func (r *Remote) Samples(ctx context.Context, attr string, length int) iter.Seq2[*Sample, error] {
	return func(yield func(*Sample, error) bool) {
		arriving, known, err := r.collect(attr, length)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.stopCollecting(attr, arriving)
		for _, s := range known {
			if !yield(s, nil) {
				return
			}
		}
		for {
			s, err := arriving.Next(ctx)
			if ctx.Err() != nil { // samples may arrive faster than the loop ends
				s, err = nil, fmt.Errorf("waiting for %s %s: %w", r.component.Instance(r.index), attr, context.Cause(ctx))
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// collect returns the known samples of a topic and a queue of those that follow,
// without a gap between the two.
func (r *Remote) collect(attr string, length int) (arriving *queue.Queue[*Sample], known []*Sample, err error) {
	t, err := r.topic(attr)
	if err != nil {
		return nil, nil, err
	}
	if length == 0 {
		length = defaultSamplesLength
	}
	if length < 0 {
		return nil, nil, fmt.Errorf("%d samples cannot wait: give a positive number, or 0 for %d", length, defaultSamplesLength)
	}
	arriving = queue.New[*Sample](length)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, nil, r.err
	}
	r.queues[t.topic] = append(r.queues[t.topic], arriving)
	return arriving, r.byIndex[t.topic].all(), nil
}

func (r *Remote) stopCollecting(attr string, arriving *queue.Queue[*Sample]) {
	t := r.topics[attr].topic
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queues[t] = slices.DeleteFunc(r.queues[t], func(q *queue.Queue[*Sample]) bool { return q == arriving })
}
