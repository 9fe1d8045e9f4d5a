// Package queue provides a bounded queue for a goroutine that hands items to
// another and must never wait. Items are taken in batches.
package queue

import (
	"context"
	"sync"
)

// Queue is a first-in, first-out queue with a bound. Any goroutine may put;
// one may take.
type Queue[T any] struct {
	mu    sync.Mutex
	items []T
	spare []T // the batch taken last, whose memory is used again
	limit int
	lost  uint64
	err   error // set by Fail
	wake  chan struct{}
}

// New returns a queue that holds at most limit items.
func New[T any](limit int) *Queue[T] {
	return &Queue[T]{limit: limit, wake: make(chan struct{}, 1)}
}

// Put appends an item. A full queue drops its oldest item.
func (q *Queue[T]) Put(item T) {
	q.mu.Lock()
	if len(q.items) >= q.limit {
		var none T
		q.items[0] = none
		q.items = q.items[1:]
		q.lost++
	}
	q.items = append(q.items, item)
	first := len(q.items) == 1
	q.mu.Unlock()
	if first {
		q.notify()
	}
}

// Lost returns the number of items that were dropped so far.
func (q *Queue[T]) Lost() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}

// Take waits for items and returns all of them in order. The slice is valid until
// the next call.
func (q *Queue[T]) Take(ctx context.Context) ([]T, error) {
	for {
		batch, err := q.swap()
		if len(batch) > 0 || err != nil {
			return batch, err
		}
		select {
		case <-q.wake:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (q *Queue[T]) swap() ([]T, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	batch := q.items
	if len(batch) == 0 {
		return nil, q.err
	}
	clear(q.spare)
	q.items, q.spare = q.spare[:0], batch
	return batch, nil
}
